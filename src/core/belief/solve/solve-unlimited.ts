import type { PolicySolution } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { backUp } from "./backup.ts";
import { buildDecisionGraph } from "./decision-graph.ts";
import { extractSolution } from "./extract-policy.ts";

/**
 * The plan of greatest expected utility, whatever its risk (exact backward induction; Bellman 1957, Russell and Norvig 17).
 *
 * Ties: lower risk, fewer expected steps, declared order. Cost: building the graph, then one pass over its edges.
 */
export function solveUnlimited(situation: Situation): PolicySolution {
  const graph = buildDecisionGraph(situation);
  return extractSolution(graph, backUp(graph, { kind: "priced", riskPrice: 0 }));
}

/** The plan of least risk and, among those, of greatest expected utility. */
export function solveMinimumRisk(situation: Situation): PolicySolution {
  const graph = buildDecisionGraph(situation);
  return extractSolution(graph, backUp(graph, { kind: "least_risk" }));
}
