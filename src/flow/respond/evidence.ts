import type { Principal } from "../../core/approval/approval.ts";
import { findStale, withTold } from "../../core/belief/evidence.ts";
import type { Observation } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { EvidenceAnswer } from "../../core/run/words/incident-event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { storedEvents } from "../../log/stored-events.ts";
import type { OwnerLease } from "../../owner/owner-hold.ts";

/** The part of an answer that is decided from. */
export function observationsOf(answers: readonly Observation[]): readonly Observation[] {
  return answers.map(({ step, outcome }) => ({ step, outcome }));
}

/** Everything that counts as evidence in one incident: what its probes answered, and what people said of it. */
export class Evidence {
  readonly #incidentId: string;
  readonly #situation: Situation;
  readonly #owner: OwnerLease["owner"];
  readonly #by: Principal;
  #answers: readonly EvidenceAnswer[] = [];
  #heardSeq = 0;

  constructor(incidentId: string, situation: Situation, owner: OwnerLease["owner"], by: Principal) {
    this.#incidentId = incidentId;
    this.#situation = situation;
    this.#owner = owner;
    this.#by = by;
    this.#heardSeq = owner.store.end().length;
  }

  get answers(): readonly EvidenceAnswer[] {
    return this.#answers;
  }

  get observations(): readonly Observation[] {
    return observationsOf(this.#answers);
  }

  /** Answers that are too old to write by. */
  stale(): readonly EvidenceAnswer[] {
    return findStale(this.#situation, this.#answers, this.#owner.engine.nowMs());
  }

  /** Records what counts from here on. */
  async keep(answers: readonly EvidenceAnswer[]): Promise<Result<undefined, Problem>> {
    this.#answers = answers;
    const event = {
      kind: "incident_evidence",
      runId: null,
      incidentId: this.#incidentId,
      answers,
      by: this.#by,
    } as const;
    return this.#owner.engine.record([event], []);
  }

  /**
   * Takes in what people have said of the incident since it was last asked.
   *
   * @returns what is new; `E_EVIDENCE_CONTRADICTS` where a probe has answered otherwise meanwhile
   */
  async hear(): Promise<Result<readonly EvidenceAnswer[], Problem>> {
    const fromSeq = this.#heardSeq;
    this.#heardSeq = this.#owner.store.end().length;
    const fresh: EvidenceAnswer[] = [];
    let answers = this.#answers;
    for (const { event, atMs } of storedEvents(this.#owner.store, "site", fromSeq)) {
      if (event.kind !== "incident_told" || event.incidentId !== this.#incidentId) continue;
      const told = { step: event.step, outcome: event.outcome, atMs, toldBy: event.by };
      const weighed = withTold(this.#situation, answers, told);
      if (weighed === null) return fail(contradiction(answers, told));
      if (weighed.includes(told)) fresh.push(told);
      answers = weighed;
    }
    if (fresh.length === 0) return ok([]);
    const kept = await this.keep(answers);
    return kept.ok ? ok(fresh) : kept;
  }
}

/** A person's word against what counts already. */
export function contradiction(answers: readonly EvidenceAnswer[], { step, outcome, toldBy }: EvidenceAnswer): Problem {
  const standing = answers.filter((one) => one.step === step);
  const known = standing.map((one) => quote(one.outcome)).join(", ");
  const source = standing.every((one) => one.toldBy === null) ? "was read as" : "was said to be";
  const who = toldBy === null ? "somebody" : toldBy.id;
  return problem(
    "E_EVIDENCE_CONTRADICTS",
    "",
    `${quote(who)} says that ${quote(step)} is ${quote(outcome)}, but it ${source} ${known}`,
  );
}
