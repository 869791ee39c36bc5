import { type Deviation, replayTape } from "./choice-tape.ts";
import { runSchedule } from "./run-schedule.ts";

/**
 * The fewest deviations that still break something: drops them one by one and in halves, then makes what is left earlier and
 * plainer (delta debugging, Zeller and Hildebrandt 2002, on a tape whose blank is "nothing goes wrong").
 */
export function shrinkTape(failing: readonly Deviation[]): readonly Deviation[] {
  const fails = (deviations: readonly Deviation[]): boolean => runSchedule(replayTape(deviations)).violations.length > 0;
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
    for (let start = 0; start < deviations.length; start += size) yield [...deviations.slice(0, start), ...deviations.slice(start + size)];
  }
  // Without one deviation the later ones meet other choices: try them a little earlier.
  for (let index = 0; index < deviations.length; index += 1) {
    for (const by of [1, 2, 4, 8]) {
      const moved = deviations.map((deviation, other) => (other >= index ? { ...deviation, at: deviation.at - by } : deviation));
      if (isAscending(moved)) yield moved;
    }
  }
}

function isAscending(deviations: readonly Deviation[]): boolean {
  return deviations.every((deviation, index) => deviation.at > (deviations[index - 1]?.at ?? -1));
}
