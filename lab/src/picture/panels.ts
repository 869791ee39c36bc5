/** What a picture of an episode shows, panel by panel, from top to bottom. */
import { ALERT_RULE } from "../contract/alert.ts";
import { RESTORED_GOOD_SHARE } from "../contract/constants.ts";
import { latencyQuantileMs, type Window } from "../contract/window.ts";

/** One panel: a number of each window, over time. */
export interface Panel {
  readonly label: string;
  readonly unit: string;
  /** Undefined where the window says nothing (no answers: no latency). */
  readonly read: (window: Window) => number | undefined;
  /** The axis reaches at least this far up; it grows with the values. */
  readonly axisMaxLeast: number;
  /** A level worth a line, with its name. */
  readonly level: { readonly value: number; readonly name: string } | undefined;
}

/** The five panels. */
export const PANELS: readonly Panel[] = [
  {
    label: "good answers",
    unit: "share",
    axisMaxLeast: 1,
    level: { value: RESTORED_GOOD_SHARE, name: "restored" },
    read: ({ client }) => (client.answeredCount === 0 ? undefined : client.goodCount / client.answeredCount),
  },
  {
    label: "p95 latency",
    unit: "ms",
    axisMaxLeast: 600,
    level: { value: ALERT_RULE.p95MsMax, name: "alert" },
    read: ({ client }) => (client.reasonCounts.ok === 0 ? undefined : latencyQuantileMs(client.latencyCounts, 0.95)),
  },
  { label: "queue", unit: "requests", axisMaxLeast: 10, level: undefined, read: ({ fleet }) => fleet.queueCountMean },
  {
    label: "waiting for a lock",
    unit: "sessions",
    axisMaxLeast: 5,
    level: undefined,
    read: ({ database }) => database.lockWaiterCountMean,
  },
  {
    label: "rows corrupted",
    unit: "total",
    axisMaxLeast: 20,
    level: undefined,
    read: (window) => window.duplicateRowCount,
  },
];

/** The least of 1, 2, 5 × 10ⁿ that is not below the value: where an axis may end. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}
