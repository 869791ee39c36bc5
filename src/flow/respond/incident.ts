import { randomUUID } from "node:crypto";
import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { listAlternatives } from "../../core/belief/explain/alternatives.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { explainDecision } from "../../core/belief/explain/explain.ts";
import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { firstMoveOf, type HandoverReason, type Observation, type PolicySolution } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { riskTableOf } from "../../core/plan/policy/risk-table.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import type { StoredDocument } from "../../ports.ts";
import { entitlementOf } from "../apply/prepare-approved.ts";
import { approve } from "../approve/approve.ts";
import { type Compiled, type PlannedChange, planParsed } from "../plan/plan-proposal.ts";
import { planRecord } from "../plan/record-plan.ts";
import { readSiteRecords } from "../site/site-records.ts";
import { tellNotifiers } from "../tell/notify.ts";
import { approverOf } from "./approver.ts";
import { handoverOfPlan, handoverOfRun, prepareHandover } from "./handover.ts";
import { intentOfAlert } from "./intent-of-alert.ts";
import { type Look, planLook, readObservations } from "./look.ts";
import {
  type BelievedContext,
  endOfRun,
  type Handover,
  type ResponseReport,
  type RunEnd,
  reportFormat,
} from "./report.ts";
import { type IncidentOptions, runResponse, type StartedRun } from "./run-response.ts";
import { type ScoredProposal, scoreProposal } from "./score-proposal.ts";
import { alertItself, describeAgainst, type Testimony } from "./testimony.ts";
import { weigh } from "./weigh.ts";
import { awaitWitness, findForeign, readWitnesses, unheard } from "./witness.ts";

/** How an incident ends. `after`: what was believed and decided by then, if anything was. */
export type End = RunEnd & Pick<ResponseReport, "code"> & { readonly after: DecisionAfter | null };

/** Handed to a person before anything was written. */
export function escalated(reason: string, problem: Problem | null): Omit<End, "after"> {
  return { outcome: "escalated", world: "untouched", reason, wrote: [], waitingFor: [], code: problem?.code ?? null };
}

/** The result of a look: the decision after it, and what keeps it from being acted on. */
interface Seen {
  readonly after: DecisionAfter | null;
  readonly unforeseen: Observation | null;
  readonly problem: Problem | null;
}

/** One incident while it is answered. Keeps what has happened so far, for the report. */
export class Incident {
  readonly #options: IncidentOptions;
  readonly #incidentId = `inc_${randomUUID()}`;
  readonly #startedMs: number;
  readonly #proposed: ScoredProposal | null;
  readonly #runIds: string[] = [];
  #observations: readonly Observation[] = [];
  #planHash: Digest | null = null;
  #riskTable: Digest | null = null;
  #approvedBy: string | null = null;
  #testimony: readonly Testimony[] = [];

  constructor(options: IncidentOptions) {
    this.#options = options;
    this.#startedMs = options.place.ports.clock.monotonicMs();
    this.#proposed = options.proposal === null ? null : scoreProposal(options.situation, options.proposal);
  }

  open(): Promise<Result<undefined, Problem>> {
    const { alert, situation, situationDigest, place, lease, asker } = this.#options;
    const { id, title } = situation;
    asker.tell({
      kind: "opened",
      incidentId: this.#incidentId,
      alert,
      situation: { id, title },
      proposed: this.#proposed,
    });
    return lease.owner.engine.record(
      [
        {
          kind: "incident_opened",
          runId: null,
          incidentId: this.#incidentId,
          key: alert.key,
          situation: situationDigest,
          by: place.actor,
        },
      ],
      [],
    );
  }

  /** The end of an incident whose alert the situation does not answer: it goes to a person as it is. */
  foreign(): Omit<End, "after"> | null {
    const { situation, alert, terms } = this.#options;
    const found = terms === null ? null : findForeign(situation, alert);
    return found === null ? null : escalated(found.message, found);
  }

  /**
   * Reads the objective that every response is to bring about. Where it holds, nothing is written: there is nothing to
   * do if the second witness says the same, and a person has to look if it does not.
   *
   * @returns the end of the incident; `null` where the objective does not hold, or is not known
   */
  async findIdle(): Promise<Omit<End, "after"> | null> {
    const { place, site, terms } = this.#options;
    if (terms === null) return null;
    this.#hear(await readWitnesses(place, site, terms));
    const [objective, witness] = this.#testimony;
    if (objective?.says !== "holds") return null;
    const untouched = { world: "untouched", wrote: [], waitingFor: [], code: null } as const;
    if (witness?.says === "holds") {
      const reason = "the objective holds already, and the second witness says the same";
      return { ...untouched, outcome: "nothing_to_do", reason };
    }
    const against = witness === undefined ? "the alert fires" : describeAgainst(witness);
    return { ...untouched, outcome: "disputed", reason: `the objective holds already, but ${against}` };
  }

