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
    responseOpen[index] = response.source.id === firstMove ? (responseOpen[index] ?? 0) : 0;
    openCount += responseOpen[index] ?? 0;
  });
  const actionOpen = graph.actionOpen.slice();
  // Every move belongs to one node, so closing the root's moves touches no other node.
  for (let action = graph.actionStart[0] ?? 0; action < (graph.actionStart[1] ?? 0); action += 1) {
    const isWanted = steps[graph.actionStep[action] ?? 0]?.source.id === firstMove;
    actionOpen[action] = isWanted ? (actionOpen[action] ?? 0) : 0;
    openCount += actionOpen[action] ?? 0;
  }
  return openCount === 0 ? null : { ...graph, responseOpen, actionOpen };
}
