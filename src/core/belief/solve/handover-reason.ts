import type { HandoverReason } from "../policy.ts";
import { keepsLimit } from "../tolerance.ts";
import { backUp } from "./backup.ts";
import type { DecisionGraph } from "./decision-graph.ts";

/**
 * Why the best decision is to hand over at once.
 *
 * @param graph - the open moves, caps included
 * @param left - what is left of the limit
 * @param isUnlimitedToo - whether the best policy without the limits hands over at once too
 *
 * Cost: two backward passes.
 */
export function handoverReason(graph: DecisionGraph, left: number, isUnlimitedToo: boolean): HandoverReason {
  if (isUnlimitedToo) return { kind: "worth_more" };
  return keepsLimit({ risk: leastActingRisk(graph), limit: left })
    ? { kind: "limit" }
    : { kind: "nothing_keeps_limit" };
}

/**
 * The smallest counted risk of all policies that may come to act, that is, to commit to an act or to try a remedy;
 * Infinity when none may.
 */
function leastActingRisk(graph: DecisionGraph): number {
  const { responses, steps } = graph.canonical;
  const careful = backUp(graph, { kind: "least_risk" }).risk;
  const acting = new Float64Array(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  for (let node = graph.nodeCount - 1; node >= 0; node -= 1) {
    let least = Number.POSITIVE_INFINITY;
    responses.forEach(({ source }, r) => {
      const at = node * responses.length + r;
      if (source.kind === "act" && graph.responseOpen[at] === 1) least = Math.min(least, graph.responseRisk[at] ?? 0);
    });
    for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
      if (graph.actionOpen[action] === 0) continue;
      let risk = graph.actionRisk[action] ?? 0;
      // Acting after one of the answers is enough. After the others the most careful course is taken.
      let extra = steps[graph.actionStep[action] ?? 0]?.source.kind === "try" ? 0 : Number.POSITIVE_INFINITY;
      for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
        const child = graph.edgeChild[edge] ?? 0;
        if (child < 0) continue;
        risk += careful[child] ?? 0;
        extra = Math.min(extra, (acting[child] ?? 0) - (careful[child] ?? 0));
      }
      least = Math.min(least, risk + extra);
    }
    acting[node] = least;
  }
  return acting[0] ?? Number.POSITIVE_INFINITY;
}
