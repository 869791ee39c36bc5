import { keepsLimit } from "../tolerance.ts";
import type { DecisionGraph } from "./decision-graph.ts";

/**
 * Closes every move whose own probability of catastrophe, given everything seen by then, exceeds the cap. The risk that
 * an act carries is what it may cause itself; of a step, what may happen while it is taken, and not what follows.
 *
 * Where the limits leave escalations out, an escalation has no risk of its own here, so it always stays open.
 *
 * @returns the same graph when nothing exceeds the cap
 *
 * Cost: linear in the moves.
 */
export function capMoves(graph: DecisionGraph, cap: number): DecisionGraph {
  if (cap >= 1) return graph;
  const responseCount = graph.canonical.responses.length;
  const responseOpen = graph.responseOpen.slice();
  const actionOpen = graph.actionOpen.slice();
  let closedCount = 0;
  for (let node = 0; node < graph.nodeCount; node += 1) {
    // Figures of a node are weighted by its probability, and so is its cap.
    const limit = cap * (graph.mass[node] ?? 0);
    for (let at = node * responseCount; at < (node + 1) * responseCount; at += 1) {
      if (responseOpen[at] === 0 || keepsLimit({ risk: graph.responseRisk[at] ?? 0, limit })) continue;
      responseOpen[at] = 0;
      closedCount += 1;
    }
    for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
      if (actionOpen[action] === 0 || keepsLimit({ risk: graph.actionHit[action] ?? 0, limit })) continue;
      actionOpen[action] = 0;
      closedCount += 1;
    }
  }
  return closedCount === 0 ? graph : { ...graph, responseOpen, actionOpen };
}
