import { clearPoints, copyPoint, emptyPoints, paretoFront } from "./pareto.ts";
import type { ChainStore, PointStore } from "./pareto.ts";
import { commitTo, doStep } from "./extract-policy.ts";
import type { DecisionGraph } from "./decision-graph.ts";
import type { Policy } from "./policy.ts";
import { actionScore, budgetLeft, scoreOn } from "./slack.ts";
import type { Yardstick } from "./slack.ts";
import { VALUE_TIE } from "./tolerance.ts";

/** Most sums of two points one search may form: some seconds of work. Counted, not timed, so that refusing is reproducible. */
export const COMBINATION_COUNT_MAX = 30_000_000;

/** Most points (or links between them) one search may keep: some hundred megabytes. */
export const POINT_COUNT_MAX = 2_000_000;

/** All points worth keeping at every node, or that there are too many of them. */
export type FrontSearch =
  | { readonly kind: "complete"; readonly fronts: Fronts; readonly combinationCount: number }
  | { readonly kind: "too_large" };

/** Points of each node: `start[n] … end[n]-1` of `points`, by rising risk and value. */
export interface Fronts {
  readonly points: PointStore;
  readonly chains: ChainStore;
  readonly start: Int32Array;
  readonly end: Int32Array;
}

interface Search {
  readonly graph: DecisionGraph;
  readonly yards: readonly Yardstick[];
  /** Per yardstick, what is left of its budget at each node. */
  readonly left: readonly Float64Array[];
  readonly fronts: Fronts;
  combinationCount: number;
}

/**
 * The Pareto front of (value, risk) at every node, over deterministic plans whose slack keeps every yardstick's budget: exact
 * for every plan within the budgets, and nothing else is claimed.
 *
 * Cost: grows with the fronts; refused beyond the two counts above.
 */
export function searchFronts(graph: DecisionGraph, yards: readonly Yardstick[]): FrontSearch {
  const fronts: Fronts = {
    points: emptyPoints(), chains: { point: [], before: [] },
    start: new Int32Array(graph.nodeCount), end: new Int32Array(graph.nodeCount),
  };
  const search: Search = { graph, yards, left: yards.map((yard) => budgetLeft(graph, yard)), fronts, combinationCount: 0 };
  const candidates = emptyPoints();
  for (let node = graph.nodeCount - 1; node >= 0; node--) {
    if (search.left.some((left) => (left[node] ?? 0) < 0)) continue;
    clearPoints(candidates);
    addResponses(search, node, candidates);
    for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action++) {
      if (!addActionPoints(search, node, action, candidates)) return { kind: "too_large" };
    }
    fronts.start[node] = fronts.points.risk.length;
    for (const index of paretoFront(candidates, valueTieAt(graph, node))) copyPoint(candidates, index, fronts.points);
    fronts.end[node] = fronts.points.risk.length;
    if (fronts.points.risk.length > POINT_COUNT_MAX || fronts.chains.point.length > POINT_COUNT_MAX) return { kind: "too_large" };
  }
  return { kind: "complete", fronts, combinationCount: search.combinationCount };
}

function valueTieAt(graph: DecisionGraph, node: number): number {
  return VALUE_TIE * (graph.mass[node] ?? 0) * graph.canonical.valueScale;
}

function addResponses(search: Search, node: number, into: PointStore): void {
  const { graph } = search;
  const { responses } = graph.canonical;
  responses.forEach((response, r) => {
    const value = graph.responseValue[node * responses.length + r] ?? 0;
    const risk = graph.responseRisk[node * responses.length + r] ?? 0;
    for (let y = 0; y < search.yards.length; y++) {
      const yard = search.yards[y] as Yardstick; // y < yards.length
      if ((yard.bestScore[node] ?? 0) - scoreOn(yard, value, risk) > (search.left[y]?.[node] ?? 0)) return;
    }
    into.value.push(value);
    into.risk.push(risk);
    into.steps.push(0);
    into.move.push(-1 - r);
    into.rank.push(response.rank);
    into.chain.push(-1);
  });
}

