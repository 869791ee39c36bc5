import { costOf } from "../kinds/index.ts";
import type { Bounds, PlanStep } from "../plan.ts";

/** The fields of `Bounds` in the order of a cost as a list, which is how the walk over the branches adds costs up. */
const dimensions = [
  "stepCount",
  "writeCount",
  "callCount",
  "outputBytes",
  "costUsd",
  "durationMs",
] as const satisfies readonly (keyof Bounds)[];

/** What one step costs at worst on the way forward, one number for each dimension. */
export function stepCost(step: PlanStep): readonly number[] {
  const cost = costOf(step);
  return dimensions.map((dimension) => cost[dimension]);
}

/** The worst totals, by name. */
export function toBounds(worst: readonly number[]): Bounds {
  const total = (dimension: keyof Bounds): number => worst[dimensions.indexOf(dimension)] ?? 0;
  return {
    stepCount: total("stepCount"),
    writeCount: total("writeCount"),
    callCount: total("callCount"),
    outputBytes: total("outputBytes"),
    costUsd: total("costUsd"),
    durationMs: total("durationMs"),
  };
}
