import type { Policy } from "../policy.ts";
import { valueTieShare } from "../tolerance.ts";
import type { DecisionGraph } from "./decision-graph.ts";
import { commitTo, doStep } from "./extract-policy.ts";
import { type ChainStore, clearPoints, copyPoint, emptyPoints, type PointStore, paretoFront } from "./pareto.ts";
import { actionScore, budgetLeft, scoreOn, type Yardstick } from "./slack.ts";

/**
 * The most sums of two points that one search may form: some seconds of work. Counting, unlike a clock, refuses the
 * same each time.
 */
export const combinationCountMaxByDefault = 200_000_000;

/** The most points, or links between points, that one search may keep: some hundred megabytes. */
const pointCountMax = 2_000_000;

/** The points worth keeping at every node, or that there are too many. */
export type FrontSearch =
  | { readonly kind: "complete"; readonly fronts: Fronts; readonly combinationCount: number }
  | { readonly kind: "too_large" };

/** The points of node n are `start[n]` to `end[n] - 1` in `points`, by rising risk and value. */
export interface Fronts {
  readonly points: PointStore;
  readonly chains: ChainStore;
  readonly start: Int32Array;
  readonly end: Int32Array;
}

interface Search {
  readonly graph: DecisionGraph;
  readonly yards: readonly Yardstick[];
  /** What is left at each node of the budget of each yardstick. */
  readonly left: readonly Float64Array[];
  readonly fronts: Fronts;
  readonly combinationCountMax: number;
  combinationCount: number;
}

/**
 * The Pareto front of (value, risk) at every node, over the deterministic policies whose slack stays within the budget
 * of every yardstick. The front is exact for policies within the budgets and says nothing about others.
 *
 * Cost: grows with the fronts. Beyond the counts above the search gives up with `too_large`.
 */
export function searchFronts(
  graph: DecisionGraph,
  yards: readonly Yardstick[],
  combinationCountMax: number = combinationCountMaxByDefault,
): FrontSearch {
  const fronts: Fronts = {
    points: emptyPoints(),
    chains: { point: [], before: [] },
    start: new Int32Array(graph.nodeCount),
    end: new Int32Array(graph.nodeCount),
  };
  const search: Search = {
    graph,
    yards,
    left: yards.map((yard) => budgetLeft(graph, yard)),
    fronts,
    combinationCountMax,
    combinationCount: 0,
  };
  const candidates = emptyPoints();
  for (let node = graph.nodeCount - 1; node >= 0; node -= 1) {
    if (search.left.some((left) => (left[node] ?? 0) < 0)) continue;
    clearPoints(candidates);
    addResponses(search, node, candidates);
    for (let action = graph.actionStart[node] ?? 0; action < (graph.actionStart[node + 1] ?? 0); action += 1) {
      if (graph.actionOpen[action] === 0) continue;
      if (!addActionPoints(search, node, action, candidates)) return { kind: "too_large" };
    }
    fronts.start[node] = fronts.points.risk.length;
    for (const index of paretoFront(candidates, valueTieAt(graph, node))) copyPoint(candidates, index, fronts.points);
    fronts.end[node] = fronts.points.risk.length;
    if (fronts.points.risk.length > pointCountMax || fronts.chains.point.length > pointCountMax)
      return { kind: "too_large" };
  }
  return { kind: "complete", fronts, combinationCount: search.combinationCount };
}

function valueTieAt(graph: DecisionGraph, node: number): number {
  return valueTieShare * (graph.mass[node] ?? 0) * graph.canonical.valueScale;
}

