import { BREAKER_AT_REST, type BreakerSettings, DATABASE, LOAD, WORKER } from "./constants.ts";
import { type AnswerReason, latencyQuantileMs, ROLES, type Role, type Version, type Window } from "./window.ts";

/** How many of the last windows a probe summarises. */
const PROBE_WINDOW_COUNT = 5;
/** A reading older than this is stale: the recorder has stopped. */
const PROBE_STALE_AFTER_MS = 4_000;

/** Raw output of each probe, by its name. Shares are in [0, 1]; a share of nothing is 0. */
export interface ProbeOutputs {
  readonly traffic: {
    readonly offeredPerSecond: number;
    readonly usualPerSecond: number;
    readonly attemptsPerRequest: number;
  };
  readonly latency: { readonly goodShare: number; readonly p50Ms: number; readonly p95Ms: number };
  readonly errors: { readonly errorShare: number; readonly shares: Readonly<Record<AnswerReason, number>> };
  readonly saturation: {
    readonly queueCountMean: number;
    readonly busyShare: number;
    readonly workerCountReady: number;
    readonly workerCountTarget: number;
  };
  readonly locks: { readonly waiterCountMean: number; readonly blockerCountMean: Readonly<Record<Role, number>> };
  readonly connections: {
    readonly connectionCount: Readonly<Record<Role, number>>;
    readonly connectionCountMax: number;
    readonly refusedPerSecond: number;
  };
  readonly deploy: {
    readonly version: Version;
    readonly ageSeconds: number;
    readonly isRolling: boolean;
    readonly isFlagOn: boolean;
  };
  readonly breaker: {
    readonly openShare: number;
    readonly openedCount: number;
    readonly settings: BreakerSettings;
    readonly usualSettings: BreakerSettings;
    readonly settingsAgeSeconds: number;
  };
  readonly nightly: { readonly isPaused: boolean; readonly sessionCount: number };
  readonly integrity: { readonly duplicateRowCount: number; readonly duplicateRowsPerSecond: number };
  readonly billing: { readonly errorShare: number; readonly requestsPerSecond: number };
  /** Mean latency of each worker as the proxy sees it, and the slowest over the median of the others. */
  readonly workers: {
    readonly latencyMs: readonly { readonly id: string; readonly latencyMs: number }[];
    readonly slowestRatio: number;
  };
  readonly sql: { readonly readMsMean: number; readonly writeMsMean: number };
}

/** Name of a probe. */
export type ProbeName = keyof ProbeOutputs;

/** One line on each probe; the list of probes is its keys. */
export const PROBE_SUMMARIES: Readonly<Record<ProbeName, string>> = {
  traffic: "requests due per second against the usual rate, and attempts per request",
  latency: "share of good answers, p50 and p95 of 200 answers",
  errors: "share of answers that are no 200, and the share of each reason",
  saturation: "mean queue, share of busy slots, workers",
  locks: "sessions waiting for a lock, and sessions blocking another, by role",
  connections: "database connections by role, the cap, and refusals",
  deploy: "running version, its age, feature flag",
  breaker: "share of time open, settings, usual settings and when they changed",
  nightly: "sessions of the nightly report, and whether it is paused",
  integrity: "rows applied more than once, and how fast they grow",
  billing: "error share of the second tenant",
  workers: "latency of each worker as the proxy sees it",
  sql: "mean time of a read and of a write",
};

/** Names of all probes. */
// Object.keys loses the key type; the record is declared over exactly ProbeName.
export const PROBE_NAMES = Object.keys(PROBE_SUMMARIES) as readonly ProbeName[];

/** A probe's answer, with its age: a reader must look at `isStale` before the output. */
export interface ProbeReading<N extends ProbeName = ProbeName> {
  readonly probe: N;
  /** End of the newest window used, on the lab's clock. */
  readonly asOfMs: number;
  readonly ageMs: number;
  readonly isStale: boolean;
  readonly windowCount: number;
  readonly output: ProbeOutputs[N];
}

/**
 * Reads a probe off recorded windows; never waits for a new one.
 *
 * @param windows - recorded windows, oldest first; those in which the generator lagged may be left in
 * @param nowMs - the lab's clock
 * @returns undefined when nothing has been recorded yet
 */
export function readProbe<N extends ProbeName>(
  probe: N,
  windows: readonly Window[],
  nowMs: number,
): ProbeReading<N> | undefined {
  const recent = windows.slice(-PROBE_WINDOW_COUNT);
  const last = recent.at(-1);
  if (last === undefined) return undefined;
  const ageMs = Math.max(0, nowMs - last.endMs);
  const output = READERS[probe](recent, last, nowMs);
  return {
    probe,
    asOfMs: last.endMs,
    ageMs,
    isStale: ageMs > PROBE_STALE_AFTER_MS,
    windowCount: recent.length,
    output,
  };
}

type Reader<N extends ProbeName> = (recent: readonly Window[], last: Window, nowMs: number) => ProbeOutputs[N];

function sumOf(recent: readonly Window[], pick: (window: Window) => number): number {
  return recent.reduce((sum, window) => sum + pick(window), 0);
}

