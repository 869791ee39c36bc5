/**
 * The fleet: starting, draining and replacing workers. A rolling deploy stops one worker, starts its successor, and goes on.
 */
import { changeGauge } from "./gauge.ts";
import { addUpstream, dropWorker, removeUpstream } from "./proxy.ts";
import { closePool, startBackgroundJob } from "./worker.ts";

import type { Version } from "../contract/window.ts";
import type { Worker, World } from "./world.ts";

/** What an action on the fleet did, told when it is done. */
export interface FleetChange { readonly restartedCount: number; readonly restartedDefectiveCount: number }

/** Opens the fleet at rest: warm workers, ready at once. */
export function startFleet(world: World): void {
  while (world.fleet.workers.length < world.fleet.targetCount) {
    const worker = addWorker(world, nextId(world), "v1");
    worker.servedCount = world.physics.coldRequestCount;
    worker.state = "ready";
    addUpstream(world, worker);
  }
}

/** Starts or drains workers until there are `targetCount`; `whenDone` runs when the last has settled. */
export function scaleFleet(world: World, targetCount: number, whenDone: () => void): void {
  const { fleet } = world;
  fleet.targetCount = targetCount;
  const living = fleet.workers.filter((worker) => worker.state !== "draining");
  let openCount = Math.abs(targetCount - living.length);
  const settleOne = (): void => {
    openCount--;
    if (openCount === 0) whenDone();
  };
  if (openCount === 0) return whenDone();
  for (let count = living.length; count < targetCount; count++) startWorker(world, nextId(world), settleOne);
  for (const worker of living.slice(targetCount)) drainWorker(world, worker, settleOne);
}

/** Deploys a version, one worker after another. */
export function deployVersion(world: World, version: Version, whenDone: (change: FleetChange) => void): void {
  const { fleet } = world;
  fleet.versionBefore = fleet.version;
  fleet.version = version;
  fleet.deployedAtMs = world.queue.nowMs();
  fleet.isRolling = true;
  const old = fleet.workers.filter((worker) => worker.state === "ready" && worker.version !== version);
  const change = { restartedCount: old.length, restartedDefectiveCount: old.filter((worker) => worker.version === "v2").length };
  const replaceNext = (): void => {
    const worker = old.shift();
    if (worker === undefined) {
      fleet.isRolling = false;
      return whenDone(change);
    }
    drainWorker(world, worker, () => startWorker(world, worker.id, replaceNext));
  };
  replaceNext();
}

function startWorker(world: World, id: string, whenReady: () => void): void {
  const worker = addWorker(world, id, world.fleet.version);
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
    id, version, state: "starting", inFlightCount: 0, busyCount: 0, queue: [], servedCount: 0, blockedUntilMs: 0,
    openConnectionCount: 0, usedConnectionCount: 0, allUsedAtMs: 0, answerCount: 0, latencyMsSum: 0, whenDrained: undefined,
  };
  world.fleet.workers.push(worker);
  return worker;
}

function nextId(world: World): string {
  return `app-${world.fleet.idNext++}`;
}
