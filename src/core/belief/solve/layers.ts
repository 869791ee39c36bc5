import { invariant } from "../../value/invariant.ts";
import type { Hold } from "../policy.ts";
import { type CanonicalSituation, toCanonical } from "../situation/canonical-order.ts";
import type { Situation } from "../situation/situation.ts";
import { evidenceRules, holdAt } from "./evidence-rules.ts";
import { findHoldCode, type HoldFinder, holdCode, holdFinderOf } from "./hold-codes.ts";
import { type MoveGates, moveGatesOf } from "./move-gates.ts";
import { type OutcomeTable, outcomeTables } from "./outcome-counts.ts";

/**
 * The beliefs that a situation's policies can reach, counted and never listed. A belief is the state of each step: how
 * often it gave each outcome. The beliefs of one layer have the same number of steps taken, and their place within it
 * is their rank in alphabetical order of the states. Its place is all that is known of a belief; its weights are
 * multiplied anew whenever it is visited. So a belief costs no memory but what a sweep remembers of it.
 */
export interface Layers {
  readonly canonical: CanonicalSituation;
  readonly tables: readonly OutcomeTable[];
  /** The number of steps taken in the last layer: the horizon, or less where that would be too many beliefs. */
  readonly depth: number;
  readonly nodeCount: number;
  /** The first belief of layer u; the entry after the last layer is `nodeCount`. */
  readonly layerStart: readonly number[];
  /** How many ways steps t, t + 1, … can share exactly `left` uses: `ways[t][left]`. */
  readonly ways: readonly (readonly number[])[];
  /** How many of these give step t an earlier state: `before[t][left][state]`. */
  readonly before: readonly (readonly Float64Array[])[];
  readonly finder: HoldFinder;
  readonly gates: MoveGates;
  /** What the evidence forbids at each belief, found once: one of `holdCode`. */
  readonly holds: Uint8Array;
}

/** The belief being visited. One object is used for all of them. */
export interface VisitedNode {
  /** The place of the belief among all of them. */
  id: number;
  /** The number of steps taken. */
  uses: number;
  /** The state of each step. */
  readonly states: Int32Array;
  /** The weight of each context. */
  weights: Float64Array;
  /** The place of the belief after step s is moved on to another state. */
  readonly childOf: (s: number, nextState: number) => number;
}

/**
 * Counts the beliefs of a situation, layer by layer.
 *
 * @param depth - the most steps taken in them
 *
 * Cost: steps × states × depth, and a byte for each belief.
 */
export function layersOf(situation: Situation, depth: number): Layers {
  const canonical = toCanonical(situation);
  const tables = outcomeTables(canonical.steps, depth);
  const ways: number[][] = [...tables, null].map(() => new Array<number>(depth + 1).fill(0));
  const before: Float64Array[][] = tables.map(() => []);
  const last = ways[tables.length];
  if (last !== undefined) last[0] = 1;
  for (let t = tables.length - 1; t >= 0; t -= 1) {
    const table = tables[t] as OutcomeTable; // t < tables.length
    for (let left = 0; left <= depth; left += 1) {
      const places = new Float64Array(table.stateCount);
      let count = 0;
      for (let state = 0; state < table.stateCount; state += 1) {
        places[state] = count;
        const uses = table.usesOf[state] ?? 0;
        if (uses <= left) count += ways[t + 1]?.[left - uses] ?? 0;
      }
      before[t]?.push(places);
      const row = ways[t];
      if (row !== undefined) row[left] = count;
    }
  }
  const layerStart = [0];
  for (let uses = 0; uses <= depth; uses += 1) layerStart.push((layerStart[uses] ?? 0) + (ways[0]?.[uses] ?? 0));
  const nodeCount = layerStart[depth + 1] ?? 0;
  invariant(nodeCount < 2 ** 31, "the number of beliefs was checked before they are counted out");
  return {
    canonical,
    tables,
    depth,
    nodeCount,
    layerStart,
    ways,
    before,
    gates: moveGatesOf(canonical, tables),
    finder: holdFinderOf(evidenceRules(canonical, tables)),
    holds: new Uint8Array(nodeCount),
  };
}

/**
 * Visits every belief of a layer that some context can explain, in the order of their places.
 *
 * Cost: beliefs × contexts, and little more: neighbours share the products of their first steps.
 */
