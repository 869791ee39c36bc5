import { invariant } from "../../value/invariant.ts";
import type { Policy, PolicyBranch, PolicySolution } from "../policy.ts";
import { outcomeIdsOf } from "../situation/situation.ts";
import type { Backup } from "./backup.ts";
import { type DecisionGraph, surpriseChild } from "./decision-graph.ts";

/** The response a graph names by its index. */
export function commitTo(graph: DecisionGraph, responseIndex: number): Policy {
  const response = graph.canonical.responses[responseIndex];
  invariant(response !== undefined, "a commit names a response of the graph");
  return { kind: "commit", response: response.source.id };
}

/** A step whose branches are given edge by edge; surprises are filled in, and outcomes come in declared order. */
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

/** The tree a backward pass stands for; a node reached by two histories is one shared object. */
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

/** The root's policy with its figures. */
export function extractSolution(graph: DecisionGraph, backup: Backup): PolicySolution {
  return {
    policy: extractPolicy(graph, backup.move),
    value: backup.value[0] ?? 0,
    risk: backup.risk[0] ?? 0,
    expectedSteps: backup.steps[0] ?? 0,
  };
}
