import type { Policy, PolicySolution } from "../policy.ts";
import { sumByName } from "../situation/canonical-order.ts";
import { bestResponseIn } from "../situation/response-worth.ts";
import type { Situation } from "../situation/situation.ts";
import { valueTieShare, winsTie } from "../tolerance.ts";
import { buildDecisionGraph, type DecisionGraph } from "./decision-graph.ts";
import { evaluatePolicy, ownRiskOf } from "./evaluate-policy.ts";
import { extractPolicy } from "./extract-policy.ts";

/** A policy with the figures that evaluating it forward gives. */
function withFigures(situation: Situation, policy: Policy): PolicySolution {
  const { value, risk, expectedSteps } = evaluatePolicy(situation, policy);
  return { policy, value, risk, ownRisk: ownRiskOf(situation, policy), expectedSteps };
}

/** For every response, the policy that commits to it at once; in declared order. */
export function solveEachResponse(situation: Situation): readonly PolicySolution[] {
  return situation.responses.map(({ id }) => withFigures(situation, { kind: "commit", response: id }));
}

/** The policy that commits to the average plan at once, as a fluent model would. */
export function solveAveragePlan(situation: Situation): PolicySolution {
  return withFigures(situation, { kind: "commit", response: situation.averagePlan });
}

/** The policy that acts on the most probable context as if it were certain; ties go to the context declared first. */
export function solveMostProbableContext(situation: Situation): PolicySolution {
  let likeliest = 0;
  situation.contexts.forEach(({ prior }, c) => {
    if (prior > (situation.contexts[likeliest]?.prior ?? 0)) likeliest = c;
  });
  return withFigures(situation, { kind: "commit", response: bestResponseIn(situation, likeliest) });
}

/**
 * Expected utility if the context were known before responding. No policy is worth more, unless a step itself gains
 * utility.
 */
export function valueOfPerfectInformation(situation: Situation): number {
  const names = situation.contexts.map(({ id }) => id);
  const values = situation.contexts.map(({ prior }, c) => {
    const response = situation.responses.find(({ id }) => id === bestResponseIn(situation, c));
    const p = response?.catastropheByContext[c] ?? 0;
    return prior * (p * situation.catastropheUtility + (1 - p) * (response?.utilityByContext[c] ?? 0));
  });
  return sumByName(names, values);
}

/**
 * The policy that looks one step ahead. At each belief it takes the step whose answer is worth most if a response had
 * to follow at once, or responds when no step is worth its cost (value of information; Howard 1966). It keeps the
 * horizon, not the limit.
 */
export function solveMyopic(situation: Situation): PolicySolution {
  const graph = buildDecisionGraph(situation);
  const stop = Int32Array.from({ length: graph.nodeCount }, (_, node) => bestResponseAt(graph, node));
  const move = Int32Array.from({ length: graph.nodeCount }, (_, node) => myopicMove(graph, stop, node));
  return withFigures(situation, extractPolicy(graph, move));
}

function bestResponseAt(graph: DecisionGraph, node: number): number {
  const { responses } = graph.canonical;
  const values = responses.map((_, r) => graph.responseValue[node * responses.length + r] ?? 0);
  const tie = valueTieShare * (graph.mass[node] ?? 0) * graph.canonical.valueScale;
  const top = Math.max(...values);
  let best = -1;
  values.forEach((value, r) => {
    if (value >= top - tie && (best < 0 || winsTie(commitTie(graph, node, r), commitTie(graph, node, best)))) best = r;
  });
  return best;
}

function commitTie(graph: DecisionGraph, node: number, r: number): { risk: number; steps: number; rank: number } {
  const { responses } = graph.canonical;
  return { risk: graph.responseRisk[node * responses.length + r] ?? 0, steps: 0, rank: responses[r]?.rank ?? 0 };
}

function myopicMove(graph: DecisionGraph, stop: Int32Array, node: number): number {
  const { responses, steps } = graph.canonical;
  const valueAt = (at: number): number => graph.responseValue[at * responses.length + (stop[at] ?? 0)] ?? 0;
  const tie = valueTieShare * (graph.mass[node] ?? 0) * graph.canonical.valueScale;
  let best = -1 - (stop[node] ?? 0);
  let bestValue = valueAt(node);
  let bestRank = -1;
  for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
    let value = graph.actionValue[action] ?? 0;
    for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
      const child = graph.edgeChild[edge] ?? 0;
      if (child >= 0) value += valueAt(child);
    }
    const rank = steps[graph.actionStep[action] ?? 0]?.rank ?? 0;
    if (value > bestValue + tie || (value >= bestValue - tie && rank < bestRank)) {
      best = action;
      bestValue = value;
      bestRank = rank;
    }
  }
  return best;
}
