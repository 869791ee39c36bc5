import { invariant } from "../../value/invariant.ts";
import type { Policy, PolicyBranch, PolicySolution } from "../policy.ts";
import { outcomeIdsOf } from "../situation/situation.ts";
import type { Backup } from "./backup.ts";
import { type DecisionGraph, surpriseChild } from "./decision-graph.ts";
import { riskOf } from "./evaluate-policy.ts";

/** The policy that commits to a response of the graph, given by its index. */
export function commitTo(graph: DecisionGraph, responseIndex: number): Policy {
  const response = graph.canonical.responses[responseIndex];
  invariant(response !== undefined, "a commit names a response of the graph");
  return { kind: "commit", response: response.source.id };
}

/**
 * The policy that takes an action of the graph. `thenOfEdge` gives what follows an edge, is asked once for each edge
 * that is no surprise, in their order, and surprises escalate. Branches come in the declared order of outcomes.
 */
export function doStep(graph: DecisionGraph, action: number, thenOfEdge: (edge: number) => Policy): Policy {
  const step = graph.canonical.steps[graph.actionStep[action] ?? 0];
  invariant(step !== undefined, "an action names a step of the graph");
  const branches: PolicyBranch[] = [];
  for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
    const isSurprise = graph.edgeChild[edge] === surpriseChild;
    const then = isSurprise ? commitTo(graph, graph.canonical.escalationIndex) : thenOfEdge(edge);
    branches.push({ outcome: step.outcomeIds[graph.edgeOutcome[edge] ?? 0] ?? "", isSurprise, then });
  }
  const declared = outcomeIdsOf(step.source);
  branches.sort((left, right) => declared.indexOf(left.outcome) - declared.indexOf(right.outcome));
  return { kind: "do", step: step.source.id, on: branches };
}

/** The policy that makes the chosen move at every node. A node that two histories reach becomes one shared object. */
export function extractPolicy(graph: DecisionGraph, move: Int32Array): Policy {
  const built = new Map<number, Policy>();
  const build = (node: number): Policy => {
    const known = built.get(node);
    if (known !== undefined) return known;
    const choice = move[node] ?? 0;
    const policy =
      choice < 0 ? commitTo(graph, -1 - choice) : doStep(graph, choice, (edge) => build(graph.edgeChild[edge] ?? 0));
    built.set(node, policy);
    return policy;
  };
  return build(0);
}

/** The policy that a backward pass chose, with its figures. */
export function extractSolution(graph: DecisionGraph, backup: Backup): PolicySolution {
  return solutionOf(graph, extractPolicy(graph, backup.move), {
    value: backup.value[0] ?? 0,
    ownRisk: backup.risk[0] ?? 0,
    expectedSteps: backup.steps[0] ?? 0,
  });
}

/** A policy with its figures. Where the limit leaves escalations out, the whole risk is added up apart. */
export function solutionOf(
  graph: DecisionGraph,
  policy: Policy,
  { value, ownRisk, expectedSteps }: Omit<PolicySolution, "policy" | "risk">,
): PolicySolution {
  const { situation, countsEscalations } = graph.canonical;
  return { policy, value, risk: countsEscalations ? ownRisk : riskOf(situation, policy), ownRisk, expectedSteps };
}
