/** The state of one simulated lab: plain records that the event handlers change, each owned by the file of its name. */

import type { Background, FaultName } from "../contract/faults.ts";
import { type ArrivalSource, createArrivalSource } from "../contract/load-schedule.ts";
import { createRandom, type Random } from "../contract/random.ts";
import type { AnswerReason, Role, Version } from "../contract/window.ts";
import { type Breaker, openBreaker } from "./breaker.ts";
import { type EventQueue, openEventQueue } from "./event-queue.ts";
import { type Gauge, openGauge } from "./gauge.ts";
import { type Meters, openMeters } from "./meters.ts";
import type { Physics } from "./physics.ts";

/** One request of a client, with everything chance decides about it, drawn when it is due. */
export interface Call {
  readonly dueMs: number;
  readonly isWrite: boolean;
  readonly serviceMs: number;
  readonly sqlMs: number;
  /** What version v2 would do to it. */
  readonly blocksOnV2: boolean;
  readonly doublesOnV2: boolean;
  attemptCount: number;
  isSettled: boolean;
}

/** One try at a call, on its way through the proxy. */
export interface Attempt {
  readonly call: Call;
  readonly sentMs: number;
  worker: Worker | undefined;
  /** The proxy has answered it or let it time out. */
  isAnswered: boolean;
  /** Its client has stopped waiting. */
  isGivenUp: boolean;
  /** When its SQL began, for the mean times. */
  sqlBeganMs: number;
  /** What its worker will answer. */
  outcome: AnswerReason;
  /** It is being applied a second time, as v2 does to some. */
  isSecondWrite: boolean;
}

/** One worker process. */
export interface Worker {
  readonly id: string;
  readonly version: Version;
  state: "starting" | "ready" | "draining" | "gone";
  /** As the proxy counts it. */
  inFlightCount: number;
  busyCount: number;
  readonly queue: Attempt[];
  servedCount: number;
  /** Its event loop runs nothing before this. */
  blockedUntilMs: number;
  /** When its pool had no spare connection last. */
  allUsedAtMs: number;
  openConnectionCount: number;
  usedConnectionCount: number;
  answerCount: number;
  latencyMsSum: number;
  whenDrained: ((world: World) => void) | undefined;
}

/** Someone who wants the hot row, in the order of asking. */
export interface RowClaim {
  readonly role: Role;
  readonly holdMs: number;
  readonly whenReleased: (world: World, claim: RowClaim) => void;
  readonly attempt: Attempt | undefined;
  isCancelled: boolean;
}

/** The hot row and the connections of each role. */
export interface Database {
  holder: RowClaim | undefined;
  readonly waiters: RowClaim[];
  readonly waiterGauge: Gauge;
  readonly blockerGauges: Readonly<Record<Role, Gauge>>;
  readonly connectionCount: Record<Role, number>;
  extraReadMs: number;
  extraWriteMs: number;
}

/** The nightly report. */
export interface Nightly {
  isPaused: boolean;
  isLocking: boolean;
  /** How many sessions the report wants when it is not paused. */
  wantedCount: number;
  /** Claims of the sessions that lock. */
  readonly lockers: RowClaim[];
  /** Sessions that only read. */
  readerCount: number;
}

/** Deploys and scaling. */
export interface Fleet {
  workers: Worker[];
  targetCount: number;
  /** The release that was deployed last, as everyone is told. */
  version: Version;
  /** The newest release that was ever deployed: nothing lies ahead of it to roll forward to. */
  newestVersion: Version;
  /** What a worker that starts now runs: a deploy that waits for another change has not reached it yet. */
  startVersion: Version;
  /** Changes of the fleet under way and waiting, in order. */
  readonly changes: (() => void)[];
  deployedAtMs: number;
  isRolling: boolean;
  isFlagOn: boolean;
  readonly queueGauge: Gauge;
  readonly busyGauge: Gauge;
}

/** Where answers go: requests travel down the imports (clients, proxy, worker, database), answers up through these. */
export interface Wires {
  readonly toClient: (world: World, attempt: Attempt, reason: AnswerReason) => void;
  readonly toProxy: (world: World, attempt: Attempt, reason: AnswerReason) => void;
}

/** Streams of chance, one a source. */
export interface Streams {
  readonly service: Random;
  readonly defects: Random;
  readonly background: Random;
  readonly network: Random;
}

/** Everything. */
export interface World {
  readonly seed: number;
  readonly fault: FaultName;
  readonly background: Background;
  readonly physics: Physics;
  readonly wires: Wires;
  readonly queue: EventQueue<World>;
  readonly streams: Streams;
  readonly meters: Meters;
  arrivals: ArrivalSource;
  /** When the stream of arrivals began: its times count from there. */
  arrivalsFromMs: number;
  /** Counts changes of rate: an arrival drawn at an older rate is void. */
  arrivalEpoch: number;
  isImpatient: boolean;
  readonly breaker: Breaker;
  throttlePerSecond: number;
  throttleTokens: number;
  throttleFilledAtMs: number;
  /** Workers that take requests, the one picked last at the end. */
  readonly turns: Worker[];
  /** Attempts at workers, oldest first, for the timeout. */
  readonly pending: Attempt[];
  pendingFirst: number;
  lossyWorkerId: string | undefined;
  readonly fleet: Fleet;
  readonly database: Database;
  readonly nightly: Nightly;
}

/** A world at time 0, before anything is scheduled. */
export function openWorld(options: {
  readonly seed: number;
  readonly fault: FaultName;
  readonly background: Background;
  readonly physics: Physics;
  readonly wires: Wires;
}): World {
  const stream = (source: string): Random => createRandom(options.seed, source);
  return {
    ...options,
    queue: openEventQueue<World>(),
    streams: {
      service: stream("twin-service"),
      defects: stream("twin-defects"),
      background: stream("twin-background-job"),
      network: stream("twin-network"),
    },
    meters: openMeters(),
    arrivals: createArrivalSource(options.seed, options.background.basePerSecond),
    arrivalsFromMs: 0,
    arrivalEpoch: 0,
    isImpatient: false,
    breaker: openBreaker(-options.background.deployAgeMs),
    throttlePerSecond: 0,
    throttleTokens: 0,
    throttleFilledAtMs: 0,
    turns: [],
    pending: [],
    pendingFirst: 0,
    lossyWorkerId: undefined,
    fleet: {
      workers: [],
      targetCount: options.physics.workerCount,
      version: "v1",
      newestVersion: "v1",
      startVersion: "v1",
      changes: [],
      deployedAtMs: -options.background.deployAgeMs,
      isRolling: false,
      isFlagOn: true,
      queueGauge: openGauge(0),
      busyGauge: openGauge(0),
    },
    database: {
      holder: undefined,
      waiters: [],
      waiterGauge: openGauge(0),
      blockerGauges: { app: openGauge(0), "nightly-report": openGauge(0), billing: openGauge(0) },
      connectionCount: { app: 0, "nightly-report": 0, billing: 0 },
      extraReadMs: 0,
      extraWriteMs: 0,
    },
    nightly: {
      isPaused: false,
      isLocking: false,
      wantedCount: options.background.reportReaderCount,
      lockers: [],
      readerCount: 0,
    },
  };
}