function addResponses(search: Search, node: number, into: PointStore): void {
  const { graph } = search;
  const { responses } = graph.canonical;
  responses.forEach((response, r) => {
    if (graph.responseOpen[node * responses.length + r] === 0) return;
    const value = graph.responseValue[node * responses.length + r] ?? 0;
    const risk = graph.responseRisk[node * responses.length + r] ?? 0;
    for (let y = 0; y < search.yards.length; y += 1) {
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

/**
 * Adds up every choice of one point for each outcome, one outcome after the other, and drops what is beaten or over
 * budget on the way. Returns `false` when the search has grown too large.
 */
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
  for (let edge = graph.edgeStart[action] ?? 0; edge < (graph.edgeStart[action + 1] ?? 0); edge += 1) {
    const child = graph.edgeChild[edge] ?? 0;
    if (child < 0) continue;
    for (let y = 0; y < floors.length; y += 1) floors[y] = (floors[y] ?? 0) + (search.yards[y]?.bestScore[child] ?? 0);
    const childCount = (fronts.end[child] ?? 0) - (fronts.start[child] ?? 0);
    search.combinationCount += partial.risk.length * childCount;
    if (search.combinationCount > search.combinationCountMax) return false;
    partial = withChild(search, partial, child, floors, valueTieAt(graph, node));
  }
  for (let index = 0; index < partial.risk.length; index += 1) copyPoint(partial, index, into);
  return true;
}

/**
 * The least score a partial sum may have on each yardstick before its children are added; `null` if the action is over
 * budget.
 */
function scoreFloors(search: Search, node: number, action: number): number[] | null {
  const { graph, yards, left } = search;
  const floors: number[] = [];
  for (let y = 0; y < yards.length; y += 1) {
    const yard = yards[y] as Yardstick; // y < yards.length
    const leftHere = left[y]?.[node] ?? 0;
    const slack = Math.max(0, (yard.bestScore[node] ?? 0) - actionScore(graph, yard, action));
    if (slack > leftHere) return null;
    floors.push(scoreOn(yard, graph.actionValue[action] ?? 0, graph.actionRisk[action] ?? 0) - (leftHere - slack));
  }
  return floors;
}

/** Adds every point of a child to every partial sum, and keeps the front of the sums within budget. */
function withChild(
  search: Search,
  partial: PointStore,
  child: number,
  floors: readonly number[],
  valueTie: number,
): PointStore {
  const { points, chains, start, end } = search.fronts;
  const pairs: Pairs = {
    partial,
    points,
    from: start[child] ?? 0,
    to: end[child] ?? 0,
    riskMax: riskCeiling(search.yards, floors),
  };
  const best = bestValueByRisk(search, pairs, floors);
  const sums = emptyPoints();
  const origin: number[] = [];
  forEachPair(search, pairs, floors, (value, risk, i, j) => {
    if (best !== null && value <= best.below(risk)) return;
    sums.value.push(value);
    sums.risk.push(risk);
    sums.steps.push((partial.steps[i] ?? 0) + (points.steps[j] ?? 0));
    sums.rank.push(0);
    origin.push(i, j);
  });
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

/** Two lists whose points are added pair by pair. Both are sorted by rising risk and value. */
interface Pairs {
  readonly partial: PointStore;
  readonly points: PointStore;
  readonly from: number;
  readonly to: number;
  /** A sum of more risk than this is over budget. */
  readonly riskMax: number;
}

type SeePair = (value: number, risk: number, i: number, j: number) => void;

function forEachPair(search: Search, pairs: Pairs, floors: readonly number[], see: SeePair): void {
  const { partial, points, from, to, riskMax } = pairs;
  for (let i = 0; i < partial.risk.length; i += 1) {
    const value = partial.value[i] ?? 0;
    const risk = partial.risk[i] ?? 0;
    for (let j = from; j < to; j += 1) {
      const sumRisk = risk + (points.risk[j] ?? 0);
      if (sumRisk > riskMax) break; // the later points of the child have even more risk
      const sumValue = value + (points.value[j] ?? 0);
      if (isWithin(search.yards, floors, sumValue, sumRisk)) see(sumValue, sumRisk, i, j);
    }
  }
}

/** From this many pairs on it is faster to drop beaten pairs first than to sort them all. */
const pairCountFiltered = 256;

const bucketCount = 1024;

/**
 * A lookup from a risk to the greatest value among pairs of clearly less risk. Most pairs are beaten, and two cheap
 * passes find that out without sorting them all. It only drops pairs that are beaten outright; sorting still finds the
 * front.
 */
function bestValueByRisk(
  search: Search,
  pairs: Pairs,
  floors: readonly number[],
): { below(risk: number): number } | null {
  const { partial, points, from, to } = pairs;
  if (partial.risk.length * (to - from) < pairCountFiltered) return null;
  const least = (partial.risk[0] ?? 0) + (points.risk[from] ?? 0);
  const most = Math.min(pairs.riskMax, (partial.risk[partial.risk.length - 1] ?? 0) + (points.risk[to - 1] ?? 0));
  if (!(most > least)) return null;
  const scale = bucketCount / (most - least);
  const bucketOf = (risk: number): number => Math.min(bucketCount - 1, Math.floor((risk - least) * scale));
  const best = new Float64Array(bucketCount + 1).fill(Number.NEGATIVE_INFINITY);
  forEachPair(search, pairs, floors, (value, risk) => {
    const after = bucketOf(risk) + 1;
    if (value > (best[after] ?? 0)) best[after] = value;
  });
  for (let bucket = 1; bucket <= bucketCount; bucket += 1)
    best[bucket] = Math.max(best[bucket] ?? 0, best[bucket - 1] ?? 0);
  return { below: (risk) => best[bucketOf(risk)] ?? Number.NEGATIVE_INFINITY };
}

/** The most risk that the yardsticks of risk alone leave room for. */
function riskCeiling(yards: readonly Yardstick[], floors: readonly number[]): number {
  let ceiling = Number.POSITIVE_INFINITY;
  yards.forEach((yard, y) => {
    if (yard.valueWeight === 0) ceiling = Math.min(ceiling, -(floors[y] ?? 0) / yard.riskWeight);
  });
  return ceiling;
}

function isWithin(yards: readonly Yardstick[], floors: readonly number[], value: number, risk: number): boolean {
  for (let y = 0; y < yards.length; y += 1) {
    if (scoreOn(yards[y] as Yardstick, value, risk) < (floors[y] ?? 0)) return false; // y < yards.length
  }
  return true;
}

/** The policy that a stored point stands for. A point chosen twice becomes one shared object. */
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
    for (let link = fronts.points.chain[point] ?? -1; link >= 0; link = fronts.chains.before[link] ?? -1)
      chosen.push(fronts.chains.point[link] ?? 0);
    let next = chosen.length;
    return doStep(graph, action, () => {
      next -= 1;
      return build(chosen[next] ?? 0);
    });
  };
  return build(root);
}
