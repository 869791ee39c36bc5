import type { DecisionGraph } from "./decision-graph.ts";

/**
 * Figures far from those of any real move, so that the solvers never choose one. They are finite, so that no sum
 * becomes NaN.
 */
const forbiddenValue = -1e15;
const forbiddenRisk = 1e3;

/**
 * The same graph with only one first move allowed; everything after it is free. It shows what the best policy is worth
 * that begins with this move.
 *
 * @param firstMove - the name of a step or a response of the situation
 *
 * Cost: copies the figures of all moves and shares the rest.
 */
export function withFirstMove(graph: DecisionGraph, firstMove: string): DecisionGraph {
  const { responses, steps } = graph.canonical;
  const responseValue = graph.responseValue.slice();
  const responseRisk = graph.responseRisk.slice();
  responses.forEach((response, index) => {
    if (response.source.id === firstMove) return;
    responseValue[index] = forbiddenValue;
    responseRisk[index] = forbiddenRisk;
  });
  const actionValue = graph.actionValue.slice();
  const actionRisk = graph.actionRisk.slice();
  // Every move belongs to one node, so changing the root's moves touches no other node.
  for (let action = graph.actionStart[0] ?? 0; action < (graph.actionStart[1] ?? 0); action += 1) {
    if (steps[graph.actionStep[action] ?? 0]?.source.id === firstMove) continue;
    actionValue[action] = forbiddenValue;
    actionRisk[action] = forbiddenRisk;
  }
  return { ...graph, responseValue, responseRisk, actionValue, actionRisk };
}