export function visitLayer(layers: Layers, uses: number, visit: (node: VisitedNode) => void): void {
  const { canonical, tables, ways, before, layerStart } = layers;
  if ((ways[0]?.[uses] ?? 0) === 0) return; // without steps there is one belief
  const stepCount = tables.length;
  const contextCount = canonical.prior.length;
  const products = tables.map(() => new Float64Array(contextCount));
  const left = new Int32Array(stepCount + 1);
  const ownBefore = new Float64Array(stepCount + 1);
  const childBefore = new Float64Array(stepCount + 1);
  const start = layerStart[uses] ?? 0;
  const childStart = layerStart[uses + 1] ?? 0;
  let rank = 0;
  const node: VisitedNode = {
    id: start,
    uses,
    states: new Int32Array(stepCount),
    weights: canonical.prior,
    childOf: (s, nextState) =>
      childStart +
      (childBefore[s] ?? 0) +
      (before[s]?.[(left[s] ?? 0) + 1]?.[nextState] ?? 0) +
      (rank - (ownBefore[s + 1] ?? 0)),
  };
  const descend = (t: number, weights: Float64Array): void => {
    if (t === stepCount) {
      rank = ownBefore[t] ?? 0;
      node.id = start + rank;
      node.weights = weights;
      visit(node);
      return;
    }
    const table = tables[t] as OutcomeTable; // t < stepCount
    const here = left[t] ?? 0;
    const after = ways[t + 1] ?? [];
    for (let state = 0; state < table.stateCount; state += 1) {
      const taken = table.usesOf[state] ?? 0;
      if (taken > here) break; // states come in the order of their uses
      if ((after[here - taken] ?? 0) === 0) continue;
      node.states[t] = state;
      left[t + 1] = here - taken;
      ownBefore[t + 1] = (ownBefore[t] ?? 0) + (before[t]?.[here]?.[state] ?? 0);
      childBefore[t + 1] = (childBefore[t] ?? 0) + (before[t]?.[here + 1]?.[state] ?? 0);
      if (state === 0) descend(t + 1, weights);
      else if (multiply(weights, table, state, products[t] as Float64Array))
        descend(t + 1, products[t] as Float64Array);
    }
  };
  left[0] = uses;
  descend(0, canonical.prior);
}

/** Multiplies by the factors of a state. `false` where no context is left. */
function multiply(weights: Float64Array, table: OutcomeTable, state: number, into: Float64Array): boolean {
  const contextCount = weights.length;
  const base = state * contextCount;
  let isPossible = false;
  for (let c = 0; c < contextCount; c += 1) {
    const product = (weights[c] ?? 0) * (table.factor[base + c] ?? 0);
    into[c] = product;
    if (product > 0) isPossible = true;
  }
  return isPossible;
}

/** The weights of a belief given by its states, multiplied in the same order as on a visit. */
export function weightsAt({ canonical, tables }: Layers, states: ArrayLike<number>, into: Float64Array): void {
  into.set(canonical.prior);
  tables.forEach((table, t) => {
    const state = states[t] ?? 0;
    if (state !== 0) multiply(into, table, state, into);
  });
}

/** The place of a belief among all of them. */
export function placeOf({ tables, before, layerStart }: Layers, states: ArrayLike<number>): number {
  const uses = tables.reduce((sum, table, t) => sum + (table.usesOf[states[t] ?? 0] ?? 0), 0);
  let left = uses;
  let place = layerStart[uses] ?? 0;
  tables.forEach((table, t) => {
    const state = states[t] ?? 0;
    place += before[t]?.[left]?.[state] ?? 0;
    left -= table.usesOf[state] ?? 0;
  });
  return place;
}

/** What the evidence forbids at a belief, looked up or found. */
export function holdCodeAt(layers: Layers, id: number, states: ArrayLike<number>, weights: Float64Array): number {
  const known = layers.holds[id] ?? holdCode.notYetKnown;
  if (known !== holdCode.notYetKnown) return known;
  const code = findHoldCode(layers.finder, states, weights);
  layers.holds[id] = code;
  return code;
}

/** What the evidence forbids now; `null` when nothing. */
export function holdAtRoot({ finder, canonical }: Layers): Hold | null {
  return holdAt(finder.rules, { stateOf: () => 0, weights: canonical.prior });
}
