import { LOAD } from "./constants.ts";
import { type FaultName, mechanismsOf } from "./faults.ts";
import { createRandom, drawExponential, type Random } from "./random.ts";

/** One request that is due, whatever became of those before it (open loop). */
export interface Arrival {
  readonly atMs: number;
  readonly operation: "read" | "write";
}

/** A stretch of constant rate, from `fromMs` until the next. */
export interface RateStep {
  readonly fromMs: number;
  readonly perSecond: number;
}

/** The offered rate of a fault over time. */
export function rateStepsOf(
  fault: FaultName,
  seed: number,
  times: { readonly basePerSecond: number; readonly faultAtMs: number },
): RateStep[] {
  const steps: RateStep[] = [{ fromMs: 0, perSecond: times.basePerSecond }];
  for (const mechanism of mechanismsOf(fault, seed)) {
    if (mechanism.kind !== "load") continue;
    steps.push({ fromMs: times.faultAtMs, perSecond: mechanism.perSecond });
    if (mechanism.forMs !== "for_ever")
      steps.push({ fromMs: times.faultAtMs + mechanism.forMs, perSecond: times.basePerSecond });
  }
  return steps;
}

/** A source of arrivals whose rate may change while it runs. */
export interface ArrivalSource {
  /** The next arrival after the one before, at the rate in force when that one was due. */
  readonly next: () => Arrival;
  readonly setRate: (perSecond: number, atMs: number) => void;
}

/**
 * Seeded Poisson arrivals, 30 % of them writes.
 *
 * A change of rate re-draws from the moment of the change, which is exact since a Poisson process has no memory.
 */
export function createArrivalSource(seed: number, perSecond: number): ArrivalSource {
  const gaps: Random = createRandom(seed, "arrival-gaps");
  const kinds: Random = createRandom(seed, "arrival-kinds");
  let rate = perSecond;
  let clockMs = 0;
  return {
    next: () => {
      clockMs += drawExponential(gaps, 1_000 / rate);
      return { atMs: clockMs, operation: kinds() < LOAD.writeShare ? "write" : "read" };
    },
    setRate: (nextPerSecond, atMs) => {
      rate = nextPerSecond;
      clockMs = atMs;
    },
  };
}
