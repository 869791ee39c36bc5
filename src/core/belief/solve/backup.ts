import { invariant } from "../../value/invariant.ts";
import { valueTieShare } from "../tolerance.ts";
import { type Candidates, chooseLeastRisk, choosePriced, emptyCandidates } from "./candidates.ts";
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
  const scratch = emptyCandidates();
  for (let node = graph.nodeCount - 1; node >= 0; node -= 1) chooseAt(graph, backup, node, objective, scratch);
  return backup;
}

/**
 * Makes backward passes over one graph, and over the same graph with fewer ways to begin, and keeps them. These differ
 * at the root alone, so their passes cost a copy.
 */
export interface BackupKeeper {
  readonly pass: (graph: DecisionGraph, objective: Objective) => Backup;
  /** The prices on risk that a pass was made for. */
  readonly prices: () => readonly number[];
}

/** Keeps the passes over a graph. */
export function keepBackups(whole: DecisionGraph): BackupKeeper {
  const kept = new Map<number, Backup>();
  return {
    pass: (graph, objective) => {
      const key = objective.kind === "priced" ? objective.riskPrice : -1;
      const known = kept.get(key) ?? backUp(whole, objective);
      kept.set(key, known);
      if (graph === whole) return known;
      const own: Backup = {
        value: known.value.slice(),
        risk: known.risk.slice(),
        steps: known.steps.slice(),
        move: known.move.slice(),
      };
      chooseAt(graph, own, 0, objective, emptyCandidates());
      return own;
    },
    prices: () => [...kept.keys()].filter((price) => price > 0),
  };
}

function chooseAt(graph: DecisionGraph, backup: Backup, node: number, objective: Objective, scratch: Candidates): void {
  const riskPrice = objective.kind === "priced" ? objective.riskPrice : 0;
  listCandidates(graph, backup, node, scratch);
  const tie = valueTieShare * (graph.mass[node] ?? 0) * (graph.canonical.valueScale + riskPrice);
  const best = objective.kind === "priced" ? choosePriced(scratch, riskPrice, tie) : chooseLeastRisk(scratch, tie);
  backup.value[node] = scratch.value[best] ?? 0;
  backup.risk[node] = scratch.risk[best] ?? 0;
  backup.steps[node] = scratch.steps[best] ?? 0;
  backup.move[node] = scratch.move[best] ?? 0;
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
