/** Clients: open-loop arrivals, and under RETRY impatience without back-off. */
import { BUG, LOAD } from "../contract/constants.ts";
import { createArrivalSource } from "../contract/load-schedule.ts";
import { drawExponential } from "../contract/random.ts";
import type { AnswerReason } from "../contract/window.ts";
import { noteSettled } from "./meters.ts";
import { abandonAttempt, receiveAttempt } from "./proxy.ts";
import type { Attempt, Call, World } from "./world.ts";

/** Starts the stream of arrivals. */
export function startLoad(world: World): void {
  scheduleArrival(world);
}

/** No more arrivals: what is under way is still answered. */
export function stopLoad(world: World): void {
  world.arrivalEpoch++;
}

/**
 * Begins the stream of arrivals anew, at the rate at rest: the same seed then gives the same requests after a fault.
 */
export function reseedLoad(world: World): void {
  world.arrivals = createArrivalSource(world.seed, world.background.basePerSecond);
  world.arrivalsFromMs = world.queue.nowMs();
  world.arrivalEpoch++;
  scheduleArrival(world);
}

/** Changes the offered rate from now on. */
export function setRate(world: World, perSecond: number): void {
  world.arrivals.setRate(perSecond, world.queue.nowMs() - world.arrivalsFromMs);
  world.arrivalEpoch++;
  scheduleArrival(world);
}

interface DueArrival {
  readonly epoch: number;
  readonly isWrite: boolean;
}

function scheduleArrival(world: World): void {
  const arrival = world.arrivals.next();
  const due: DueArrival = { epoch: world.arrivalEpoch, isWrite: arrival.operation === "write" };
  world.queue.schedule(world.arrivalsFromMs + arrival.atMs, arrive, due);
}

function arrive(world: World, due: DueArrival): void {
  if (due.epoch !== world.arrivalEpoch) return;
  scheduleArrival(world);
  world.meters.offeredCount++;
  sendAttempt(world, drawCall(world, due.isWrite));
}

/** Draws everything about a call at once: what happens to others then never shifts what chance decides about it. */
function drawCall(world: World, isWrite: boolean): Call {
  const { physics, streams } = world;
  return {
    dueMs: world.queue.nowMs(),
    isWrite,
    serviceMs: physics.serviceMs + drawExponential(streams.service, physics.serviceExponentialMs),
    sqlMs: isWrite ? physics.writeMs : physics.readMs,
    blocksOnV2: streams.defects() < BUG.blockProbability,
    doublesOnV2: streams.defects() < BUG.duplicateWriteProbability,
    attemptCount: 0,
    isSettled: false,
  };
}

function sendAttempt(world: World, call: Call): void {
  const nowMs = world.queue.nowMs();
  const attempt: Attempt = {
    call,
    sentMs: nowMs,
    worker: undefined,
    isAnswered: false,
    isGivenUp: false,
    sqlBeganMs: 0,
    outcome: "ok",
    isSecondWrite: false,
  };
  call.attemptCount++;
  world.meters.attemptCount++;
  if (world.isImpatient) world.queue.schedule(nowMs + LOAD.retryClientTimeoutMs, giveUp, attempt);
  receiveAttempt(world, attempt);
}

function giveUp(world: World, attempt: Attempt): void {
  if (attempt.isGivenUp || attempt.call.isSettled) return;
  attempt.isGivenUp = true;
  abandonAttempt(world, attempt);
  endAttempt(world, attempt.call, "timeout");
}

/** The proxy's answer reaches the client, which may have stopped waiting for it. */
export function receiveAnswer(world: World, attempt: Attempt, reason: AnswerReason): void {
  if (attempt.isGivenUp) return;
  attempt.isGivenUp = true;
  endAttempt(world, attempt.call, reason);
}

function endAttempt(world: World, call: Call, reason: AnswerReason): void {
  if (reason !== "ok" && world.isImpatient && call.attemptCount <= LOAD.retryCountMax) {
    world.queue.schedule(world.queue.nowMs() + LOAD.retryAfterMs, sendAttempt, call);
    return;
  }
  if (call.isSettled) throw new Error("broken invariant: a request is settled once");
  call.isSettled = true;
  noteSettled(world.meters, reason, world.queue.nowMs() - call.dueMs);
}
