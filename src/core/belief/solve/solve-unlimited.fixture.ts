import type { PolicySolution } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { backUp } from "./backup.ts";
import { buildDecisionGraph } from "./decision-graph.ts";
import { extractSolution } from "./extract-policy.ts";

/** The policy of greatest expected utility, whatever its risk. */
export function solveUnlimited(situation: Situation): PolicySolution {
  const graph = buildDecisionGraph(situation);
  return extractSolution(graph, backUp(graph, { kind: "priced", riskPrice: 0 }));
}
