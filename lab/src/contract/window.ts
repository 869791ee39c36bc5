import { type BreakerSettings, GENERATOR_LAG_MS_MAX } from "./constants.ts";

/** How a request was answered, as its sender saw it. */
export const ANSWER_REASONS = [
  "ok",
  "full",
  "breaker",
  "limited",
  "timeout",
  "too_many_clients",
  "unreachable",
  "error",
] as const;
/** 200; 503 queue full; 503 breaker open; 429; 504; 500 with SQLSTATE 53300; 502; anything else. */
export type AnswerReason = (typeof ANSWER_REASONS)[number];

/** Upper bounds of the latency histogram in ms (the SLO is one of them); one more bucket takes the rest. */
export const LATENCY_BOUNDS_MS = [
  50, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 800, 1_000, 1_500, 2_000,
] as const;

/** Database roles, one for each kind of process. */
export const ROLES = ["app", "nightly-report", "billing"] as const;
/** A database role. */
export type Role = (typeof ROLES)[number];

/** Versions that can run: v0 and v1 behave alike, v2 is the defective one. */
export const VERSIONS = ["v0", "v1", "v2"] as const;
/** A version of the worker. */
export type Version = (typeof VERSIONS)[number];

/**
 * One second of the system: increases of counters over the window, means over the window (integrals of gauges, never an
 * instant), and configuration as it stood at the window's end. Times are ms of the lab's clock, which starts at 0.
 */
export interface Window {
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly machine: { readonly generatorLagMsMax: number; readonly loadAverage: number };
  readonly client: ClientWindow;
  readonly fleet: FleetWindow;
  readonly breaker: BreakerWindow;
  readonly database: DatabaseWindow;
  readonly billing: { readonly requestCount: number; readonly errorCount: number };
  /** Rows applied more than once, a total since the start: the integrity counter. */
  readonly duplicateRowCount: number;
  readonly release: {
    readonly version: Version;
    readonly deployedAtMs: number;
    readonly isRolling: boolean;
    readonly isFlagOn: boolean;
  };
  /** 0 means no limit. */
  readonly throttlePerSecond: number;
  readonly nightly: { readonly isPaused: boolean; readonly sessionCount: number };
}

/** Requests as their senders saw them; `answered` counts by the time of the answer. */
export interface ClientWindow {
  /** Requests due, retries not counted. */
  readonly offeredCount: number;
  /** Attempts sent, retries counted. */
  readonly attemptCount: number;
  /** Requests settled for their sender (last attempt answered or given up). */
  readonly answeredCount: number;
  readonly goodCount: number;
  /** Sums to `answeredCount`. */
  readonly reasonCounts: Readonly<Record<AnswerReason, number>>;
  /** Latency of 200 answers, one count a bucket of LATENCY_BOUNDS_MS plus one. */
  readonly latencyCounts: readonly number[];
}

/** The workers; means are over the window and over the whole fleet. */
export interface FleetWindow {
  readonly workerCountTarget: number;
  readonly workerCountReady: number;
  readonly queueCountMean: number;
  readonly busySlotCountMean: number;
  /** One entry a worker that answered in the window, as the proxy saw it. */
  readonly workers: readonly { readonly id: string; readonly answerCount: number; readonly latencyMsSum: number }[];
}

/** The proxy's breaker. */
export interface BreakerWindow {
  /** Share of the window it spent open or half open. */
  readonly openShare: number;
  readonly openedCount: number;
  readonly settings: BreakerSettings;
  readonly settingsChangedAtMs: number;
}

/** The database. */
export interface DatabaseWindow {
  readonly lockWaiterCountMean: number;
  /** Mean number of sessions of each role that block another session. */
  readonly blockerCountMean: Readonly<Record<Role, number>>;
  readonly connectionCount: Readonly<Record<Role, number>>;
  /** Connections refused with SQLSTATE 53300. */
  readonly refusedConnectionCount: number;
  readonly readCount: number;
  readonly readMsSum: number;
  readonly writeCount: number;
  readonly writeMsSum: number;
}

/** Whether a window measured the system rather than the machine: the load generator sent on time. */
export function isWindowValid(window: Window): boolean {
  return window.machine.generatorLagMsMax <= GENERATOR_LAG_MS_MAX;
}

/** Index of the bucket of LATENCY_BOUNDS_MS a latency falls into: bounds are exclusive above (`< 600`). */
export function latencyBucketIndex(latencyMs: number): number {
  let index = 0;
  for (const bound of LATENCY_BOUNDS_MS) {
    if (latencyMs < bound) return index;
    index++;
  }
  return index;
}

/**
 * Quantile of a latency histogram by linear interpolation within its bucket.
 *
 * @param counts - one count a bucket, as in `ClientWindow.latencyCounts`
 * @param quantile - in [0, 1]
 * @returns ms; 0 when there are no counts; the last bound when it falls into the open bucket
 */
export function latencyQuantileMs(counts: readonly number[], quantile: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const rank = quantile * total;
  let seenCount = 0;
  let lowerMs = 0;
  for (const [index, count] of counts.entries()) {
    const upperMs = LATENCY_BOUNDS_MS[index];
    if (upperMs === undefined) return lowerMs;
    if (count > 0 && seenCount + count >= rank) return lowerMs + ((rank - seenCount) / count) * (upperMs - lowerMs);
    seenCount += count;
    lowerMs = upperMs;
  }
  return lowerMs;
}
