import type { Policy, PolicySolution } from "../policy.ts";
import { sumByName } from "../situation/canonical-order.ts";
import { bestResponseIn } from "../situation/response-worth.ts";
import type { Situation } from "../situation/situation.ts";
import { evaluatePolicy, ownRiskOf } from "./evaluate-policy.ts";
import { lookThrough, type Outlook } from "./outlook.ts";
import { policyBeginningWith } from "./sweep-policy.ts";

/** A policy with the figures that evaluating it forward gives. */
function withFigures(situation: Situation, policy: Policy): PolicySolution {
  const { value, risk, expectedSteps } = evaluatePolicy(situation, policy);
  return { policy, value, risk, ownRisk: ownRiskOf(situation, policy), expectedSteps };
}

/** The same situation with the responses that can be chosen at once. */
export function withoutNeeds(situation: Situation): Situation {
  return { ...situation, responses: situation.responses.filter(({ needs }) => needs.length === 0) };
}

/** For every response, the policy that commits to it at once; in declared order. */
export function solveEachResponse(situation: Situation): readonly PolicySolution[] {
  return situation.responses.map(({ id }) => withFigures(situation, { kind: "commit", response: id }));
}

/** The policy that commits to the average plan at once, as a fluent model would. */
export function solveAveragePlan(situation: Situation): PolicySolution {
  return withFigures(situation, { kind: "commit", response: situation.averagePlan });
}

/** The policy that acts on the most probable context as if it were certain; ties go to the context declared first. */
export function solveMostProbableContext(situation: Situation): PolicySolution {
  let likeliest = 0;
  situation.contexts.forEach(({ prior }, c) => {
    if (prior > (situation.contexts[likeliest]?.prior ?? 0)) likeliest = c;
  });
  return withFigures(situation, { kind: "commit", response: bestResponseIn(withoutNeeds(situation), likeliest) });
}

/**
 * Expected utility if the context were known before responding. No policy is worth more, unless a step itself gains
 * utility.
 */
export function valueOfPerfectInformation(situation: Situation): number {
  const names = situation.contexts.map(({ id }) => id);
  const values = situation.contexts.map(({ prior }, c) => {
    const response = situation.responses.find(({ id }) => id === bestResponseIn(situation, c));
    const p = response?.catastropheByContext[c] ?? 0;
    return prior * (p * situation.catastropheUtility + (1 - p) * (response?.utilityByContext[c] ?? 0));
  });
  return sumByName(names, values);
}

/**
 * The policy that looks one step ahead. At each belief it takes the step whose answer is worth most if a response had
 * to follow at once, or responds when no step is worth its cost (value of information; Howard 1966). It keeps the
 * horizon, not the limit.
 */
export function solveMyopic(situation: Situation, outlook: Outlook = lookThrough(situation)): PolicySolution {
  const { layers } = outlook;
  const swept = outlook.myopic();
  return withFigures(situation, policyBeginningWith(layers, swept, swept.move[0] ?? 0));
}
