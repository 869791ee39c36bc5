/** Windows for tests: a healthy second, with what a test cares about changed. */
import { BREAKER_AT_REST } from "./constants.ts";
import { type ActionRecord, EPISODE_FORMAT, type Episode } from "./episode.ts";
import { type AnswerReason, LATENCY_BOUNDS_MS, latencyBucketIndex, type Window } from "./window.ts";

/** What a test says of a window. */
export interface WindowSketch {
  readonly answeredCount?: number;
  readonly goodCount?: number;
  readonly duplicateRowCount?: number;
  readonly billingErrorCount?: number;
  readonly generatorLagMsMax?: number;
  /** All 200 answers took this long. */
  readonly latencyMs?: number;
  readonly reasons?: Partial<Record<AnswerReason, number>>;
}

/** A healthy window of one second but for the sketch. */
function makeWindow(index: number, sketch: WindowSketch = {}): Window {
  const answeredCount = sketch.answeredCount ?? 30;
  const latencyCounts: number[] = [...LATENCY_BOUNDS_MS.map(() => 0), 0];
  latencyCounts[latencyBucketIndex(sketch.latencyMs ?? 140)] = answeredCount;
  return {
    index,
    startMs: index * 1_000,
    endMs: (index + 1) * 1_000,
    machine: { generatorLagMsMax: sketch.generatorLagMsMax ?? 1, loadAverage: 0 },
    client: {
      offeredCount: answeredCount,
      attemptCount: answeredCount,
      answeredCount,
      goodCount: sketch.goodCount ?? answeredCount,
      reasonCounts: {
        ok: answeredCount,
        full: 0,
        breaker: 0,
        limited: 0,
        timeout: 0,
        too_many_clients: 0,
        unreachable: 0,
        error: 0,
        ...sketch.reasons,
      },
      latencyCounts,
    },
    fleet: {
      workerCountTarget: 3,
      workerCountReady: 3,
      queueCountMean: 0,
      busySlotCountMean: 4,
      workers: [{ id: "app-1", answerCount: 10, latencyMsSum: 1_400 }],
    },
    breaker: { openShare: 0, openedCount: 0, settings: BREAKER_AT_REST, settingsChangedAtMs: -1_000_000 },
    database: {
      lockWaiterCountMean: 0,
      blockerCountMean: { app: 0, "nightly-report": 0, billing: 0 },
      connectionCount: { app: 6, "nightly-report": 0, billing: 0 },
      refusedConnectionCount: 0,
      readCount: 20,
      readMsSum: 140,
      writeCount: 10,
      writeMsSum: 80,
    },
    billing: { requestCount: 5, errorCount: sketch.billingErrorCount ?? 0 },
    duplicateRowCount: sketch.duplicateRowCount ?? 0,
    release: { version: "v1", deployedAtMs: -1_000_000, isRolling: false, isFlagOn: true },
    throttlePerSecond: 0,
    nightly: { isPaused: false, sessionCount: 0 },
  };
}

/** Windows one after another. */
export function makeWindows(count: number, sketch: (index: number) => WindowSketch = () => ({})): Window[] {
  return Array.from({ length: count }, (_, index) => makeWindow(index, sketch(index)));
}

/** An action that took a second, starting at `startedAtMs`. */
export function makeAction(startedAtMs: number, change: Partial<ActionRecord> = {}): ActionRecord {
  return {
    action: { kind: "scale", workerCount: 6 },
    startedAtMs,
    endedAtMs: startedAtMs + 1_000,
    outcome: "done",
    detail: "",
    restartedCount: 0,
    restartedDefectiveCount: 0,
    terminatedCounts: { app: 0, "nightly-report": 0, billing: 0 },
    ...change,
  };
}

/** An episode with the fault at 6 s and the alert at 10 s. */
export function makeEpisode(windows: readonly Window[], change: Partial<Episode> = {}): Episode {
  return {
    format: EPISODE_FORMAT,
    tier: "twin",
    fault: "LOAD",
    seed: 1,
    policy: "test",
    decision: { response: "wait", probes: [], belief: {} },
    faultAtMs: 6_000,
    alert: { firedAtMs: 10_000, cause: { kind: "good_share", goodShare: 0.5, p95Ms: 700 } },
    actions: [],
    windows,
    ...change,
  };
}
