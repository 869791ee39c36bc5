import type { Backup } from "./backup.ts";
import type { DecisionGraph } from "./decision-graph.ts";

/**
 * A linear yardstick `valueWeight·value − riskWeight·risk`, with the best score that any partial policy reaches at each
 * node.
 *
 * The *slack* of a choice is how far it falls short of that best score. The slacks of a policy's choices add up, and
 * their sum is bounded for every policy worth keeping. So a choice whose own slack exceeds what is left at its node can
 * be dropped: no policy worth keeping makes it.
 */
export interface Yardstick {
  readonly valueWeight: number;
  readonly riskWeight: number;
  readonly bestScore: Float64Array;
  /** The largest total slack of a policy worth keeping, with an allowance for rounding. */
  readonly budget: number;
}

/** The yardstick that a backward pass maximised. */
export function yardstick(
  backup: Backup,
  weights: { readonly value: number; readonly risk: number },
  budget: number,
): Yardstick {
  const bestScore = backup.value.map((value, node) => weights.value * value - weights.risk * (backup.risk[node] ?? 0));
  return { valueWeight: weights.value, riskWeight: weights.risk, bestScore, budget };
}

/** The score of a value and a risk on a yardstick. */
export function scoreOn(yard: Yardstick, value: number, risk: number): number {
  return yard.valueWeight * value - yard.riskWeight * risk;
}

/** The best score reachable by taking an action, its own gain included. */
export function actionScore(graph: DecisionGraph, yard: Yardstick, action: number): number {
  let score = scoreOn(yard, graph.actionValue[action] ?? 0, graph.actionRisk[action] ?? 0);
  for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
    const child = graph.edgeChild[edge] ?? 0;
    if (child >= 0) score += yard.bestScore[child] ?? 0;
  }
  return score;
}

/**
 * What is left of the budget at each node on the way there that spends least; `-Infinity` where no policy worth keeping
 * goes.
 *
 * Cost: one forward pass over the edges.
 */
export function budgetLeft(graph: DecisionGraph, yard: Yardstick): Float64Array {
  const left = new Float64Array(graph.nodeCount).fill(Number.NEGATIVE_INFINITY);
  left[0] = yard.budget;
  for (let node = 0; node < graph.nodeCount; node += 1) {
    const here = left[node] ?? 0;
    if (here < 0) continue;
    for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
      if (graph.actionOpen[action] === 0) continue;
      const after = here - Math.max(0, (yard.bestScore[node] ?? 0) - actionScore(graph, yard, action));
      if (after < 0) continue;
      for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
        const child = graph.edgeChild[edge] ?? 0;
        if (child >= 0 && after > (left[child] ?? 0)) left[child] = after;
      }
    }
  }
  return left;
}
