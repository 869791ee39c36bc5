import { riskTieShare } from "../tolerance.ts";

/**
 * Points (value, risk) of partial policies, in parallel growing lists. A stored point never changes. `move` and `chain`
 * say what it stands for: a response, or an action and the points chosen for its outcomes so far.
 */
export interface PointStore {
  readonly value: number[];
  readonly risk: number[];
  readonly steps: number[];
  /** The action, or `-1 - r` for response r. */
  readonly move: number[];
  /** The declared place of the move, which breaks ties among equal points. */
  readonly rank: number[];
  /** The last link of the chain of children chosen, or -1. */
  readonly chain: number[];
}

/** The children chosen for the edges of an action. Each link names a point and the link before it. */
export interface ChainStore {
  readonly point: number[];
  readonly before: number[];
}

/** A store without points. */
export function emptyPoints(): PointStore {
  return { value: [], risk: [], steps: [], move: [], rank: [], chain: [] };
}

/** Copies point `index` of one store to the end of another. */
export function copyPoint(from: PointStore, index: number, to: PointStore): void {
  to.value.push(from.value[index] ?? 0);
  to.risk.push(from.risk[index] ?? 0);
  to.steps.push(from.steps[index] ?? 0);
  to.move.push(from.move[index] ?? 0);
  to.rank.push(from.rank[index] ?? 0);
  to.chain.push(from.chain[index] ?? 0);
}

/** Empties a store, so that it can be used again. */
export function clearPoints(points: PointStore): void {
  for (const list of [points.value, points.risk, points.steps, points.move, points.rank, points.chain]) list.length = 0;
}

/**
 * The indices of the points that no other point beats in both figures, by rising risk and value.
 *
 * Points that are equal up to rounding count as one: the one with fewer steps stays, or else the one declared first.
 * Otherwise every order of the same probes would stay.
 *
 * @param valueTie - the difference in value that counts as rounding
 *
 * Cost: sorting the points.
 */
export function paretoFront(points: PointStore, valueTie: number): readonly number[] {
  const { value, risk } = points;
  const order = risk.map((_, index) => index);
  order.sort(
    (left, right) => (risk[left] ?? 0) - (risk[right] ?? 0) || (value[right] ?? 0) - (value[left] ?? 0) || left - right,
  );
  const front: number[] = [];
  let topValue = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    const last = front[front.length - 1];
    if (last !== undefined && isSamePoint(points, index, last, valueTie)) {
      if (!comesFirst(points, index, last)) continue;
      front[front.length - 1] = index;
    } else if ((value[index] ?? 0) > topValue + valueTie) {
      front.push(index);
      topValue = value[index] ?? 0;
    }
  }
  return front;
}

function isSamePoint(points: PointStore, left: number, right: number, valueTie: number): boolean {
  const leftRisk = points.risk[left] ?? 0;
  const rightRisk = points.risk[right] ?? 0;
  return (
    Math.abs((points.value[left] ?? 0) - (points.value[right] ?? 0)) <= valueTie &&
    Math.abs(leftRisk - rightRisk) <= riskTieShare * Math.max(leftRisk, rightRisk)
  );
}

function comesFirst(points: PointStore, left: number, right: number): boolean {
  const leftSteps = points.steps[left] ?? 0;
  const rightSteps = points.steps[right] ?? 0;
  const tie = riskTieShare * Math.max(leftSteps, rightSteps);
  if (leftSteps < rightSteps - tie) return true;
  if (leftSteps > rightSteps + tie) return false;
  return (points.rank[left] ?? 0) < (points.rank[right] ?? 0);
}
