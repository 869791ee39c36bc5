import { FLEET } from "../contract/constants.ts";
import type { Version } from "../contract/window.ts";
import type { DatabaseAddress } from "../processes/messages.ts";
import { type RunningProcess, type SpawnedProcess, spawnProcess } from "./spawn.ts";

/** A worker being replaced gets this long to answer what it has; the proxy's own timeout is as long. */
const DRAIN_TIMEOUT_MS = 2_000;

interface Worker {
  readonly id: string;
  readonly version: Version;
  readonly process: RunningProcess<"app">;
}

/** What a change of the fleet did. */
export interface FleetChange {
  readonly restartedCount: number;
  readonly restartedDefectiveCount: number;
}

/** The workers, and the only way to change them. Changes run one after another. */
export interface Fleet {
  readonly scaleTo: (count: number) => Promise<void>;
  readonly rollTo: (version: Version) => Promise<FleetChange>;
  readonly setFlag: (isOn: boolean) => void;
  readonly readState: () => { readonly targetCount: number; readonly readyCount: number; readonly isRolling: boolean };
  readonly processes: () => readonly RunningProcess<"app">[];
}

/**
 * Creates an empty fleet.
 *
 * @param publish - told of every change of the workers that take requests, so that the proxy can follow
 */
export function createFleet(options: {
  readonly seed: number;
  readonly database: DatabaseAddress;
  readonly version: Version;
  /** Workers whose modules are already loading; used before new ones are forked. */
  readonly spares: readonly SpawnedProcess<"app">[];
  readonly publish: (workers: readonly { readonly id: string; readonly port: number }[]) => void;
}): Fleet {
  const spares = [...options.spares];
  let workers: readonly Worker[] = [];
  let version = options.version;
  let isFlagOn = true;
  let targetCount = 0;
  let isRolling = false;
  let hasStarted = false;
  let last: Promise<unknown> = Promise.resolve();

  function exclusively<T>(change: () => Promise<T>): Promise<T> {
    const next = last.then(change);
    last = next.catch(() => undefined);
    return next;
  }

  function publish(without?: Worker): void {
    options.publish(
      workers.filter((worker) => worker !== without).map((worker) => ({ id: worker.id, port: worker.process.port })),
    );
  }

  function become(next: readonly Worker[]): void {
    workers = [...next].sort((left, right) => (left.id < right.id ? -1 : 1));
    publish();
  }

  async function startWorker(id: string): Promise<Worker> {
    // The lab starts at rest, as if its first workers had served for hours.
    const isFirst = !hasStarted;
    const process = await (spares.pop() ?? spawnProcess("app")).configure({
      id,
      version,
      isFlagOn,
      isWarm: isFirst,
      seed: options.seed,
      database: options.database,
    });
    const worker = { id, version, process };
    process.onExit(() => {
      if (workers.includes(worker)) become(workers.filter((entry) => entry !== worker));
    });
    return worker;
  }

  /** Takes the worker out, lets it finish, ends it. */
  async function retire(worker: Worker): Promise<void> {
    publish(worker);
    worker.process.order({ kind: "drain" });
    await worker.process.waitUntilDrained(DRAIN_TIMEOUT_MS);
    workers = workers.filter((entry) => entry !== worker);
    await worker.process.kill();
  }

  async function scale(count: number): Promise<void> {
    targetCount = count;
    for (const worker of workers.slice(count).reverse()) await retire(worker);
    const ids = Array.from({ length: FLEET.workersMax }, (_, index) => `app-${index + 1}`);
    const missing = ids.filter((id) => !workers.some((worker) => worker.id === id)).slice(0, count - workers.length);
    // Each joins as soon as it serves: capacity comes in steps.
    await Promise.all(
      missing.map(async (id) => {
        const worker = await startWorker(id);
        become([...workers, worker]);
      }),
    );
    hasStarted = true;
    publish();
  }

  async function roll(next: Version): Promise<FleetChange> {
    const before = workers;
    version = next;
    isRolling = true;
    try {
      for (const worker of before) {
        await retire(worker);
        become([...workers, await startWorker(worker.id)]);
      }
    } finally {
      isRolling = false;
    }
    return {
      restartedCount: before.length,
      restartedDefectiveCount: before.filter((worker) => worker.version === "v2").length,
    };
  }

  return {
    scaleTo: (count) => exclusively(() => scale(count)),
    rollTo: (next) => exclusively(() => roll(next)),
    setFlag: (isOn) => {
      isFlagOn = isOn;
      for (const worker of workers) worker.process.order({ kind: "flag", isOn });
    },
    readState: () => ({ targetCount, readyCount: workers.length, isRolling }),
    processes: () => workers.map((worker) => worker.process),
  };
}
