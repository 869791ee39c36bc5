import type { DecisionGraph } from "./decision-graph.ts";

/** A figure no real move comes near: the solvers never choose it, and it stays finite so that no sum becomes NaN. */
const forbiddenValue = -1e15;
const forbiddenRisk = 1e3;

/**
 * The same graph with one first move allowed: what the best plan is worth that begins with it, everything later left free.
 *
 * @param firstMove - name of a step or response of the situation
 *
 * Cost: copies the figures of all moves; the nodes are shared.
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
  // Moves belong to one node each, so the root's can be changed without touching any other.
  for (let action = graph.actionStart[0] ?? 0; action < (graph.actionStart[1] ?? 0); action += 1) {
    if (steps[graph.actionStep[action] ?? 0]?.source.id === firstMove) continue;
    actionValue[action] = forbiddenValue;
    actionRisk[action] = forbiddenRisk;
  }
  return { ...graph, responseValue, responseRisk, actionValue, actionRisk };
}
