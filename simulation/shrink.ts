import type { Deviation } from "./choice-tape.ts";

/** Shrinks a failure step by step: yields a smaller candidate, and is told whether that fails too. */
type Shrinking = Generator<readonly Deviation[], readonly Deviation[], boolean>;

/**
 * Looks for the fewest deviations that still fail: drops them in halves and one by one, then moves the rest to earlier
 * choices (delta debugging, Zeller and Hildebrandt 2002, on a tape whose blank means "nothing goes wrong").
 */
function* shrinking(failing: readonly Deviation[]): Shrinking {
  let best = failing;
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const candidate of candidatesOf(best)) {
      const isFailing = yield candidate;
      if (!isFailing) continue;
      best = candidate;
      isBetter = true;
      break;
    }
  }
  return best;
}

/** Shrinks a failure of a schedule that runs synchronously. */
export function shrinkTape(
  failing: readonly Deviation[],
  fails: (deviations: readonly Deviation[]) => boolean,
): readonly Deviation[] {
  const search = shrinking(failing);
  let next = search.next();
  while (next.done !== true) next = search.next(fails(next.value));
  return next.value;
}

/** About a minute of slow schedules. The result is short enough to read by then. */
const slowCandidateCountMax = 2_000;

/**
 * Shrinks a failure of a schedule that runs asynchronously, until it gets no smaller or enough candidates have been
 * tried.
 */
export async function shrinkSlowly(
  failing: readonly Deviation[],
  fails: (deviations: readonly Deviation[]) => Promise<boolean>,
): Promise<readonly Deviation[]> {
  const search = shrinking(failing);
  let best = failing;
  let next = search.next();
  for (let count = 0; next.done !== true && count < slowCandidateCountMax; count += 1) {
    const isFailing = await fails(next.value);
    if (isFailing) best = next.value;
    next = search.next(isFailing);
  }
  return best;
}

function* candidatesOf(deviations: readonly Deviation[]): Generator<readonly Deviation[]> {
  for (let size = Math.floor(deviations.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < deviations.length; start += size) {
      // Without the dropped ones, the later deviations fall on other choices: try them where they were and a little to
      // either side.
      for (const by of [0, -1, -2, -3, -4, -6, 1, 2]) {
        const shorter = [...deviations.slice(0, start), ...moveBy(deviations.slice(start + size), by)];
        if (isAscending(shorter)) yield shorter;
      }
    }
  }
  for (let index = 0; index < deviations.length; index += 1) {
    for (const by of [-1, -2, -4]) {
      const earlier = [...deviations.slice(0, index), ...moveBy(deviations.slice(index), by)];
      if (isAscending(earlier)) yield earlier;
    }
  }
}

function moveBy(deviations: readonly Deviation[], by: number): readonly Deviation[] {
  return by === 0 ? deviations : deviations.map(({ at, answer }) => ({ at: at + by, answer }));
}

function isAscending(deviations: readonly Deviation[]): boolean {
  return deviations.every((deviation, index) => deviation.at > (deviations[index - 1]?.at ?? -1));
}
