import type { Timers } from "../words/state.ts";

/*
 * When the waits and questions of a run are over: a leftist heap (Crane 1972), whose copies share all but a logarithmic path. What
 * was answered before its time stays in until it comes to the top, where `firstTimer` passes over it.
 */

/** The timers with one more. Cost: O(log n). */
export function withTimer(timers: Timers | null, timer: { readonly atMs: number; readonly index: number }): Timers {
  return merge({ ...timer, rank: 1, left: null, right: null }, timers);
}

/** The timers from the first one on that is still awaited, or `null`. Cost: O(log n) for each that is passed over, once. */
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
  // The shorter way down is kept on the right: it is the one that is walked.
  if (other !== null && other.rank >= below.rank) return { ...first, right: below, rank: below.rank + 1 };
  return { ...first, left: below, right: other, rank: (other?.rank ?? 0) + 1 };
}

/** By time, then by index: which of two that are over at once comes first does not depend on how they came in. */
function isBefore(left: Timers, right: Timers): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.index < right.index);
}
