import { findCheapLooks } from "../../core/belief/explain/cheap-looks.ts";
import { mergePolicy } from "../../core/belief/explain/merge.ts";
import type { Observation, Policy } from "../../core/belief/policy.ts";
import { responseWorth } from "../../core/belief/situation/response-worth.ts";
import type { Situation, SituationResponse } from "../../core/belief/situation/situation.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { readAllProposal } from "../../core/plan/policy/read-all.ts";
import { readOnlyPrefix } from "../../core/plan/policy/read-prefix.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { EvidenceAnswer } from "../../core/run/words/incident-event.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { StoredEvent } from "../../log/stored-events.ts";

/** What to look at before the final decision; `null` if the policy begins with an act or a person. */
export interface Look {
  readonly proposal: Proposal;
  /** Which step of the situation each proposed step stands for. */
  readonly stepOf: ReadonlyMap<string, string>;
}

/**
 * What to read next: everything that is cheap beside what an act could lose, side by side; else the reads that the
 * policy begins with.
 *
 * @param start - the situation before anything was observed
 */
export function planLook(
  start: Situation,
  situation: Situation,
  policy: Policy,
  domain: Domain,
): Result<Look | null, readonly Problem[]> {
  const cheap = findCheapLooks(start, situation, actBehind(situation, policy));
  if (cheap.length > 0) return ok(readAllProposal(situation.id, cheap));
  if (policy.kind === "commit") return ok(null);
  const whole = policyToProposal(withoutUndoing(situation), policy, domain);
  if (!whole.ok) return whole;
  const proposal = readOnlyPrefix(whole.value.proposal);
  if (proposal === null) return ok(null);
  const stepOf = new Map<string, string>();
  mergePolicy(policy).nodes.forEach((node, index) => {
    const asked = whole.value.askedBy[index];
    if (node.kind === "do" && asked !== null && asked !== undefined) stepOf.set(asked, node.step);
  });
  return ok({ proposal, stepOf });
}

/** Undoing is planned from the run that it undoes. For a look it is as good as a person: reading ends there. */
function withoutUndoing(situation: Situation): Situation {
  const responses = situation.responses.map(
    (response): SituationResponse => (response.undoes === undefined ? response : { ...response, kind: "escalate" }),
  );
  return { ...situation, responses };
}

/** The response that is chosen, or the one of greatest worth now while the policy still looks. */
function actBehind(situation: Situation, policy: Policy): string {
  if (policy.kind === "commit") return policy.response;
  const worthOf = (response: SituationResponse): number =>
    situation.contexts.reduce((sum, { prior }, c) => sum + prior * responseWorth(situation, response, c), 0);
  const [first, ...others] = situation.responses;
  return first === undefined ? "" : others.reduce((best, one) => (worthOf(one) > worthOf(best) ? one : best), first).id;
}

/**
 * What a look saw, in the order of asking. A probe without an answer costs that probe, and the belief stays as it is.
 * An answer that the situation does not foresee is left out and reported apart.
 */
export function readAnswers(
  look: Look,
  events: readonly StoredEvent[],
): { readonly answers: readonly EvidenceAnswer[]; readonly unforeseen: readonly Observation[] } {
  // An answer is as old as its question: a slow probe may tell what was so when it was asked.
  const askedMs = new Map<string, number>();
  const seen: EvidenceAnswer[] = [];
  for (const { event, atMs } of events) {
    if (event.kind === "step_intent") askedMs.set(event.attempt.stepId, atMs);
    const step = event.kind === "step_settled" ? look.stepOf.get(event.stepId) : undefined;
    if (event.kind !== "step_settled" || step === undefined) continue;
    seen.push({ step, outcome: event.outcome, atMs: askedMs.get(event.stepId) ?? atMs, toldBy: null });
  }
  const isForeseen = ({ outcome }: Observation): boolean => outcome !== "none_of_these";
  return { answers: seen.filter(isForeseen), unforeseen: seen.filter((answer) => !isForeseen(answer)) };
}
