import { type Deviation, replayTape } from "./choice-tape.ts";
import { runSchedule } from "./kernel/run-schedule.ts";

/**
 * The fewest deviations that still break something: drops them one by one and in halves, then makes what is left
 * earlier and plainer (delta debugging, Zeller and Hildebrandt 2002, on a tape whose blank is "nothing goes wrong").
 */
export function shrinkTape(failing: readonly Deviation[]): readonly Deviation[] {
  const fails = (deviations: readonly Deviation[]): boolean =>
    runSchedule(replayTape(deviations)).violations.length > 0;
  let best = failing;
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const candidate of candidatesOf(best)) {
      if (!fails(candidate)) continue;
      best = candidate;
      isBetter = true;
      break;
    }
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
