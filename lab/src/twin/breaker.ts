/**
 * The proxy's circuit breaker, the twin's fast version: a rolling window with a running count instead of a filtered
 * copy. `processes/breaker.ts` is the simple one; a property test compares the two answer by answer.
 *
 *     closed    --answer, share of failures in the rolling window reached--> open
 *     open      --openMs passed, next request-------------------------------> half_open
 *     half_open --share of failures among the trials reached----------------> open
 *     half_open --all trials answered, share not reached--------------------> closed, window empty
 *     any       --other settings--------------------------------------------> closed, window empty
 */

import { BREAKER, BREAKER_AT_REST, type BreakerSettings } from "../contract/constants.ts";
import { changeGauge, type Gauge, openGauge } from "./gauge.ts";

/** States of the breaker. */
export type BreakerState = "closed" | "open" | "half_open";

/** The breaker with its rolling window of answers, oldest first, in parallel lists. */
export interface Breaker {
  state: BreakerState;
  settings: BreakerSettings;
  settingsChangedAtMs: number;
  openUntilMs: number;
  openedCount: number;
  /** 1 while open or half open. */
  readonly notClosed: Gauge;
  trialsAdmitted: number;
  trialsAnswered: number;
  trialsFailed: number;
  readonly answeredAtMs: number[];
  readonly wasFailure: boolean[];
  /** Index of the oldest answer that still counts. */
  firstIndex: number;
  failureCount: number;
}

/** A closed breaker with the settings at rest, given to it at `settingsChangedAtMs`. */
export function openBreaker(settingsChangedAtMs: number): Breaker {
  return {
    state: "closed",
    settings: BREAKER_AT_REST,
    settingsChangedAtMs,
    openUntilMs: 0,
    openedCount: 0,
    notClosed: openGauge(0),
    trialsAdmitted: 0,
    trialsAnswered: 0,
    trialsFailed: 0,
    answeredAtMs: [],
    wasFailure: [],
    firstIndex: 0,
    failureCount: 0,
  };
}

/** Gives the breaker other settings: they judge new answers only, so it closes and forgets. */
export function setBreaker(breaker: Breaker, settings: BreakerSettings, nowMs: number): void {
  breaker.settings = settings;
  breaker.settingsChangedAtMs = nowMs;
  become(breaker, "closed", nowMs);
}

/** Whether a request may pass now; half open lets a few trials through. */
export function admitRequest(breaker: Breaker, nowMs: number): boolean {
  if (breaker.state === "closed") return true;
  if (breaker.state === "open") {
    if (nowMs < breaker.openUntilMs) return false;
    become(breaker, "half_open", nowMs);
  }
  if (breaker.trialsAdmitted >= BREAKER.trialCount) return false;
  breaker.trialsAdmitted++;
  return true;
}

/** Takes back a trial whose client went away, so that a half-open breaker cannot wait for ever. */
export function withdrawTrial(breaker: Breaker): void {
  if (breaker.state === "half_open" && breaker.trialsAdmitted > breaker.trialsAnswered) breaker.trialsAdmitted--;
}

/** Takes note of a worker's answer, or its timeout, and opens or closes accordingly. */
export function noteAnswer(breaker: Breaker, isFailure: boolean, nowMs: number): void {
  if (breaker.state === "open") return;
  if (breaker.state === "half_open") return noteTrial(breaker, isFailure, nowMs);
  breaker.answeredAtMs.push(nowMs);
  breaker.wasFailure.push(isFailure);
  if (isFailure) breaker.failureCount++;
  forgetOld(breaker, nowMs);
  const answerCount = breaker.answeredAtMs.length - breaker.firstIndex;
  if (answerCount >= BREAKER.answerCountMin && breaker.failureCount >= breaker.settings.failureRatio * answerCount)
    become(breaker, "open", nowMs);
}

function noteTrial(breaker: Breaker, isFailure: boolean, nowMs: number): void {
  breaker.trialsAnswered++;
  if (isFailure) breaker.trialsFailed++;
  if (breaker.trialsFailed > 0 && breaker.trialsFailed >= breaker.settings.failureRatio * BREAKER.trialCount)
    become(breaker, "open", nowMs);
  else if (breaker.trialsAnswered >= BREAKER.trialCount) become(breaker, "closed", nowMs);
}

/** Enters a state with everything the one before had counted forgotten. */
function become(breaker: Breaker, state: BreakerState, nowMs: number): void {
  changeGauge(breaker.notClosed, nowMs, Number(state !== "closed") - Number(breaker.state !== "closed"));
  breaker.state = state;
  if (state === "open") {
    breaker.openUntilMs = nowMs + BREAKER.openMs;
    breaker.openedCount++;
  }
  breaker.trialsAdmitted = 0;
  breaker.trialsAnswered = 0;
  breaker.trialsFailed = 0;
  breaker.answeredAtMs.length = 0;
  breaker.wasFailure.length = 0;
  breaker.firstIndex = 0;
  breaker.failureCount = 0;
}

function forgetOld(breaker: Breaker, nowMs: number): void {
  for (;;) {
    const oldest = breaker.answeredAtMs[breaker.firstIndex];
    if (oldest === undefined || oldest > nowMs - BREAKER.rollingMs) break;
    if (breaker.wasFailure[breaker.firstIndex] === true) breaker.failureCount--;
    breaker.firstIndex++;
  }
  if (breaker.firstIndex < 1_024) return;
  breaker.answeredAtMs.splice(0, breaker.firstIndex);
  breaker.wasFailure.splice(0, breaker.firstIndex);
  breaker.firstIndex = 0;
}
