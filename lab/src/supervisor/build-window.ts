import type { BreakerSettings } from "../contract/constants.ts";
import { METRICS } from "../contract/metrics.ts";
import {
  ANSWER_REASONS,
  type AnswerReason,
  LATENCY_BOUNDS_MS,
  ROLES,
  type Role,
  type Version,
  type Window,
} from "../contract/window.ts";
import type { Sample } from "./prometheus-text.ts";

/** Two scrapes of one process; `before` is empty for one that started in between. */
export interface ScrapePair {
  readonly before: readonly Sample[];
  readonly after: readonly Sample[];
}

/** Configuration at the window's end, which the supervisor knows without asking. */
export interface ConfigurationState {
  readonly workerCountTarget: number;
  readonly workerCountReady: number;
  readonly isRolling: boolean;
  readonly version: Version;
  readonly deployedAtMs: number;
  readonly isFlagOn: boolean;
  readonly breakerSettings: BreakerSettings;
  readonly breakerChangedAtMs: number;
  readonly throttlePerSecond: number;
  readonly isNightlyPaused: boolean;
}

type MetricKey = keyof typeof METRICS;

/** Increases and last values over all scraped processes. */
function readScrapes(pairs: readonly ScrapePair[]): {
  readonly increase: (key: MetricKey, labels?: Readonly<Record<string, string>>, suffix?: string) => number;
  readonly last: (key: MetricKey, labels?: Readonly<Record<string, string>>) => number;
  readonly labelValues: (key: MetricKey, label: string) => string[];
} {
  const isMatch = (sample: Sample, name: string, labels: Readonly<Record<string, string>>): boolean =>
    sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  const total = (samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>>): number =>
    samples.reduce((sum, sample) => (isMatch(sample, name, labels) ? sum + sample.value : sum), 0);
  return {
    increase: (key, labels = {}, suffix = "") => {
      const name = METRICS[key].name + suffix;
      return pairs.reduce(
        (sum, pair) => sum + Math.max(0, total(pair.after, name, labels) - total(pair.before, name, labels)),
        0,
      );
    },
    last: (key, labels = {}) => pairs.reduce((sum, pair) => sum + total(pair.after, METRICS[key].name, labels), 0),
    labelValues: (key, label) => {
      const samples = pairs.flatMap((pair) => pair.after).filter((sample) => sample.name === METRICS[key].name);
      return [...new Set(samples.flatMap((sample) => sample.labels[label] ?? []))].sort();
    },
  };
}

type Scrapes = ReturnType<typeof readScrapes>;

function byRole(read: (role: Role) => number): Record<Role, number> {
  // Every role is a key, by construction over ROLES.
  return Object.fromEntries(ROLES.map((role) => [role, read(role)])) as Record<Role, number>;
}

function clientOf(scrapes: Scrapes): Window["client"] {
  // Every reason is a key, by construction over ANSWER_REASONS.
  const reasonCounts = Object.fromEntries(
    ANSWER_REASONS.map((reason) => [reason, scrapes.increase("answers", { reason })]),
  ) as Record<AnswerReason, number>;
  const cumulative = [...LATENCY_BOUNDS_MS.map((bound) => String(bound / 1_000)), "+Inf"].map((le) =>
    scrapes.increase("latency", { le }, "_bucket"),
  );
  return {
    offeredCount: scrapes.increase("offered"),
    attemptCount: scrapes.increase("attempts"),
    answeredCount: ANSWER_REASONS.reduce((sum, reason) => sum + reasonCounts[reason], 0),
    goodCount: scrapes.increase("good"),
    reasonCounts,
    latencyCounts: cumulative.map((count, index) => count - (cumulative[index - 1] ?? 0)),
  };
}

function databaseOf(scrapes: Scrapes, seconds: number): Window["database"] {
  return {
    lockWaiterCountMean: scrapes.increase("lockWaiterSeconds") / seconds,
    blockerCountMean: byRole((role) => scrapes.increase("blockerSeconds", { role }) / seconds),
    connectionCount: byRole((role) => scrapes.last("connections", { role })),
    refusedConnectionCount: scrapes.increase("refusedConnections") + scrapes.increase("billingRefused"),
    readCount: scrapes.increase("sqlCount", { operation: "read" }),
    readMsSum: scrapes.increase("sqlSeconds", { operation: "read" }) * 1_000,
    writeCount: scrapes.increase("sqlCount", { operation: "write" }),
    writeMsSum: scrapes.increase("sqlSeconds", { operation: "write" }) * 1_000,
  };
}

/** Turns two scrapes of every process into one window. */
export function buildWindow(input: {
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly pairs: readonly ScrapePair[];
  readonly configuration: ConfigurationState;
  readonly loadAverage: number;
}): Window {
  const { configuration } = input;
  const scrapes = readScrapes(input.pairs);
  const seconds = Math.max(0.001, (input.endMs - input.startMs) / 1_000);
  const workers = scrapes.labelValues("upstreamAnswers", "worker").map((worker) => ({
    id: worker,
    answerCount: scrapes.increase("upstreamAnswers", { worker }),
    latencyMsSum: scrapes.increase("upstreamSeconds", { worker }) * 1_000,
  }));
  return {
    index: input.index,
    startMs: input.startMs,
    endMs: input.endMs,
    machine: { generatorLagMsMax: scrapes.last("generatorLag") * 1_000, loadAverage: input.loadAverage },
    client: clientOf(scrapes),
    fleet: {
      workerCountTarget: configuration.workerCountTarget,
      workerCountReady: configuration.workerCountReady,
      queueCountMean: scrapes.increase("queueSeconds") / seconds,
      busySlotCountMean: scrapes.increase("busySeconds") / seconds,
      workers: workers.filter((worker) => worker.answerCount > 0),
    },
    breaker: {
      openShare: Math.min(1, scrapes.increase("breakerOpenSeconds") / seconds),
      openedCount: scrapes.increase("breakerOpened"),
      settings: configuration.breakerSettings,
      settingsChangedAtMs: configuration.breakerChangedAtMs,
    },
    database: databaseOf(scrapes, seconds),
    billing: { requestCount: scrapes.increase("billingRequests"), errorCount: scrapes.increase("billingErrors") },
    duplicateRowCount: scrapes.last("duplicateRows"),
    release: {
      version: configuration.version,
      deployedAtMs: configuration.deployedAtMs,
      isRolling: configuration.isRolling,
      isFlagOn: configuration.isFlagOn,
    },
    throttlePerSecond: configuration.throttlePerSecond,
    nightly: { isPaused: configuration.isNightlyPaused, sessionCount: scrapes.last("reportSessions") },
  };
}
