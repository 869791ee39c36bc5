import { invariant } from "../../value/invariant.ts";
import { valueTieShare, winsTie } from "../tolerance.ts";
import type { DecisionGraph } from "./decision-graph.ts";

/**
 * What a backward pass looks for: the most utility minus a price on risk, or the least risk and among equals the most
 * utility.
 */
export type Objective = { readonly kind: "priced"; readonly riskPrice: number } | { readonly kind: "least_risk" };

/**
 * The best move at every node of a graph, and its figures. They are weighted by the probability of the evidence, so a
 * child's figures simply add to those of its parent.
 */
export interface Backup {
  readonly value: Float64Array;
  readonly risk: Float64Array;
  readonly steps: Float64Array;
  /** The action, or `-1 - r` for response r. */
  readonly move: Int32Array;
}

/**
 * One backward pass over a graph (exact backward induction; Bellman 1957).
 *
 * Ties go to lower risk, then fewer expected steps, then declared order.
 *
 * Cost: linear in nodes × responses plus edges; allocates four arrays of the number of nodes.
 */
export function backUp(graph: DecisionGraph, objective: Objective): Backup {
  const backup: Backup = {
    value: new Float64Array(graph.nodeCount),
    risk: new Float64Array(graph.nodeCount),
    steps: new Float64Array(graph.nodeCount),
    move: new Int32Array(graph.nodeCount),
  };
  const choose = objective.kind === "priced" ? choosePriced : chooseLeastRisk;
  const riskPrice = objective.kind === "priced" ? objective.riskPrice : 0;
  const scratch: Candidates = { value: [], risk: [], steps: [], move: [], rank: [], count: 0 };
  for (let node = graph.nodeCount - 1; node >= 0; node -= 1) {
    listCandidates(graph, backup, node, scratch);
    const tie = valueTieShare * (graph.mass[node] ?? 0) * (graph.canonical.valueScale + riskPrice);
    const best = choose(scratch, riskPrice, tie);
    backup.value[node] = scratch.value[best] ?? 0;
    backup.risk[node] = scratch.risk[best] ?? 0;
    backup.steps[node] = scratch.steps[best] ?? 0;
    backup.move[node] = scratch.move[best] ?? 0;
  }
  return backup;
}

/**
 * The moves of one node with their figures. The lists are reused from node to node; the first `count` entries are in
 * use.
 */
interface Candidates {
  readonly value: number[];
  readonly risk: number[];
  readonly steps: number[];
  readonly move: number[];
  readonly rank: number[];
  count: number;
}

function listCandidates(graph: DecisionGraph, backup: Backup, node: number, into: Candidates): void {
  const { responses, steps } = graph.canonical;
  let at = 0;
  for (let r = 0; r < responses.length; r += 1) {
    if (graph.responseOpen[node * responses.length + r] === 0) continue;
    into.value[at] = graph.responseValue[node * responses.length + r] ?? 0;
    into.risk[at] = graph.responseRisk[node * responses.length + r] ?? 0;
    into.steps[at] = 0;
    into.move[at] = -1 - r;
    into.rank[at] = responses[r]?.rank ?? 0;
    at += 1;
  }
  for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
    if (graph.actionOpen[action] === 0) continue;
    let value = graph.actionValue[action] ?? 0;
    let risk = graph.actionRisk[action] ?? 0;
    let stepCount = graph.mass[node] ?? 0;
    for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
      const child = graph.edgeChild[edge] ?? 0;
      if (child < 0) continue;
      value += backup.value[child] ?? 0;
      risk += backup.risk[child] ?? 0;
      stepCount += backup.steps[child] ?? 0;
    }
    into.value[at] = value;
    into.risk[at] = risk;
    into.steps[at] = stepCount;
    into.move[at] = action;
    into.rank[at] = responses.length + (steps[graph.actionStep[action] ?? 0]?.rank ?? 0);
    at += 1;
  }
  invariant(at > 0, "at every belief some move may be chosen");
  into.count = at;
}

function choosePriced(candidates: Candidates, riskPrice: number, tie: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < candidates.count; i += 1) top = Math.max(top, scoreOf(candidates, i, riskPrice));
  let best = -1;
  for (let i = 0; i < candidates.count; i += 1) {
    if (scoreOf(candidates, i, riskPrice) < top - tie) continue;
    if (best < 0 || winsTie(tieBreakOf(candidates, i), tieBreakOf(candidates, best))) best = i;
  }
  return best;
}

function chooseLeastRisk(candidates: Candidates, _riskPrice: number, tie: number): number {
  let best = 0;
  for (let i = 1; i < candidates.count; i += 1) {
    const challenger = tieBreakOf(candidates, i);
    const holder = tieBreakOf(candidates, best);
    const gain = (candidates.value[i] ?? 0) - (candidates.value[best] ?? 0);
    const risksTie =
      !winsTie({ ...challenger, steps: 0, rank: 0 }, { ...holder, steps: 0, rank: 0 }) &&
      !winsTie({ ...holder, steps: 0, rank: 0 }, { ...challenger, steps: 0, rank: 0 });
    if (risksTie && gain < -tie) continue;
    if ((risksTie && gain > tie) || winsTie(challenger, holder)) best = i;
  }
  return best;
}

function scoreOf(candidates: Candidates, index: number, riskPrice: number): number {
  return (candidates.value[index] ?? 0) - riskPrice * (candidates.risk[index] ?? 0);
}

function tieBreakOf(candidates: Candidates, index: number): { risk: number; steps: number; rank: number } {
  return { risk: candidates.risk[index] ?? 0, steps: candidates.steps[index] ?? 0, rank: candidates.rank[index] ?? 0 };
}
