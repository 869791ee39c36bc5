import { BREAKER, type BreakerSettings } from "../contract/constants.ts";

/**
 * A circuit breaker as plain data.
 *
 *     closed --(share of failures in the rolling window reaches the ratio)--> open
 *     open --(openMs passed, next request)--> half_open
 *     half_open --(all trials answered, share of failures under the ratio)--> closed
 *     half_open --(share of failures among trials reaches the ratio)--> open
 */
export type Breaker =
  | { readonly kind: "closed"; readonly answers: readonly BreakerAnswer[] }
  | { readonly kind: "open"; readonly untilMs: number }
  | {
      readonly kind: "half_open";
      readonly admittedCount: number;
      readonly answeredCount: number;
      readonly failureCount: number;
    };

/** One judged answer. */
export interface BreakerAnswer {
  readonly atMs: number;
  readonly isFailure: boolean;
}

/** The state a breaker starts in. */
export const CLOSED_BREAKER: Breaker = { kind: "closed", answers: [] };

/**
 * Whether an answer counts as a failure: slow, or an error of the service.
 *
 * A worker's own `503 full` does not count: shedding is the worker's protection, and counting it would turn every
 * overload into an open breaker.
 */
export function isFailure(
  answer: { readonly status: number; readonly latencyMs: number; readonly reason: string },
  settings: BreakerSettings,
): boolean {
  if (answer.reason === "full") return false;
  return answer.status >= 500 || answer.latencyMs > settings.slowMs;
}

/** Asks to let a request through at `nowMs`; the state after asking, and the answer. */
export function admit(breaker: Breaker, nowMs: number): { readonly breaker: Breaker; readonly isAdmitted: boolean } {
  switch (breaker.kind) {
    case "closed":
      return { breaker, isAdmitted: true };
    case "open": {
      if (nowMs < breaker.untilMs) return { breaker, isAdmitted: false };
      return { breaker: { kind: "half_open", admittedCount: 1, answeredCount: 0, failureCount: 0 }, isAdmitted: true };
    }
    case "half_open": {
      if (breaker.admittedCount >= BREAKER.trialCount) return { breaker, isAdmitted: false };
      return { breaker: { ...breaker, admittedCount: breaker.admittedCount + 1 }, isAdmitted: true };
    }
    default:
      return breaker satisfies never;
  }
}

/**
 * Tells the breaker how a request that it let through ended. Answers to requests from before it opened change nothing.
 */
export function recordAnswer(breaker: Breaker, answer: BreakerAnswer, settings: BreakerSettings): Breaker {
  switch (breaker.kind) {
    case "closed": {
      const answers = [...breaker.answers.filter((entry) => entry.atMs > answer.atMs - BREAKER.rollingMs), answer];
      const failureCount = answers.filter((entry) => entry.isFailure).length;
      const isTripped =
        answers.length >= BREAKER.answerCountMin && failureCount >= settings.failureRatio * answers.length;
      return isTripped ? { kind: "open", untilMs: answer.atMs + BREAKER.openMs } : { kind: "closed", answers };
    }
    case "open":
      return breaker;
    case "half_open": {
      const answeredCount = breaker.answeredCount + 1;
      const failureCount = breaker.failureCount + (answer.isFailure ? 1 : 0);
      // One answer more than this many failures can no longer bring the trial under the ratio.
      if (failureCount > 0 && failureCount >= settings.failureRatio * BREAKER.trialCount)
        return { kind: "open", untilMs: answer.atMs + BREAKER.openMs };
      if (answeredCount >= BREAKER.trialCount) return CLOSED_BREAKER;
      return { ...breaker, answeredCount, failureCount };
    }
    default:
      return breaker satisfies never;
  }
}

/** Takes back a trial whose client went away before an answer, so that a half-open breaker cannot wait for ever. */
export function withdrawTrial(breaker: Breaker): Breaker {
  if (breaker.kind !== "half_open" || breaker.admittedCount <= breaker.answeredCount) return breaker;
  return { ...breaker, admittedCount: breaker.admittedCount - 1 };
}
