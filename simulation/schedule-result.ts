import { type Deviation, formatTape } from "./choice-tape.ts";

/** The result of one schedule. */
export interface ScheduleResult {
  readonly violations: readonly string[];
  readonly deviations: readonly Deviation[];
  readonly counts: readonly number[];
  readonly stepCount: number;
  readonly eventCount: number;
  readonly outcomes: readonly string[];
  readonly transitions: ReadonlyMap<string, number>;
}

/** The line that replays a failure. */
export function replayLine(deviations: readonly Deviation[], options = ""): string {
  return `npm run simulate -- ${options}--tape ${formatTape(deviations) || "''"}`;
}
