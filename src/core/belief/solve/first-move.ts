import { invariant } from "../../value/invariant.ts";
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
  return keepFirstMove(graph, firstMove, (open) => open);
}

/** The same, where the move is chosen even if the evidence forbids it: what it would be worth. */
export function withForcedMove(graph: DecisionGraph, firstMove: string): DecisionGraph {
  const forced = keepFirstMove(graph, firstMove, () => 1);
  invariant(forced !== null, "a first move is a step or a response of the situation");
  return forced;
}

function keepFirstMove(graph: DecisionGraph, firstMove: string, keep: (open: number) => number): DecisionGraph | null {
  const { responses, steps } = graph.canonical;
  const responseOpen = graph.responseOpen.slice();
  let openCount = 0;
  responses.forEach((response, index) => {
    responseOpen[index] = response.source.id === firstMove ? keep(responseOpen[index] ?? 0) : 0;
    openCount += responseOpen[index] ?? 0;
  });
  const actionOpen = graph.actionOpen.slice();
  // Every move belongs to one node, so closing the root's moves touches no other node.
  for (let action = graph.actionStart[0] ?? 0; action < (graph.actionStart[1] ?? 0); action += 1) {
    const isWanted = steps[graph.actionStep[action] ?? 0]?.source.id === firstMove;
    actionOpen[action] = isWanted ? keep(actionOpen[action] ?? 0) : 0;
    openCount += actionOpen[action] ?? 0;
  }
  return openCount === 0 ? null : { ...graph, responseOpen, actionOpen };
}
