/**
 * The fleet: starting, draining and replacing workers. A rolling deploy stops one worker, starts its successor, and
 * goes on.
 */
import { FLEET } from "../contract/constants.ts";
import type { Version } from "../contract/window.ts";
import { changeGauge } from "./gauge.ts";
import { addUpstream, dropWorker, removeUpstream } from "./proxy.ts";
import { closePool, startBackgroundJob } from "./worker.ts";
import type { Worker, World } from "./world.ts";

const WORKER_IDS = Array.from({ length: FLEET.workersMax }, (_, index) => `app-${index + 1}`);

/** What an action on the fleet did, told when it is done. */
export interface FleetChange {
  readonly restartedCount: number;
  readonly restartedDefectiveCount: number;
}

/** Opens the fleet at rest: warm workers, ready at once. */
export function startFleet(world: World): void {
  for (const id of WORKER_IDS.slice(0, world.fleet.targetCount)) {
    const worker = addWorker(world, id, "v1");
    worker.servedCount = world.physics.coldRequestCount;
    worker.state = "ready";
    addUpstream(world, worker);
  }
}

/** Starts or drains workers until there are `targetCount`; `whenDone` runs when the last has settled. */
export function scaleFleet(world: World, targetCount: number, whenDone: () => void): void {
  changeExclusively(world, (end) => {
    const { fleet } = world;
    fleet.targetCount = targetCount;
    const missing = WORKER_IDS.filter((id) => !fleet.workers.some((worker) => worker.id === id)).slice(
      0,
      Math.max(0, targetCount - fleet.workers.length),
    );
    let startingCount = missing.length;
    const finish = (): void => {
      end();
      whenDone();
    };
    const noteReady = (): void => {
      startingCount--;
      if (startingCount === 0) finish();
    };
    retireAll(world, fleet.workers.slice(targetCount).reverse(), () => {
      if (startingCount === 0) finish();
      for (const id of missing) startWorker(world, id, noteReady);
    });
  });
}

/** Deploys a version, one worker after another, whatever each ran before. */
export function deployVersion(world: World, version: Version, whenDone: (change: FleetChange) => void): void {
  const { fleet } = world;
  fleet.version = version;
  if (version > fleet.newestVersion) fleet.newestVersion = version;
  fleet.deployedAtMs = world.queue.nowMs();
  changeExclusively(world, (end) => {
    fleet.startVersion = version;
    fleet.isRolling = true;
    const before = [...fleet.workers];
    const change = {
      restartedCount: before.length,
      restartedDefectiveCount: before.filter((worker) => worker.version === "v2").length,
    };
    const replaceNext = (): void => {
      const worker = before.shift();
      if (worker !== undefined) return drainWorker(world, worker, () => startWorker(world, worker.id, replaceNext));
      fleet.isRolling = false;
      end();
      whenDone(change);
    };
    replaceNext();
  });
}

/** Changes of the fleet run one after another: a scale-out asked for during a deploy waits for its end. */
function changeExclusively(world: World, change: (end: () => void) => void): void {
  const { changes } = world.fleet;
  const end = (): void => {
    changes.shift();
    changes[0]?.();
  };
  changes.push(() => change(end));
  if (changes.length === 1) changes[0]?.();
}

function retireAll(world: World, workers: Worker[], whenDone: () => void): void {
  const worker = workers.shift();
  if (worker === undefined) return whenDone();
  drainWorker(world, worker, () => retireAll(world, workers, whenDone));
}

function startWorker(world: World, id: string, whenReady: () => void): void {
  const worker = addWorker(world, id, world.fleet.startVersion);
  world.queue.schedule(world.queue.nowMs() + world.physics.startMs, becomeReady, { worker, whenReady });
}

function becomeReady(world: World, start: { readonly worker: Worker; readonly whenReady: () => void }): void {
  start.worker.state = "ready";
  addUpstream(world, start.worker);
  startBackgroundJob(world, start.worker);
  start.whenReady();
}

/** No new requests; those it has are answered; then it is gone. */
function drainWorker(world: World, worker: Worker, whenGone: () => void): void {
  worker.state = "draining";
  removeUpstream(world, worker);
  let isOver = false;
  const end = (later: World): void => {
    if (isOver) return;
    isOver = true;
    removeWorker(later, worker);
    whenGone();
  };
  if (worker.busyCount === 0 && worker.inFlightCount === 0) return end(world);
  worker.whenDrained = end;
  world.queue.schedule(world.queue.nowMs() + world.physics.drainMs, end, undefined);
}

function removeWorker(world: World, worker: Worker): void {
  const nowMs = world.queue.nowMs();
  worker.state = "gone";
  worker.whenDrained = undefined;
  changeGauge(world.fleet.queueGauge, nowMs, -worker.queue.length);
  changeGauge(world.fleet.busyGauge, nowMs, -worker.busyCount);
  worker.queue.length = 0;
  closePool(world, worker);
  world.fleet.workers = world.fleet.workers.filter((other) => other !== worker);
  dropWorker(world, worker);
}

function addWorker(world: World, id: string, version: Version): Worker {
  const worker: Worker = {
    id,
    version,
    state: "starting",
    inFlightCount: 0,
    busyCount: 0,
    queue: [],
    servedCount: 0,
    blockedUntilMs: 0,
    openConnectionCount: 0,
    usedConnectionCount: 0,
    allUsedAtMs: 0,
    answerCount: 0,
    latencyMsSum: 0,
    whenDrained: undefined,
  };
  world.fleet.workers = [...world.fleet.workers, worker].sort((left, right) => (left.id < right.id ? -1 : 1));
  return worker;
}
