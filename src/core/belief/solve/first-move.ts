import type { DecisionGraph } from "./decision-graph.ts";

/**
 * The same graph with only one first move left; everything after it is free. It shows what the best policy is worth
 * that begins with this move.
 *
 * @param firstMove - the name of a step or a response of the situation
 * @returns `null` when the move may not be chosen there
 *
 * Cost: copies the marks of all moves and shares the rest.
 */
export function withFirstMove(graph: DecisionGraph, firstMove: string): DecisionGraph | null {
  const { responses, steps } = graph.canonical;
  const responseOpen = graph.responseOpen.slice();
  let openCount = 0;
  responses.forEach((response, index) => {
    if (response.source.id === firstMove) openCount += responseOpen[index] ?? 0;
    else responseOpen[index] = 0;
  });
  const actionOpen = graph.actionOpen.slice();
  // Every move belongs to one node, so closing the root's moves touches no other node.
  for (let action = graph.actionStart[0] ?? 0; action < (graph.actionStart[1] ?? 0); action += 1) {
    if (steps[graph.actionStep[action] ?? 0]?.source.id === firstMove) openCount += actionOpen[action] ?? 0;
    else actionOpen[action] = 0;
  }
  return openCount === 0 ? null : { ...graph, responseOpen, actionOpen };
}
