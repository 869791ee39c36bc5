import { assertNever } from "../../value/invariant.ts";
import { escapeForTerminal } from "../../value/text.ts";
import type { CountedRisk } from "../calibrate/counted-rows.ts";
import { percentText, utilityText } from "../figures.ts";
import { type Decision, firstMoveOf, type Policy } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import type { Alternative } from "./alternatives.ts";
import type { BeliefTest } from "./belief-needed.ts";
import { handoverText, holdText, limitText } from "./limit-text.ts";

/** What the paragraph is made from. */
export interface ParagraphFacts {
  readonly situation: Situation;
  readonly decision: Decision;
  readonly alternatives: readonly Alternative[];
  readonly averagePlan: { readonly action: string; readonly value: number; readonly risk: number };
  readonly beliefTest: BeliefTest;
  readonly counted: CountedRisk | null;
}

/**
 * One paragraph for the person on call: what is believed, what to do first, why not something else, and what it risks.
 */
export function tellInAParagraph(facts: ParagraphFacts): string {
  const { situation, decision } = facts;
  const sentences =
    decision.kind === "decided"
      ? [
          beliefSentence(situation),
          moveSentence(situation, decision),
          boundSentence(decision),
          handoverSentence(situation, decision),
          runnerUpSentence(facts),
          limitSentence(situation, decision),
          countedSentence(facts.counted),
          averageSentence(facts, decision.chosen),
          beliefTestSentence(facts.beliefTest),
        ]
      : [beliefSentence(situation), infeasibleSentence(situation, decision), averageSentence(facts, null)];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function beliefSentence(situation: Situation): string {
  const ranked = situation.contexts.toSorted((left, right) => right.prior - left.prior);
  const [first, second] = ranked;
  if (first === undefined) return "";
  const rest = second === undefined ? "" : `, then ${name(second.id)} (${percentText(second.prior)})`;
  return `The likeliest explanation is ${name(first.id)} (${percentText(first.prior)})${rest}.`;
}

function moveSentence(situation: Situation, decision: Extract<Decision, { kind: "decided" }>): string {
  const { policy, value, risk } = decision.chosen;
  const unit = situation.unit === "" ? "" : ` ${escapeForTerminal(situation.unit)}`;
  const worth = `The whole policy is worth ${utilityText(value)}${unit}`;
  return `${verbSentence(situation, policy)} ${worth} and ends in catastrophe with probability ${percentText(risk)}.`;
}

/** Said only where the policy is not proven to be the best. */
function boundSentence({ bound }: Extract<Decision, { kind: "decided" }>): string {
  if (bound === null) return "";
  const worth = `nothing is worth more than ${utilityText(bound.upperBound)}`;
  const why =
    bound.because === "too_many_beliefs"
      ? `it looks ${bound.depth} steps ahead, because ${bound.horizon} would be too many beliefs to weigh`
      : "too many policies lie near the limit to find the best";
  return `It is the best policy found, and ${worth} within the limits: ${why}.`;
}

function verbSentence(situation: Situation, policy: Policy): string {
  const move = name(firstMoveOf(policy));
  if (policy.kind === "commit") {
    const response = situation.responses.find((candidate) => candidate.id === policy.response);
    return response?.kind === "escalate"
      ? `Do not act: hand over with ${move}.`
      : `Do ${move} now; nothing is worth looking at first.`;
  }
  const step = situation.steps.find((candidate) => candidate.id === policy.step);
  switch (step?.kind) {
    case "wait":
      return `Wait first, with ${move}.`;
    case "try":
      return `Try ${move} first; it may settle the matter.`;
    case "probe":
    case undefined:
      return `Look first, with ${move}: its answer decides what follows.`;
    default:
      return assertNever(step);
  }
}

function runnerUpSentence({ alternatives, decision }: ParagraphFacts): string {
  if (decision.kind !== "decided") return "";
  const runnerUp = alternatives.find((one) => !["chosen", "not_settled", "not_yet"].includes(one.verdict.kind));
  if (runnerUp === undefined) return "";
  const { verdict } = runnerUp;
  const beginning = `Beginning with ${name(runnerUp.move)}`;
  switch (verdict.kind) {
    case "chosen":
    case "not_settled":
    case "not_yet":
      return "";
    case "barred":
      // What the evidence forbids is told already.
      return "";
    case "over_limit":
      return `${beginning} would risk at least ${percentText(verdict.minimumRisk)}, more than is allowed.`;
    case "better_but_over_limit":
      return (
        `${beginning} could be worth ${utilityText(verdict.gain)} more, ` +
        `but at a risk of ${percentText(verdict.risk)}, more than is allowed.`
      );
    case "dominated":
    case "worth_less":
      return `The next best beginning is ${name(runnerUp.move)}, worth ${utilityText(verdict.short)} less.`;
    case "tied":
      return verdict.by === "digits_not_shown"
        ? `${beginning} is worth as much, but for digits that are not shown.`
        : `${beginning} is worth as much; risk, steps and the order of declaration decided.`;
    default:
      return assertNever(verdict);
  }
}

function limitSentence(situation: Situation, decision: Extract<Decision, { kind: "decided" }>): string {
  const { chosen, unlimited } = decision;
  const stands = capitalised(limitText(situation, decision));
  if (chosen === unlimited) return `${stands}: the limit does not change the choice.`;
  const best = decision.bound === null ? "the best policy" : "the best policy found";
  const without = `without it ${best} would risk ${percentText(unlimited.risk)}`;
  return `${stands}. The limit costs ${utilityText(unlimited.value - chosen.value)}: ${without}.`;
}

function handoverSentence(situation: Situation, { handover, held }: Extract<Decision, { kind: "decided" }>): string {
  if (handover !== null) return `${capitalised(handoverText(handover, situation))}.`;
  return held === null ? "" : `There is no act before that: ${holdText(held)}.`;
}

/** Said only where the counts are too few to be sure of the limit. */
function countedSentence(counted: CountedRisk | null): string {
  if (counted === null || counted.isLimitKept) return "";
  const set = `over the ${percentText(counted.mass)} credible set of the counts`;
  return `The limit is not kept ${set}: in the worst corner the risk is ${percentText(counted.high)}.`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function averageSentence(
  { averagePlan }: ParagraphFacts,
  chosen: { readonly value: number; readonly risk: number } | null,
): string {
  if (chosen === null)
    return `The average plan, ${name(averagePlan.action)}, would risk ${percentText(averagePlan.risk)}.`;
  const price = chosen.value - averagePlan.value;
  if (price === 0) return `The average plan, ${name(averagePlan.action)}, is worth the same here.`;
  const less = `${utilityText(price)} less at a risk of ${percentText(averagePlan.risk)}`;
  return `The average plan, ${name(averagePlan.action)} at once, would be worth ${less}.`;
}

function beliefTestSentence(test: BeliefTest): string {
  if (test.isNeeded || test.shared === null) return "";
  const why = `every plausible explanation recommends ${name(test.shared)}, and being wrong is harmless`;
  return `No belief is needed here: ${why}.`;
}

function infeasibleSentence(situation: Situation, decision: Extract<Decision, { kind: "infeasible" }>): string {
  const { policy, risk } = decision.minimumRisk;
  return (
    `Nothing keeps the limit of ${percentText(situation.limit)}: even the most careful policy, beginning with ` +
    `${name(firstMoveOf(policy))}, risks ${percentText(risk)}. A person must take over.`
  );
}

function name(id: string): string {
  return `\`${escapeForTerminal(id)}\``;
}
