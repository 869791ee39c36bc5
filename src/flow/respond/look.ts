import { mergePolicy } from "../../core/belief/explain/merge.ts";
import type { Observation, Policy } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import { readOnlyPrefix } from "../../core/plan/policy/read-prefix.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";

/** What to look at before the final decision; `null` if the policy begins with an act or a person. */
export interface Look {
  readonly proposal: Proposal;
  /** Which step of the situation each proposed step stands for. */
  readonly stepOf: ReadonlyMap<string, string>;
}

/** Policy → the reads that it begins with. */
export function planLook(
  situation: Situation,
  policy: Policy,
  domain: Domain,
): Result<Look | null, readonly Problem[]> {
  const whole = policyToProposal(situation, policy, domain);
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

/**
 * What a look saw, in the order of asking. Outcomes that the situation does not foresee are left out and reported
 * apart.
 */
export function readObservations(
  look: Look,
  events: readonly Event[],
): { readonly observations: readonly Observation[]; readonly unforeseen: readonly Observation[] } {
  const seen = events.flatMap((event): readonly Observation[] => {
    if (event.kind !== "step_settled") return [];
    const step = look.stepOf.get(event.stepId);
    return step === undefined ? [] : [{ step, outcome: event.outcome }];
  });
  const isForeseen = ({ outcome }: Observation): boolean => outcome !== "none_of_these" && outcome !== "no_answer";
  return { observations: seen.filter(isForeseen), unforeseen: seen.filter((observation) => !isForeseen(observation)) };
}
