import { afterFailure } from "../../core/belief/after-failure.ts";
import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { listAlternatives } from "../../core/belief/explain/alternatives.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { explainDecision } from "../../core/belief/explain/explain.ts";
import { handoverText } from "../../core/belief/explain/limit-text.ts";
import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { firstMoveOf, type HandoverReason, type Observation, type PolicySolution } from "../../core/belief/policy.ts";
import type { ProbeStep, Situation } from "../../core/belief/situation/situation.ts";
import { readAllProposal } from "../../core/plan/policy/read-all.ts";
import type { EvidenceAnswer } from "../../core/run/words/incident-event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { type End, escalated } from "./end.ts";
import type { Evidence } from "./evidence.ts";
import type { IncidentRuns } from "./incident-runs.ts";
import { type Look, planLook, readAnswers } from "./look.ts";
import { believed } from "./report.ts";
import type { IncidentOptions } from "./run-response.ts";

/** The result of a look: the decision after it, and what keeps it from being acted on. */
export interface Seen {
  readonly after: DecisionAfter | null;
  readonly unforeseen: Observation | null;
  readonly problem: Problem | null;
}

/** Looks on behalf of one incident, and decides from what was seen. Each look is a run of its own. */
export class Looking {
  readonly #options: IncidentOptions;
  readonly #runs: IncidentRuns;
  readonly #evidence: Evidence;

  constructor(options: IncidentOptions, runs: IncidentRuns, evidence: Evidence) {
    this.#options = options;
    this.#runs = runs;
    this.#evidence = evidence;
  }

