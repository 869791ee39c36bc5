import type { Observation, Policy } from "../policy.ts";
import { sumByName } from "../situation/canonical-order.ts";
import { outcomeIdsOf, type Situation } from "../situation/situation.ts";
import { branchOf, continuationOf, figuresInContext, stepOf } from "./evaluate-policy.ts";

/**
 * Where a policy stands after one history of outcomes. A subtree that several histories reach has one entry for each.
 */
export interface HistoryFigures {
  readonly history: readonly Observation[];
  /** What the policy does from here on. */
  readonly policy: Policy;
  /** P(this history, with no catastrophe and no fix on the way). */
  readonly probability: number;
  readonly probabilityByContext: readonly number[];
  /** The expected utility still to come, given this history. */
  readonly valueToGo: number;
  /** P(catastrophe from here on | this history). */
  readonly riskToGo: number;
  /**
   * P(a catastrophe would have ended the episode on the way here), each step judged by what was known when it was
   * taken.
   */
  readonly riskSpent: number;
}

/**
 * Every history of outcomes a policy can meet, parents before children, branches in the policy's order.
 *
 * Cost: nodes of the policy as a tree × contexts × outcomes.
 */
export function policyHistories(situation: Situation, policy: Policy): readonly HistoryFigures[] {
  const figures = situation.contexts.map((_, c) => memoisedFigures(situation, c));
  const names = situation.contexts.map(({ id }) => id);
  const found: HistoryFigures[] = [];
  const visit = (node: Policy, history: readonly Observation[], weights: readonly number[], survival: number): void => {
    const probability = sumByName(names, weights);
    if (probability === 0) return;
    const toGo = (numberOf: (c: number) => number): number =>
      sumByName(
        names,
        weights.map((weight, c) => weight * numberOf(c)),
      ) / probability;
    found.push({
      history,
      policy: node,
      probability,
      probabilityByContext: weights.map((weight) => weight / probability),
      valueToGo: toGo((c) => figures[c]?.(node).value ?? 0),
      riskToGo: toGo((c) => figures[c]?.(node).risk ?? 0),
      riskSpent: 1 - survival,
    });
    if (node.kind === "commit") return;
    const step = stepOf(situation, node.step);
    const hit = toGo((c) => step.catastropheByContext[c] ?? 0);
    outcomeIdsOf(step).forEach((outcome) => {
      const after = weights.map((weight, c) => weight * continuationOf(step, outcome, c));
      if (after.some((weight) => weight > 0))
        visit(
          branchOf(situation, node, outcome),
          [...history, { step: node.step, outcome }],
          after,
          survival * (1 - hit),
        );
    });
  };
  visit(
    policy,
    [],
    situation.contexts.map(({ prior }) => prior),
    1,
  );
  return found;
}

function memoisedFigures(
  situation: Situation,
  c: number,
): (node: Policy) => { readonly value: number; readonly risk: number } {
  const known = new Map<Policy, { readonly value: number; readonly risk: number }>();
  return (node) => {
    const done = known.get(node) ?? figuresInContext(situation, node, c);
    known.set(node, done);
    return done;
  };
}
