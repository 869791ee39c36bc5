import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { checkProse } from "../wire/check-prose.ts";
import type { Proposal } from "../wire/proposal.ts";

/** Why a proposal that declines is not compiled; `null` for one that does not decline. */
export function refuseDeclined({ decline, steps }: Proposal): Problem | null {
  if (decline === "") return null;
  if (steps.length === 0)
    return problem("E_PROPOSAL_DECLINED", "/decline", `the proposer has no plan: ${quote(decline)}`);
  const hint = "leave `decline` empty, or propose no step";
  return problem("E_PLAN_SIZE", "/steps", "the proposal declines and has steps", hint);
}

/** What can be refused before the domain is asked: secrets in the text, and a proposal without steps. */
export function checkProposal(proposal: Proposal): readonly Problem[] {
  const prose = checkProse(proposal);
  if (proposal.steps.length > 0) return prose;
  return [...prose, problem("E_PLAN_EMPTY", "/steps", "the proposal has no steps")];
}
