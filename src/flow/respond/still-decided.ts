import { changedAnswers, describeChanges } from "../../core/belief/evidence.ts";
import type { DecisionAfter } from "../../core/belief/explain/after.ts";
import { firstMoveOf, type Observation } from "../../core/belief/policy.ts";
import type { Domain } from "../../core/domain/domain.ts";
import { policyToProposal } from "../../core/plan/policy/from-policy.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { quote } from "../../core/value/text.ts";
import { chosenOf } from "./looking.ts";

/** Whether a decision would write this very proposal. */
export function isStillDecided(after: DecisionAfter, proposal: Proposal, domain: Domain): boolean {
  const chosen = chosenOf(after);
  const written = chosen === null ? null : policyToProposal(after.situation, chosen.policy, domain);
  const tag = "interlock.proposal/1";
  return written?.ok === true && digest(tag, written.value.proposal) === digest(tag, proposal);
}

/** A plan is out of date: which answers are others than those that it was decided from, and what follows from them. */
export function evidenceChanged(
  before: readonly Observation[],
  now: readonly Observation[],
  after: DecisionAfter,
): Problem {
  const chosen = chosenOf(after);
  const first = chosen === null ? "nothing that keeps the limit" : quote(firstMoveOf(chosen.policy));
  const changes = describeChanges(changedAnswers(before, now));
  return problem("E_EVIDENCE_CHANGED", "", `the plan is out of date: ${changes}; decided now: ${first}`);
}
