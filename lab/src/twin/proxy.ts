/** The proxy: rate limit, breaker, least in flight, 2 s timeout. */
import { NETWORK } from "../contract/constants.ts";
import type { AnswerReason } from "../contract/window.ts";
import { admitRequest, noteAnswer, withdrawTrial } from "./breaker.ts";
import { acceptAttempt } from "./worker.ts";
import type { Attempt, Worker, World } from "./world.ts";

const TRANSMISSION_COUNT_MAX = 6;

/** A client's request arrives at the proxy: answered there, or passed to the worker with the fewest in flight. */
export function receiveAttempt(world: World, attempt: Attempt): void {
  const nowMs = world.queue.nowMs();
  if (!takeToken(world, nowMs)) return world.wires.toClient(world, attempt, "limited");
  if (!admitRequest(world.breaker, nowMs)) return world.wires.toClient(world, attempt, "breaker");
  const worker = takeLeastInFlight(world);
  if (worker === undefined) {
    noteAnswer(world.breaker, true, nowMs);
    return world.wires.toClient(world, attempt, "unreachable");
  }
  attempt.worker = worker;
  worker.inFlightCount++;
  startTimeout(world, attempt);
  const delayMs = world.physics.overheadMs + (worker.id === world.lossyWorkerId ? drawRetransmitMs(world) : 0);
  if (delayMs === 0) acceptAttempt(world, attempt);
  else world.queue.schedule(nowMs + delayMs, acceptAttempt, attempt);
}

/** A worker's answer arrives at the proxy, perhaps after its timeout. */
export function receiveWorkerAnswer(world: World, attempt: Attempt, reason: AnswerReason): void {
  if (attempt.isAnswered) return;
  settle(world, attempt, reason);
}

/** The client hung up: the proxy stops waiting, the worker goes on working. */
export function abandonAttempt(world: World, attempt: Attempt): void {
  if (attempt.isAnswered || attempt.worker === undefined) return;
  attempt.isAnswered = true;
  attempt.worker.inFlightCount--;
  withdrawTrial(world.breaker);
}

/** Sets the rate limit; 0 lifts it. */
export function setThrottle(world: World, perSecond: number): void {
  world.throttlePerSecond = perSecond;
  world.throttleTokens = burstOf(perSecond);
  world.throttleFilledAtMs = world.queue.nowMs();
}

/** A worker takes requests from now on. */
export function addUpstream(world: World, worker: Worker): void {
  world.turns.push(worker);
}

/** A worker gets no new requests. */
export function removeUpstream(world: World, worker: Worker): void {
  const index = world.turns.indexOf(worker);
  if (index >= 0) world.turns.splice(index, 1);
}

/** Removes a worker that is no more: what it still owed its clients is lost. */
export function dropWorker(world: World, worker: Worker): void {
  for (let index = world.pendingFirst; index < world.pending.length; index++) {
    const attempt = world.pending[index];
    if (attempt?.worker === worker && !attempt.isAnswered) settle(world, attempt, "unreachable");
  }
}

function settle(world: World, attempt: Attempt, reason: AnswerReason): void {
  const nowMs = world.queue.nowMs();
  noteEnd(attempt, nowMs);
  noteAnswer(world.breaker, isFailure(world, reason, nowMs - attempt.sentMs), nowMs);
  world.wires.toClient(world, attempt, reason);
}

/** Shedding is the worker's protection: counting `full` would turn every overload into an open breaker. */
function isFailure(world: World, reason: AnswerReason, latencyMs: number): boolean {
  if (reason === "full") return false;
  return reason !== "ok" || latencyMs > world.breaker.settings.slowMs;
}

function noteEnd(attempt: Attempt, nowMs: number): void {
  attempt.isAnswered = true;
  const worker = attempt.worker;
  if (worker === undefined) return;
  worker.inFlightCount--;
  worker.answerCount++;
  worker.latencyMsSum += nowMs - attempt.sentMs;
}

/** Equals take turns: the one picked goes to the back. */
function takeLeastInFlight(world: World): Worker | undefined {
  const { turns } = world;
  let best: Worker | undefined;
  for (const worker of turns) if (best === undefined || worker.inFlightCount < best.inFlightCount) best = worker;
  if (best === undefined) return undefined;
  let to = 0;
  for (const worker of turns) if (worker !== best) turns[to++] = worker;
  turns[to] = best;
  return best;
}

/** Timeouts are all equally long, so a list in order of sending needs one event only, at the oldest unanswered one. */
function startTimeout(world: World, attempt: Attempt): void {
  world.pending.push(attempt);
  if (world.pending.length - world.pendingFirst === 1)
    world.queue.schedule(attempt.sentMs + world.physics.proxyTimeoutMs, sweepTimeouts, undefined);
}

function sweepTimeouts(world: World): void {
  const { pending, physics } = world;
  const nowMs = world.queue.nowMs();
  for (;;) {
    const oldest = pending[world.pendingFirst];
    if (oldest === undefined) break;
    if (!oldest.isAnswered && oldest.sentMs + physics.proxyTimeoutMs > nowMs) {
      world.queue.schedule(oldest.sentMs + physics.proxyTimeoutMs, sweepTimeouts, undefined);
      break;
    }
    world.pendingFirst++;
    if (!oldest.isAnswered) settle(world, oldest, "timeout");
  }
  if (world.pendingFirst < 1_024) return;
  pending.splice(0, world.pendingFirst);
  world.pendingFirst = 0;
}

function takeToken(world: World, nowMs: number): boolean {
  if (world.throttlePerSecond === 0) return true;
  const earned = ((nowMs - world.throttleFilledAtMs) / 1_000) * world.throttlePerSecond;
  world.throttleTokens = Math.min(burstOf(world.throttlePerSecond), world.throttleTokens + earned);
  world.throttleFilledAtMs = nowMs;
  if (world.throttleTokens < 1) return false;
  world.throttleTokens--;
  return true;
}

/** The bucket holds half a second, at least one token. */
function burstOf(perSecond: number): number {
  return Math.max(1, perSecond / 2);
}

/** TCP sends a lost packet again after a timeout that doubles (RFC 6298), and gives up in the end. */
function drawRetransmitMs(world: World): number {
  let delayMs = 0;
  for (let packet = 0; packet < NETWORK.packetsPerRequest; packet++) {
    let timeoutMs: number = NETWORK.retransmitMs;
    for (let sent = 1; sent < TRANSMISSION_COUNT_MAX && world.streams.network() < NETWORK.lossProbability; sent++) {
      delayMs += timeoutMs;
      timeoutMs *= 2;
    }
  }
  return delayMs;
}