/** Sums every choice of one point per outcome, outcome by outcome, dropping what is beaten or over budget on the way. */
function addActionPoints(search: Search, node: number, action: number, into: PointStore): boolean {
  const { graph, fronts } = search;
  const floors = scoreFloors(search, node, action);
  if (floors === null) return true;
  const step = graph.canonical.steps[graph.actionStep[action] ?? 0];
  let partial = emptyPoints();
  partial.value.push(graph.actionValue[action] ?? 0);
  partial.risk.push(graph.actionRisk[action] ?? 0);
  partial.steps.push(graph.mass[node] ?? 0);
  partial.move.push(action);
  partial.rank.push(graph.canonical.responses.length + (step?.rank ?? 0));
  partial.chain.push(-1);
  for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge++) {
    const child = graph.edgeChild[edge] ?? 0;
    if (child < 0) continue;
    for (let y = 0; y < floors.length; y++) floors[y] = (floors[y] ?? 0) + (search.yards[y]?.bestScore[child] ?? 0);
    const childCount = (fronts.end[child] ?? 0) - (fronts.start[child] ?? 0);
    search.combinationCount += partial.risk.length * childCount;
    if (search.combinationCount > COMBINATION_COUNT_MAX) return false;
    partial = withChild(search, partial, child, floors, valueTieAt(graph, node));
  }
  for (let index = 0; index < partial.risk.length; index++) copyPoint(partial, index, into);
  return true;
}

/** The least score a partial sum may have on each yardstick, children not yet added counted as 0; null if the action is out of budget. */
function scoreFloors(search: Search, node: number, action: number): number[] | null {
  const { graph, yards, left } = search;
  const floors: number[] = [];
  for (let y = 0; y < yards.length; y++) {
    const yard = yards[y] as Yardstick; // y < yards.length
    const leftHere = left[y]?.[node] ?? 0;
    const slack = Math.max(0, (yard.bestScore[node] ?? 0) - actionScore(graph, yard, action));
    if (slack > leftHere) return null;
    floors.push(scoreOn(yard, graph.actionValue[action] ?? 0, graph.actionRisk[action] ?? 0) - (leftHere - slack));
  }
  return floors;
}

function withChild(search: Search, partial: PointStore, child: number, floors: readonly number[], valueTie: number): PointStore {
  const { points, chains, start, end } = search.fronts;
  const from = start[child] ?? 0;
  const to = end[child] ?? 0;
  const sums = emptyPoints();
  const origin: number[] = [];
  for (let i = 0; i < partial.risk.length; i++) {
    const value = partial.value[i] ?? 0;
    const risk = partial.risk[i] ?? 0;
    for (let j = from; j < to; j++) {
      const sumValue = value + (points.value[j] ?? 0);
      const sumRisk = risk + (points.risk[j] ?? 0);
      if (!isWithin(search.yards, floors, sumValue, sumRisk)) continue;
      sums.value.push(sumValue);
      sums.risk.push(sumRisk);
      sums.steps.push((partial.steps[i] ?? 0) + (points.steps[j] ?? 0));
      sums.rank.push(0);
      origin.push(i, j);
    }
  }
  const next = emptyPoints();
  for (const index of paretoFront(sums, valueTie)) {
    const i = origin[2 * index] ?? 0;
    next.value.push(sums.value[index] ?? 0);
    next.risk.push(sums.risk[index] ?? 0);
    next.steps.push(sums.steps[index] ?? 0);
    next.move.push(partial.move[i] ?? 0);
    next.rank.push(partial.rank[i] ?? 0);
    chains.point.push(origin[2 * index + 1] ?? 0);
    chains.before.push(partial.chain[i] ?? -1);
    next.chain.push(chains.point.length - 1);
  }
  return next;
}

function isWithin(yards: readonly Yardstick[], floors: readonly number[], value: number, risk: number): boolean {
  for (let y = 0; y < yards.length; y++) {
    if (scoreOn(yards[y] as Yardstick, value, risk) < (floors[y] ?? 0)) return false; // y < yards.length
  }
  return true;
}

/** The plan a stored point stands for; a point chosen twice is one shared object. */
export function policyOfPoint(graph: DecisionGraph, fronts: Fronts, root: number): Policy {
  const built = new Map<number, Policy>();
  const build = (point: number): Policy => {
    const known = built.get(point);
    if (known !== undefined) return known;
    const move = fronts.points.move[point] ?? 0;
    const policy = move < 0 ? commitTo(graph, -1 - move) : buildStep(point, move);
    built.set(point, policy);
    return policy;
  };
  const buildStep = (point: number, action: number): Policy => {
    const chosen: number[] = [];
    for (let link = fronts.points.chain[point] ?? -1; link >= 0; link = fronts.chains.before[link] ?? -1) chosen.push(fronts.chains.point[link] ?? 0);
    let edgesBefore = 0;
    return doStep(graph, action, () => build(chosen[chosen.length - 1 - edgesBefore++] ?? 0));
  };
  return build(root);
}
