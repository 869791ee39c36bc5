/*
 * When the waits and questions of a run are over: a leftist heap (Crane 1972), whose copies share all but a path of
 * logarithmic length. A question that is answered early stays in the heap until it reaches the top, where `firstTimer`
 * drops it.
 */

/** A heap by time: the earliest timer is on top. `rank` is the length of the rightmost path. */
export interface Timers {
  readonly atMs: number;
  readonly index: number;
  readonly rank: number;
  readonly left: Timers | null;
  readonly right: Timers | null;
}

/** The timers with one more. Cost: O(log n). */
export function withTimer(timers: Timers | null, timer: { readonly atMs: number; readonly index: number }): Timers {
  return merge({ ...timer, rank: 1, left: null, right: null }, timers);
}

/**
 * The heap without the timers before the first that is still awaited, or `null`. Cost: O(log n) for each one dropped.
 */
export function firstTimer(timers: Timers | null, isAwaited: (index: number) => boolean): Timers | null {
  let first = timers;
  while (first !== null && !isAwaited(first.index)) first = first.left === null ? null : merge(first.left, first.right);
  return first;
}

function merge(left: Timers, right: Timers | null): Timers {
  if (right === null) return left;
  const [first, second] = isBefore(left, right) ? [left, right] : [right, left];
  const below = merge(second, first.right);
  const other = first.left;
  // The shorter path stays on the right, because that is the one `merge` walks.
  if (other !== null && other.rank >= below.rank) return { ...first, right: below, rank: below.rank + 1 };
  return { ...first, left: below, right: other, rank: (other?.rank ?? 0) + 1 };
}

/** By time, then by index, so that the order of two timers with one time does not depend on when they were added. */
function isBefore(left: Timers, right: Timers): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.index < right.index);
}
