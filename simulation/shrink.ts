import type { Deviation } from "./choice-tape.ts";

/** Shrinks a failure one question at a time: yields what might fail too, and is told whether it does. */
type Shrinking = Generator<readonly Deviation[], readonly Deviation[], boolean>;

/**
 * The fewest deviations that still break something: drops them one by one and in halves, then makes what is left
 * earlier and plainer (delta debugging, Zeller and Hildebrandt 2002, on a tape whose blank is "nothing goes wrong").
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

/** Shrinks a failure of schedules that run at once. */
export function shrinkTape(
  failing: readonly Deviation[],
  fails: (deviations: readonly Deviation[]) => boolean,
): readonly Deviation[] {
  const search = shrinking(failing);
  let next = search.next();
  while (next.done !== true) next = search.next(fails(next.value));
  return next.value;
}

/** As many candidates as a minute has of slow schedules; what is found by then is short enough to read. */
const slowCandidateCountMax = 2_000;

/**
 * Shrinks a failure of schedules that take their time, until it is as small as it gets or has been tried long enough.
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
      // Without these, the later ones meet other choices: they are tried where they stood, and a little to either side.
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
