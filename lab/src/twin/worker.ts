/**
 * A worker: three slots, a queue of ten, a pool of three connections, and in version v2 two defects.
 *
 * A request holds its slot from the moment it begins until it is answered, whether or not anyone still waits for the
 * answer.
 */
import { BUG } from "../contract/constants.ts";
import { drawExponential } from "../contract/random.ts";
import { claimRow, closeConnection, openConnection } from "./database.ts";
import { changeGauge } from "./gauge.ts";

import type { Attempt, RowClaim, Worker, World } from "./world.ts";

/** A request arrives at its worker: it begins, queues, or is turned away. */
export function acceptAttempt(world: World, attempt: Attempt): void {
  if (attempt.isAnswered) return; // It timed out on a lossy path before it was sent.
  const worker = workerOf(attempt);
  if (worker.state === "gone") return world.wires.toProxy(world, attempt, "unreachable");
  if (isBlocked(world, worker)) return world.queue.schedule(worker.blockedUntilMs, acceptAttempt, attempt);
  if (worker.busyCount < world.physics.slotCount) return begin(world, worker, attempt);
  if (worker.queue.length >= world.physics.queueCountMax) return world.wires.toProxy(world, attempt, "full");
  worker.queue.push(attempt);
  changeGauge(world.fleet.queueGauge, world.queue.nowMs(), 1);
}

function begin(world: World, worker: Worker, attempt: Attempt): void {
  const nowMs = world.queue.nowMs();
  worker.busyCount++;
  changeGauge(world.fleet.busyGauge, nowMs, 1);
  const coldMs = worker.servedCount < world.physics.coldRequestCount ? world.physics.coldExtraMs : 0;
  worker.servedCount++;
  world.queue.schedule(nowMs + attempt.call.serviceMs + coldMs, endService, attempt);
}

function endService(world: World, attempt: Attempt): void {
  const worker = workerOf(attempt);
  if (isBlocked(world, worker)) return world.queue.schedule(worker.blockedUntilMs, endService, attempt);
  if (!attempt.call.blocksOnV2 || !isDefective(world, worker)) return beginSql(world, attempt);
  worker.blockedUntilMs = world.queue.nowMs() + BUG.blockMs;
  world.queue.schedule(worker.blockedUntilMs, beginSql, attempt);
}

function beginSql(world: World, attempt: Attempt): void {
  const worker = workerOf(attempt);
  if (worker.state === "gone") return;
  if (!takeConnection(world, worker)) {
    attempt.outcome = "too_many_clients";
    return finish(world, attempt);
  }
  const nowMs = world.queue.nowMs();
  attempt.sqlBeganMs = nowMs;
  if (attempt.isSecondWrite) {
    world.queue.schedule(nowMs + attempt.call.sqlMs, endSecondWrite, attempt);
  } else if (attempt.call.isWrite) {
    const holdMs = attempt.call.sqlMs + world.database.extraWriteMs;
    claimRow(world, { role: "app", holdMs, whenReleased: endWrite, attempt, isCancelled: false });
  } else {
    world.queue.schedule(nowMs + attempt.call.sqlMs + world.database.extraReadMs, endRead, attempt);
  }
}

function endRead(world: World, attempt: Attempt): void {
  const worker = workerOf(attempt);
  world.meters.readCount++;
  world.meters.readMsSum += world.queue.nowMs() - attempt.sqlBeganMs;
  releaseConnection(world, worker);
  finish(world, attempt);
}

function endWrite(world: World, claim: RowClaim): void {
  const attempt = claim.attempt;
  if (attempt === undefined) return;
  const worker = workerOf(attempt);
  noteWrite(world, attempt);
  if (claim.isCancelled) {
    dropConnection(world, worker);
    attempt.outcome = "error";
  } else if (attempt.call.doublesOnV2 && isDefective(world, worker)) {
    attempt.isSecondWrite = true;
    return beginSql(world, attempt);
  }
  finish(world, attempt);
}

/** Applied again without asking whether it had been applied; the ledger alone is written, not the hot row. */
function endSecondWrite(world: World, attempt: Attempt): void {
  noteWrite(world, attempt);
  world.meters.duplicateRowCount++;
  finish(world, attempt);
}

function noteWrite(world: World, attempt: Attempt): void {
  world.meters.writeCount++;
  world.meters.writeMsSum += world.queue.nowMs() - attempt.sqlBeganMs;
  releaseConnection(world, workerOf(attempt));
}

/** The worker answers as soon as its event loop runs, and takes the next request from its queue. */
function finish(world: World, attempt: Attempt): void {
  const worker = workerOf(attempt);
  if (worker.state === "gone") return;
  if (isBlocked(world, worker)) return world.queue.schedule(worker.blockedUntilMs, finish, attempt);
  const nowMs = world.queue.nowMs();
  worker.busyCount--;
  changeGauge(world.fleet.busyGauge, nowMs, -1);
  world.wires.toProxy(world, attempt, attempt.outcome);
  const next = worker.queue.shift();
  if (next !== undefined) {
    changeGauge(world.fleet.queueGauge, nowMs, -1);
    begin(world, worker, next);
  } else if (worker.busyCount === 0) worker.whenDrained?.(world);
}

/** The defects of v2 that the feature flag switches. */
function isDefective(world: World, worker: Worker): boolean {
  return worker.version === "v2" && world.fleet.isFlagOn;
}

function isBlocked(world: World, worker: Worker): boolean {
  return world.queue.nowMs() < worker.blockedUntilMs;
}

function takeConnection(world: World, worker: Worker): boolean {
  if (worker.usedConnectionCount === worker.openConnectionCount) {
    if (!openConnection(world, "app")) return false;
    worker.openConnectionCount++;
  }
  worker.usedConnectionCount++;
  return true;
}

/** Back into the pool, which closes a connection that has been spare for long and keeps one. */
function releaseConnection(world: World, worker: Worker): void {
  if (worker.state === "gone") return;
  const nowMs = world.queue.nowMs();
  // Until now none was spare.
  if (worker.usedConnectionCount === worker.openConnectionCount) worker.allUsedAtMs = nowMs;
  worker.usedConnectionCount--;
  if (worker.openConnectionCount < 2 || nowMs - worker.allUsedAtMs < world.physics.idleConnectionMs) return;
  worker.allUsedAtMs = nowMs;
  dropConnection(world, worker);
}

function dropConnection(world: World, worker: Worker): void {
  if (worker.state === "gone") return; // Its pool was closed with it.
  worker.openConnectionCount--;
  closeConnection(world, "app");
}

/** Closes all connections of a worker that is no more. */
export function closePool(world: World, worker: Worker): void {
  for (; worker.openConnectionCount > 0; worker.openConnectionCount--) closeConnection(world, "app");
}

/** Starts v2's background job: now and then it applies one recent write again. */
export function startBackgroundJob(world: World, worker: Worker): void {
  if (worker.version !== "v2") return;
  const gapMs = drawExponential(world.streams.background, 1_000 / BUG.backgroundDuplicatesPerSecond);
  world.queue.schedule(world.queue.nowMs() + gapMs, runBackgroundJob, worker);
}

function runBackgroundJob(world: World, worker: Worker): void {
  if (worker.state === "gone") return;
  world.meters.duplicateRowCount++;
  startBackgroundJob(world, worker);
}

function workerOf(attempt: Attempt): Worker {
  if (attempt.worker === undefined) throw new Error("broken invariant: an attempt at a worker names it");
  return attempt.worker;
}