function meanOf(recent: readonly Window[], pick: (window: Window) => number): number {
  return recent.length === 0 ? 0 : sumOf(recent, pick) / recent.length;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function secondsOf(recent: readonly Window[]): number {
  return sumOf(recent, (window) => window.endMs - window.startMs) / 1_000;
}

function byRole(read: (role: Role) => number): Record<Role, number> {
  // Every role is a key, by construction over ROLES.
  return Object.fromEntries(ROLES.map((role) => [role, read(role)])) as Record<Role, number>;
}

function readWorkers(recent: readonly Window[]): ProbeOutputs["workers"] {
  const sums = new Map<string, { answerCount: number; latencyMsSum: number }>();
  for (const worker of recent.flatMap((window) => window.fleet.workers)) {
    const sum = sums.get(worker.id) ?? { answerCount: 0, latencyMsSum: 0 };
    sums.set(worker.id, {
      answerCount: sum.answerCount + worker.answerCount,
      latencyMsSum: sum.latencyMsSum + worker.latencyMsSum,
    });
  }
  const latencyMs = [...sums]
    .filter(([, sum]) => sum.answerCount > 0)
    .map(([id, sum]) => ({ id, latencyMs: sum.latencyMsSum / sum.answerCount }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  const sorted = latencyMs.map((entry) => entry.latencyMs).sort((left, right) => left - right);
  const slowest = sorted.pop();
  const median = sorted[Math.floor(sorted.length / 2)];
  return { latencyMs, slowestRatio: slowest === undefined || median === undefined ? 1 : ratio(slowest, median) };
}

const READERS: { readonly [N in ProbeName]: Reader<N> } = {
  traffic: (recent) => ({
    offeredPerSecond: ratio(
      sumOf(recent, (window) => window.client.offeredCount),
      secondsOf(recent),
    ),
    usualPerSecond: LOAD.basePerSecond,
    attemptsPerRequest: ratio(
      sumOf(recent, (window) => window.client.attemptCount),
      sumOf(recent, (window) => window.client.offeredCount),
    ),
  }),
  latency: (recent) => {
    const first = recent[0]?.client.latencyCounts ?? [];
    const counts = first.map((_, index) => sumOf(recent, (window) => window.client.latencyCounts[index] ?? 0));
    const goodShare = ratio(
      sumOf(recent, (window) => window.client.goodCount),
      sumOf(recent, (window) => window.client.answeredCount),
    );
    return { goodShare, p50Ms: latencyQuantileMs(counts, 0.5), p95Ms: latencyQuantileMs(counts, 0.95) };
  },
  errors: (recent, last) => {
    const answeredCount = sumOf(recent, (window) => window.client.answeredCount);
    // Same keys as the record it is made from.
    const shares = Object.fromEntries(
      Object.keys(last.client.reasonCounts).map((reason) => [
        reason,
        ratio(
          sumOf(recent, (window) => window.client.reasonCounts[reason as AnswerReason]),
          answeredCount,
        ),
      ]),
    ) as Record<AnswerReason, number>;
    return { errorShare: answeredCount === 0 ? 0 : 1 - shares.ok, shares };
  },
  saturation: (recent, last) => ({
    queueCountMean: meanOf(recent, (window) => window.fleet.queueCountMean),
    busyShare: ratio(
      sumOf(recent, (window) => window.fleet.busySlotCountMean),
      sumOf(recent, (window) => window.fleet.workerCountReady * WORKER.slotCount),
    ),
    workerCountReady: last.fleet.workerCountReady,
    workerCountTarget: last.fleet.workerCountTarget,
  }),
  locks: (recent) => ({
    waiterCountMean: meanOf(recent, (window) => window.database.lockWaiterCountMean),
    blockerCountMean: byRole((role) => meanOf(recent, (window) => window.database.blockerCountMean[role])),
  }),
  connections: (recent, last) => ({
    connectionCount: last.database.connectionCount,
    connectionCountMax: DATABASE.connectionCountMax,
    refusedPerSecond: ratio(
      sumOf(recent, (window) => window.database.refusedConnectionCount),
      secondsOf(recent),
    ),
  }),
  deploy: (_recent, last, nowMs) => ({
    version: last.release.version,
    ageSeconds: Math.round((nowMs - last.release.deployedAtMs) / 1_000),
    isRolling: last.release.isRolling,
    isFlagOn: last.release.isFlagOn,
  }),
  breaker: (recent, last, nowMs) => ({
    openShare: meanOf(recent, (window) => window.breaker.openShare),
    openedCount: sumOf(recent, (window) => window.breaker.openedCount),
    settings: last.breaker.settings,
    usualSettings: BREAKER_AT_REST,
    settingsAgeSeconds: Math.round((nowMs - last.breaker.settingsChangedAtMs) / 1_000),
  }),
  nightly: (_recent, last) => last.nightly,
  integrity: (recent, last) => {
    const first = recent[0];
    const growth = last.duplicateRowCount - (first?.duplicateRowCount ?? last.duplicateRowCount);
    return {
      duplicateRowCount: last.duplicateRowCount,
      duplicateRowsPerSecond: ratio(growth, secondsOf(recent.slice(1))),
    };
  },
  billing: (recent) => ({
    errorShare: ratio(
      sumOf(recent, (window) => window.billing.errorCount),
      sumOf(recent, (window) => window.billing.requestCount),
    ),
    requestsPerSecond: ratio(
      sumOf(recent, (window) => window.billing.requestCount),
      secondsOf(recent),
    ),
  }),
  workers: readWorkers,
  sql: (recent) => ({
    readMsMean: ratio(
      sumOf(recent, (window) => window.database.readMsSum),
      sumOf(recent, (window) => window.database.readCount),
    ),
    writeMsMean: ratio(
      sumOf(recent, (window) => window.database.writeMsSum),
      sumOf(recent, (window) => window.database.writeCount),
    ),
  }),
};
