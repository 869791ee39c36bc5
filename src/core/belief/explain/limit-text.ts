import { assertNever } from "../../value/invariant.ts";
import { percentText } from "../figures.ts";
import type { Decision, HandoverReason, Hold } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";

/**
 * The person's limit, what is spent of it, and what the decision risks, such as "your limit 2 %, spent 0 %, this act
 * 1.19 %".
 */
export function limitText(situation: Situation, decision: Decision): string {
  const { limit, limitGivenEvidence, riskSpent } = situation;
  const perMove = limitGivenEvidence < 1 && limitGivenEvidence !== limit;
  const yours = `your limit ${percentText(limit)}${perMove ? ` (${percentText(limitGivenEvidence)} for one act)` : ""}`;
  return `${yours}, spent ${percentText(riskSpent)}, ${riskText(situation, decision)}`;
}

function riskText(situation: Situation, decision: Decision): string {
  if (decision.kind === "infeasible")
    return `and the most careful policy risks ${percentText(decision.minimumRisk.ownRisk)}`;
  const { chosen, handover } = decision;
  if (handover !== null) {
    const isOutside = situation.limitCovers === "own_moves";
    return `handing over ${percentText(chosen.risk)}${isOutside ? ", which is outside it" : ""}`;
  }
  const whole = `${chosen.policy.kind === "commit" ? "this act" : "this policy"} ${percentText(chosen.ownRisk)}`;
  const afterwards = chosen.risk - chosen.ownRisk;
  return afterwards > 0 ? `${whole} and ${percentText(afterwards)} after handing over` : whole;
}

/** Why a decision hands over at once, as the end of a sentence about it. */
export function handoverText(reason: HandoverReason, situation: Situation): string {
  const limit = percentText(situation.limit);
  switch (reason.kind) {
    case "unknown":
    case "conflict":
    case "surprise":
      return holdText(reason);
    case "worth_more":
      return "calling a person is worth more here than any response";
    case "limit":
      return `what would be worth more than calling a person does not keep the limit of ${limit}`;
    case "nothing_keeps_limit":
      return `nothing that acts keeps the limit of ${limit}, whatever is looked at first`;
    default:
      return assertNever(reason);
  }
}

/** What the evidence forbids and why, as a clause. */
export function holdText(hold: Hold): string {
  switch (hold.kind) {
    case "unknown":
      return (
        `\`unknown\` is ${percentText(hold.probability)} likely, and there is no act while that is more than ` +
        percentText(hold.above)
      );
    case "conflict":
      return (
        `the evidence conflicts: for the named explanations its parts have together ${percentText(hold.ratio)} of ` +
        `the probability that they have apart (less than ${percentText(hold.below)})`
      );
    case "surprise":
      return `one of the answers is a surprise: ${percentText(hold.probability)} likely, given the others`;
    default:
      return assertNever(hold);
  }
}