  /** Looks while something is cheap to see, or the decided policy begins with reads. */
  async look(): Promise<Seen> {
    const { site, callOff } = this.#options;
    let last: DecisionAfter | null = null;
    for (let round = 0; ; round += 1) {
      const told = await this.#evidence.hear();
      if (!told.ok) return { after: last, unforeseen: null, problem: told.error };
      this.#tellTold(told.value);
      const situation = this.#start();
      const decided = decideAfter(situation, this.#evidence.observations);
      if (!decided.ok) return { after: last, unforeseen: null, problem: decided.error[0] ?? null };
      const after: DecisionAfter = decided.value;
      last = after;
      this.#tellDecision(after);
      const chosen = chosenOf(after);
      const look =
        chosen === null || round > situation.horizon || callOff.aborted
          ? ok(null)
          : planLook(situation, after.situation, chosen.policy, site.pack.domain);
      if (!look.ok) return { after, unforeseen: null, problem: look.error[0] ?? null };
      if (look.value === null) return { after, unforeseen: null, problem: null };
      const seen = await this.#lookOnce(after, look.value, { kept: this.#evidence.answers, isAgain: false });
      if (seen !== "go on") return seen;
    }
  }

  /**
   * Reads again what is too old to write by, and takes in what people have said since. Then decides again, from what
   * counts now.
   *
   * @returns `null` where all that was decided from still stands
   */
  async lookAgain(after: DecisionAfter): Promise<Seen | null> {
    const told = await this.#evidence.hear();
    if (!told.ok) return { after, unforeseen: null, problem: told.error };
    this.#tellTold(told.value);
    const stale = this.#evidence.stale();
    if (stale.length === 0) return told.value.length === 0 ? null : this.look();
    const { situation } = this.#options;
    const isStale = (step: string): boolean => stale.some((answer) => answer.step === step);
    const probes = situation.steps.filter((step): step is ProbeStep => step.kind === "probe" && isStale(step.id));
    const kept = this.#evidence.answers.filter((answer) => !stale.includes(answer));
    const seen = await this.#lookOnce(after, readAllProposal(situation.id, probes), { kept, isAgain: true });
    return seen === "go on" ? this.look() : seen;
  }

  /**
   * Looks anew after a response whose read-back failed. What was seen before the write is out of date, and the failure
   * itself is evidence.
   */
  async lookAfterWrite(after: DecisionAfter, failed: EvidenceAnswer): Promise<Seen> {
    const { situation } = this.#options;
    const isFailure = ({ step }: EvidenceAnswer): boolean => !situation.steps.some(({ id }) => id === step);
    const kept = [...this.#evidence.answers.filter(isFailure), failed];
    const probes = situation.steps.filter(
      (step): step is ProbeStep =>
        step.kind === "probe" && step.binding !== null && step.catastropheByContext.every((risk) => risk === 0),
    );
    if (probes.length === 0) {
      const recorded = await this.#evidence.keep(kept);
      return recorded.ok ? this.look() : { after, unforeseen: null, problem: recorded.error };
    }
    const seen = await this.#lookOnce(after, readAllProposal(situation.id, probes), { kept, isAgain: false });
    return seen === "go on" ? this.look() : seen;
  }

  /** The situation at the start, less what was done in vain since. */
  #start(): Situation {
    return afterFailure(this.#options.situation, this.#evidence.observations);
  }

  async #lookOnce(
    after: DecisionAfter,
    look: Look,
    { kept, isAgain }: { readonly kept: readonly EvidenceAnswer[]; readonly isAgain: boolean },
  ): Promise<Seen | "go on"> {
    const { asker } = this.#options;
    const failed = (found: Problem | null): Seen => ({ after, unforeseen: null, problem: found });
    asker.tell({ kind: "looking", steps: [...new Set(look.stepOf.values())] });
    const planned = await this.#runs.plan(look.proposal, this.#evidence.observations);
    if (!planned.ok) return failed(firstOf(planned));
    if (planned.value.kind === "nothing_to_do")
      return failed(problem("E_INTERNAL", "", "a look has something to read"));
    const ran = await this.#runs.start(planned.value);
    if (!ran.ok) return failed(firstOf(ran));
    const { answers, unforeseen } = readAnswers(look, ran.value.events);
    const before = after.beliefs.at(-1) ?? [];
    const recorded = await this.#evidence.keep([...kept, ...answers]);
    if (!recorded.ok) return failed(recorded.error);
    const situation = this.#start();
    const now = decideAfter(situation, this.#evidence.observations);
    if (!now.ok) return failed(now.error[0] ?? null);
    const posterior = now.value.beliefs.at(-1) ?? before;
    asker.tell({
      kind: "believed",
      belief: believed(situation, before, posterior),
      observations: answers.map(({ step, outcome }) => ({ step, outcome })),
      picture: drawBelief(situation, { before, after: posterior }),
    });
    const [first] = unforeseen;
    // Where nothing answers, nobody should act on what was believed before.
    const counted = isAgain ? [...kept, ...answers] : answers;
    return first === undefined && counted.some(({ outcome }) => outcome !== "no_answer")
      ? "go on"
      : { after: now.value, unforeseen: first ?? { step: "look", outcome: "no_answer" }, problem: null };
  }

  #tellTold(told: readonly EvidenceAnswer[]): void {
    for (const { step, outcome, toldBy } of told) {
      const text = `${toldBy?.id ?? "somebody"} says that ${step} is ${outcome}`;
      this.#options.asker.tell({ kind: "note", text });
    }
  }

  #tellDecision(after: DecisionAfter): void {
    const { situation, decision } = after;
    const { paragraph } = explainDecision(situation, decision, {
      start: this.#start(),
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });
    const chosen = chosenOf(after);
    const first = chosen === null ? null : firstMoveOf(chosen.policy);
    const table = renderAlternatives(listAlternatives(situation, decision));
    this.#options.asker.tell({ kind: "decided", first, paragraph, table });
  }
}

/** The end that a look comes to by itself; `null` where it leaves something to do. */
export function endOfLook({ after, unforeseen, problem: failure }: Seen): Omit<End, "after"> | null {
  if (failure !== null) return escalated(failure.message, failure);
  if (after === null) return escalated("what was seen cannot be weighed", null);
  if (unforeseen !== null) {
    const reason =
      unforeseen.outcome === "no_answer"
        ? "nothing that was read has answered"
        : `\`${unforeseen.step}\` answered \`${unforeseen.outcome}\`, which the situation does not foresee`;
    return escalated(reason, null);
  }
  if (chosenOf(after) === null) return escalated("no plan keeps the limit on the risk of catastrophe", null);
  const handover = handoverOf(after);
  return handover === null ? null : escalated(handoverText(handover, after.situation), null);
}

/** The policy that was decided for, or `null` if nothing keeps the limit. */
export function chosenOf(after: DecisionAfter): PolicySolution | null {
  return after.decision.kind === "decided" ? after.decision.chosen : null;
}

/** Why the decision is to hand over at once, or `null` if it is something else. */
export function handoverOf(after: DecisionAfter): HandoverReason | null {
  return after.decision.kind === "decided" ? after.decision.handover : null;
}

function firstOf(refused: Result<unknown, readonly Problem[]>): Problem | null {
  return refused.ok ? null : (refused.error[0] ?? null);
}
