/**
 * The physics of the lab, shared by the real processes and by the twin.
 *
 * Capacity comes from slots × sleep and not from CPU, so that two cores are enough and the orderings survive a busy
 * machine. Values were calibrated on a prototype; `docs/lab.md` says how, and which command prints what.
 */

/** Service-level objective: a request is good when it is answered 200 in less than this. */
export const SLO_LATENCY_MS = 600;
/** Share of good answers over the hold that counts as restored. */
export const RESTORED_GOOD_SHARE = 0.98;
/** How long that share must hold, with the integrity counter still, for an incident to count as restored. */
export const RESTORED_HOLD_MS = 30_000;
/** Length of one recorded window. */
export const WINDOW_MS = 1_000;
/** A window in which the load generator sent later than this is invalid: it measured the machine, not the system. */
export const GENERATOR_LAG_MS_MAX = 50;

/** One worker: slots, queue, database pool, and the time a request takes apart from SQL. */
export const WORKER = {
  slotCount: 3,
  queueCountMax: 10,
  poolSize: 3,
  /** An unused connection goes back after this long, or a burst of cold workers would hold the cap against billing. */
  poolIdleMs: 2_000,
  serviceMs: 110,
  serviceExponentialMs: 20,
  /** The first requests of a fresh process are slow: connections, caches, compilation. */
  coldRequestCount: 12,
  coldExtraMs: 450,
  /** From spawn until the worker listens, on an idle machine (the twin's figure; real workers take what they take). */
  startMs: 600,
} as const;

/** How many workers there may be. */
export const FLEET = { workersAtRest: 3, workersMin: 2, workersMax: 6 } as const;

/** The second version's defects. */
export const BUG = {
  blockProbability: 0.25,
  blockMs: 120,
  duplicateWriteProbability: 0.2,
  /** Each v2 worker's background job applies one recent write again this often on average. */
  backgroundDuplicatesPerSecond: 0.67,
} as const;

/** The proxy. */
export const PROXY = { timeoutMs: 2_000 } as const;

/** What a circuit breaker is told: an answer is a failure when it is a 5xx or slower than `slowMs`. */
export interface BreakerSettings {
  readonly slowMs: number;
  /** Share of failures in the rolling window at which it opens. */
  readonly failureRatio: number;
}

/** Breaker settings at rest, and as the CIRCUIT fault leaves them. */
export const BREAKER_AT_REST: BreakerSettings = { slowMs: 1_000, failureRatio: 0.5 };
/** Tighter than the normal p95 (about 200 ms): the healthy system trips it. */
export const BREAKER_CIRCUIT_FAULT: BreakerSettings = { slowMs: 160, failureRatio: 0.08 };
/** The breaker's fixed part: rolling window, fewest answers to judge, time open, trial requests when half open. */
export const BREAKER = { rollingMs: 3_000, answerCountMin: 15, openMs: 1_500, trialCount: 5 } as const;

/** Offered load. */
export const LOAD = {
  basePerSecond: 30,
  faultPerSecond: 85,
  writeShare: 0.3,
  /** SPIKE: the load of LOAD, for this long. */
  spikeMs: 14_000,
  /** RETRY: a short burst triggers it; then impatient clients keep it alive. */
  retryTriggerMs: 6_000,
  retryClientTimeoutMs: 450,
  /** Impatient clients try again after this long, each time the same: no back-off. */
  retryAfterMs: 100,
  retryCountMax: 4,
} as const;

/** PostgreSQL and its users. */
export const DATABASE = {
  /** Connections open to ordinary roles; the monitor uses the slots reserved for superusers. */
  connectionCountMax: 18,
  monitorConnectionCount: 2,
  reportSessionCount: 8,
  reportHoldMs: 300,
  /** What each read and write waits for storage at rest; with it a worker serves about 22 requests/s. */
  storageMs: 6,
  /** Mean time of the SQL of a read and a write at rest, storage included (the twin's figure). */
  readMs: 7,
  writeMs: 8,
  /** DISK: what each read and each write waits for storage; a write waits while it holds the hot row. */
  slowDiskReadMs: 60,
  slowDiskWriteMs: 260,
} as const;

/** The second tenant: a connection for each request, as short-lived scripts do. */
export const BILLING = { requestsPerSecond: 5, timeoutMs: 2_000 } as const;

/** NETWORK: the path to worker `app-1` loses packets; a lost packet costs a doubling retransmission timeout. */
export const NETWORK = { lossProbability: 0.2, packetsPerRequest: 4, retransmitMs: 200 } as const;

/** Time line of an episode: at rest, then the fault, then up to the horizon. */
export const EPISODE = { warmupMs: 6_000, horizonMs: 60_000 } as const;
