/**
 * Counters of the window being recorded. `window-record.ts` turns them into a window of the contract and starts again.
 */

import { SLO_LATENCY_MS } from "../contract/constants.ts";
import { ANSWER_REASONS, type AnswerReason, LATENCY_BOUNDS_MS, latencyBucketIndex } from "../contract/window.ts";

/** Counters since the window began, and the few totals that run from the start. */
export interface Meters {
  offeredCount: number;
  attemptCount: number;
  answeredCount: number;
  goodCount: number;
  reasonCounts: Record<AnswerReason, number>;
  latencyCounts: number[];
  openedCountBefore: number;
  refusedConnectionCount: number;
  readCount: number;
  readMsSum: number;
  writeCount: number;
  writeMsSum: number;
  billingRequestCount: number;
  billingErrorCount: number;
  /** Total since the start: the integrity counter. */
  duplicateRowCount: number;
}

/** Counters at zero. */
export function openMeters(): Meters {
  return {
    offeredCount: 0,
    attemptCount: 0,
    answeredCount: 0,
    goodCount: 0,
    reasonCounts: noReasons(),
    latencyCounts: noLatencies(),
    openedCountBefore: 0,
    refusedConnectionCount: 0,
    readCount: 0,
    readMsSum: 0,
    writeCount: 0,
    writeMsSum: 0,
    billingRequestCount: 0,
    billingErrorCount: 0,
    duplicateRowCount: 0,
  };
}

/** A client's request is settled, `latencyMs` after it was due. */
export function noteSettled(meters: Meters, reason: AnswerReason, latencyMs: number): void {
  meters.answeredCount++;
  meters.reasonCounts[reason]++;
  if (reason !== "ok") return;
  if (latencyMs < SLO_LATENCY_MS) meters.goodCount++;
  const bucket = latencyBucketIndex(latencyMs);
  meters.latencyCounts[bucket] = (meters.latencyCounts[bucket] ?? 0) + 1;
}

/** Sets the window's counters back to zero; totals stay. */
export function resetMeters(meters: Meters, openedCount: number): void {
  Object.assign(meters, {
    ...openMeters(),
    duplicateRowCount: meters.duplicateRowCount,
    openedCountBefore: openedCount,
  });
}

function noReasons(): Record<AnswerReason, number> {
  // Every reason is a key, by construction over ANSWER_REASONS.
  return Object.fromEntries(ANSWER_REASONS.map((reason) => [reason, 0])) as Record<AnswerReason, number>;
}

function noLatencies(): number[] {
  return new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
}