  #hear(testimony: readonly Testimony[]): void {
    const { asker } = this.#options;
    const known = this.#testimony;
    this.#testimony = testimony;
    // Nobody needs to read the same line twice.
    const isNew = (one: Testimony, index: number): boolean =>
      known[index]?.says !== one.says || known[index].about !== one.about || known[index].why !== one.why;
    for (const one of testimony.filter(isNew)) asker.tell({ kind: "heard", testimony: one });
  }

  /** What becomes of a run whose post-conditions were read back: it counts as restored if the second witness agrees. */
  async #confirm(end: RunEnd): Promise<RunEnd> {
    const { place, site, terms, asker, callOff } = this.#options;
    if (end.outcome !== "restored" || terms === null) return end;
    const { witness } = terms;
    const about = witness.kind === "facts" ? witness.condition.text : alertItself;
    asker.tell({ kind: "waiting_for_witness", about, withinMs: witness.withinMs });
    const { clock } = place.ports;
    const monotonicMs = (): number => clock.monotonicMs();
    const said = await awaitWitness(place, site, terms, { callOff, detach: asker.detach, monotonicMs });
    this.#hear([{ by: "objective", about: terms.objective.text, says: "holds", why: "" }, said]);
    return weigh(end, said);
  }

  /** Looks while something is cheap to see, or the decided policy begins with reads. Each look is a run of its own. */
  async look(): Promise<Seen> {
    const { situation, site, callOff } = this.#options;
    let last: DecisionAfter | null = null;
    for (let round = 0; ; round += 1) {
      const decided = decideAfter(situation, this.#observations);
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
      const seen = await this.#lookOnce(after, look.value);
      if (seen !== "go on") return seen;
    }
  }

  async #lookOnce(after: DecisionAfter, look: Look): Promise<Seen | "go on"> {
    const { situation, asker } = this.#options;
    const failed = (found: Problem | null): Seen => ({ after, unforeseen: null, problem: found });
    asker.tell({ kind: "looking", steps: [...new Set(look.stepOf.values())] });
    const planned = await this.#plan(look.proposal);
    if (!planned.ok) return failed(firstOf(planned));
    if (planned.value.kind === "nothing_to_do")
      return failed(problem("E_INTERNAL", "", "a look has something to read"));
    const ran = await this.#start(planned.value);
    if (!ran.ok) return failed(firstOf(ran));
    const { observations, unforeseen } = readObservations(look, ran.value.events);
    const before = after.beliefs.at(-1) ?? [];
    this.#observations = [...this.#observations, ...observations];
    const now = decideAfter(situation, this.#observations);
    if (!now.ok) return failed(now.error[0] ?? null);
    const posterior = now.value.beliefs.at(-1) ?? before;
    asker.tell({
      kind: "believed",
      belief: believed(situation, before, posterior),
      observations,
      picture: drawBelief(situation, { before, after: posterior }),
    });
    const [first] = unforeseen;
    // Where nothing answers, nobody should act on what was believed before.
    return first === undefined && observations.some(({ outcome }) => outcome !== "no_answer")
      ? "go on"
      : { after: now.value, unforeseen: first ?? { step: "look", outcome: "no_answer" }, problem: null };
  }

  /** Plans what remains, has it approved, and runs it. Believes only what was read back. */
  async act(after: DecisionAfter, chosen: PolicySolution): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { site, asker } = this.#options;
    const close = (end: Omit<End, "after">) => this.close({ ...end, after });
    const escalate = (refused: Result<unknown, readonly Problem[]>, reason: string) =>
      close(escalated(firstOf(refused)?.message ?? reason, firstOf(refused)));
    const proposal = policyToProposal(after.situation, chosen.policy, site.pack.domain);
    if (!proposal.ok) return escalate(proposal, "the response cannot be carried out");
    // Kept beside the plan, not in it: the risk spent after each history, so that a successor never gets a fresh limit.
    const risks = riskTableOf(after.situation, chosen.policy, proposal.value);
    const table = storedDocument("interlock.risk-table/1", risks);
    this.#riskTable = table.digest;
    const planned = await this.#plan(proposal.value.proposal, [table]);
    if (!planned.ok) return escalate(planned, "the response does not compile");
    if (planned.value.kind === "nothing_to_do") return close(escalated("the response has nothing to do here", null));
    const { planHash } = planned.value;
    const idle = await this.#findIdleNow();
    if (idle !== null) return close(idle);
    asker.tell({ kind: "planned", change: planned.value });
    this.#planHash = planHash;
    const noted = await this.#noteDraft(planHash, after);
    if (!noted.ok) return fail([noted.error]);
    const entitled = await this.#entitle(planHash);
    const calledOff = this.calledOff();
    if (calledOff !== null) return close(calledOff);
    if (entitled.ok) this.#approvedBy = approverOf(entitled.value);
    else {
      const refusal = firstOf(entitled);
      return close({ ...escalated(refusal?.message ?? "nobody approved", refusal), outcome: "not_approved" });
    }
    const late = await this.#findIdleNow();
    if (late !== null) return close(late);
    const ran = await this.#start(planned.value);
    if (!ran.ok) {
      const stopped = this.calledOff();
      return stopped === null ? escalate(ran, "the run did not start") : close(stopped);
    }
    return close({ ...(await this.#confirm(endOfRun(ran.value.run))), code: null });
  }

  /** As `findIdle`, right before something is asked or done: an objective that cannot be read is a person's matter. */
  async #findIdleNow(): Promise<Omit<End, "after"> | null> {
    const idle = await this.findIdle();
    const [objective] = this.#testimony;
    if (idle !== null || objective?.says !== "unknown") return idle;
    return escalated(`whether the objective holds already cannot be read: ${objective.why}`, null);
  }

  /** Asks a person, unless a grant covers the plan or the plan only reads. */
  async #entitle(planHash: Digest): Promise<Result<Authorization, readonly Problem[]>> {
    const { place, site, lease, asker } = this.#options;
    const standing = entitlementOf(place, site, lease.owner, planHash);
    if (standing.ok) return standing;
    const approved = await approve(place, { plan: planHash, typedTargets: [], validForMs: null }, asker.by);
    return approved.ok ? entitlementOf(place, site, lease.owner, planHash) : approved;
  }

  /** The end of an incident that was called off, or `null`. */
  calledOff(): Omit<End, "after"> | null {
    const { callOff } = this.#options;
    if (!callOff.aborted) return null;
    // The abort's reason says why. Anything but a resolved alert is an interruption.
    const isResolved = callOff.reason === "resolved";
    const reason = isResolved
      ? "the alert was resolved before anything was done"
      : "interrupted before anything was done";
    return {
      outcome: "cancelled",
      world: "untouched",
      reason,
      wrote: [],
      waitingFor: [],
      code: isResolved ? null : "E_INTERRUPTED",
    };
  }

  /** Writes the closing record. The report is stored beside the log, and the log has its digest. */
  async close(end: End): Promise<Result<ResponseReport, readonly Problem[]>> {
    const { alert, place, lease, situation, asker } = this.#options;
    const report = this.#report(end, await this.#handover(end));
    const stored = storedDocument(reportFormat, report);
    const recorded = await lease.owner.engine.record(
      [
        {
          kind: "incident_closed",
          runId: null,
          incidentId: this.#incidentId,
          key: alert.key,
          outcome: end.outcome,
          report: stored.digest,
          by: place.actor,
        },
      ],
      [stored],
    );
    if (!recorded.ok) return fail([recorded.error]);
    const outcome = end.outcome.replaceAll("_", " ");
    await tellNotifiers(place, {
      kind: "incident_closed",
      subject: this.#incidentId,
      owner: null,
      summary: `${this.#incidentId} closed ${outcome}${end.reason === "" ? "" : `: ${end.reason}`}`,
      next: report.handover?.steps ?? [],
    });
    const shown = end.after?.situation ?? situation;
    const before = report.belief.map((belief) => belief.before);
    const after = report.belief.map((belief) => belief.after);
    asker.tell({
      kind: "closed",
      report,
      picture: drawBelief(shown, { before, after }),
      table: renderAlternatives(report.handover?.alternatives ?? []),
    });
    return ok(report);
  }

  /**
   * Records the report as it would be if this process ended now. A process that resumes the run closes the incident
   * with it.
   */
  #noteDraft(planHash: Digest, after: DecisionAfter): Promise<Result<undefined, Problem>> {
    const { lease, place, terms } = this.#options;
    const report = this.#report(
      { outcome: "waiting", world: "unknown", reason: "under way", wrote: [], waitingFor: [], code: null, after },
      null,
    );
    const draft = terms === null ? report : { ...report, testimony: unheard(terms) };
    const stored = storedDocument(reportFormat, draft);
    const by = place.actor;
    const incidentId = this.#incidentId;
    return lease.owner.engine.record(
      [{ kind: "incident_planned", runId: null, incidentId, planHash, draft: stored.digest, by }],
      [stored],
    );
  }

  async #handover(end: End): Promise<Handover | null> {
    const { site, lease } = this.#options;
    const runId = this.#runIds.at(-1);
    if (end.world !== "untouched" && end.outcome !== "restored")
      return runId === undefined ? null : handoverOfRun(runId, lease.owner.engine.run(runId));
    if (end.after === null) return null;
    if (end.outcome === "not_approved" && this.#planHash !== null)
      return handoverOfPlan(end.after, this.#planHash, end.code);
    if (end.outcome !== "escalated") return null;
    const known = { domain: site.pack.domain, lookRunId: runId ?? null };
    return prepareHandover(end.after, known, async (proposal) => {
      const planned = await this.#plan(proposal);
      if (!planned.ok) return planned;
      return planned.value.kind === "nothing_to_do" ? fail([]) : ok(planned.value.planHash);
    });
  }

  #tellDecision(after: DecisionAfter): void {
    const { situation, decision } = after;
    const { paragraph } = explainDecision(situation, decision, {
      start: this.#options.situation,
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });
    const chosen = chosenOf(after);
    const first = chosen === null ? null : firstMoveOf(chosen.policy);
    const table = renderAlternatives(listAlternatives(situation, decision));
    this.#options.asker.tell({ kind: "decided", first, paragraph, table });
  }

  async #plan(
    proposal: Proposal,
    beside: readonly StoredDocument[] = [],
  ): Promise<Result<Compiled, readonly Problem[]>> {
    const { place, site, lease, situation, situationDigest } = this.#options;
    const parentRunId = this.#runIds.at(-1);
    const request = {
      proposal,
      proposalDigest: digest("interlock.proposal/1", proposal),
      proposer: { kind: "search", id: `decision ${situation.id}`, onBehalfOf: `decision ${situation.id}` },
      goal: "",
      intent: intentOfAlert(this.#options.alert),
      inputs: [],
      // A plan that follows a look is the look's successor: its limit is what the look left of the incident's limit.
      parent: parentRunId === undefined ? null : { runId: parentRunId, incidentId: this.#incidentId },
      situation: situationDigest,
      evidence: digest("interlock.evidence/1", this.#observations),
    } as const;
    const { owner } = lease;
    const planned = await planParsed(place, site, readSiteRecords(owner.store), request);
    if (!planned.ok || planned.value.kind === "nothing_to_do") return planned;
    const { event, document } = planRecord(planned.value, place.actor);
    const recorded = await owner.engine.record([event], [document, ...beside]);
    return recorded.ok ? planned : fail([recorded.error]);
  }

  #start(change: PlannedChange): Promise<Result<StartedRun, readonly Problem[]>> {
    return runResponse(this.#options, change, (runId) => void this.#runIds.push(runId));
  }

  #report(end: End, handover: Handover | null): ResponseReport {
    const { situation, situationDigest, alert, place } = this.#options;
    const { after, ...ended } = end;
    const posterior = after?.beliefs.at(-1) ?? situation.contexts.map((context) => context.prior);
    const chosen = after === null ? null : chosenOf(after);
    // The average plan's worth under everything seen by now: the price of the fluent answer.
    const average = evaluatePolicy(after?.situation ?? situation, { kind: "commit", response: situation.averagePlan });
    return {
      format: reportFormat,
      incidentId: this.#incidentId,
      alert: { key: alert.key, name: alert.name, summary: alert.summary },
      situation: { id: situation.id, digest: situationDigest },
      belief: believed(
        situation,
        situation.contexts.map(({ prior }) => prior),
        posterior,
      ),
      observations: this.#observations,
      proposed:
        this.#options.proposal === null || after === null
          ? this.#proposed
          : scoreProposal(after.situation, this.#options.proposal),
      chosen: chosen === null ? null : { response: firstMoveOf(chosen.policy), value: chosen.value, risk: chosen.risk },
      averagePlan: { response: situation.averagePlan, value: average.value, risk: average.risk },
      ...ended,
      runIds: this.#runIds,
      planHash: this.#planHash,
      riskTable: this.#riskTable,
      approvedBy: this.#approvedBy,
      handover,
      durationMs: Math.round(place.ports.clock.monotonicMs() - this.#startedMs),
      ...(this.#testimony.length === 0 ? {} : { testimony: this.#testimony }),
    };
  }
}

/** Two beliefs side by side, one row for each context. */
function believed(
  { contexts }: Situation,
  before: readonly number[],
  after: readonly number[],
): readonly BelievedContext[] {
  return contexts.map(({ id }, index) => ({ context: id, before: before[index] ?? 0, after: after[index] ?? 0 }));
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
