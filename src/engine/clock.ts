import { PortError } from "../ports/port-error.ts";
import type { Clock } from "../ports.ts";

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      // Node fires a timer beyond 2^31-1 ms at once. A longer sleep ends early, and its command is due again.
      const timer = setTimeout(done, Math.min(Math.max(0, ms), 2_147_483_647));
      signal.addEventListener("abort", done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    }),
};

/** A clock that never goes back. */
export interface SteadyClock extends Clock {
  /** A record carries this time: the clock is at least there by now. */
  catchUp(atMs: number): void;
  /**
   * How far its time is ahead of the machine's clock now, in whole milliseconds: the lead that a person has accepted,
   * and what the machine's clock is behind beyond that.
   */
  leadMs(): number;
  /** From now on this much of the lead counts as right. */
  anchor(leadMs: number): void;
}

/** What a steady clock goes on from. */
export interface SteadySince {
  /** The greatest time seen so far. */
  readonly lastSeenMs: number;
  /** How far ahead of the machine's clock a person has accepted the log's time to be. */
  readonly clockLeadMs: number;
}

/**
 * The same clock, but its time of day never goes back. Where the machine's is set back, or a record is ahead of it, it
 * goes on from there with the monotonic clock. So it does where the machine's fails: runs
 * that are under way have to come to an end. A timer in the kernel's time, which is the greatest ever seen, thus
 * comes due after as long as it says, and not an hour later.
 */
export function steadyClock(clock: Clock, since: SteadySince): SteadyClock {
  let knownMs = since.lastSeenMs;
  let acceptedMs = since.clockLeadMs;
  let knownAtMs = monotonicOr(clock, 0);
  /** Returns the machine's time, with the lead that a person has accepted. */
  const advance = (): number => {
    const atMs = monotonicOr(clock, knownAtMs);
    const laterMs = knownMs + Math.max(0, atMs - knownAtMs);
    // A clock that gives no time is no clock that is behind.
    const machineMs = timeOr(clock, laterMs - acceptedMs) + acceptedMs;
    knownMs = Math.max(machineMs, laterMs);
    knownAtMs = atMs;
    return machineMs;
  };
  return {
    monotonicMs: () => monotonicOr(clock, knownAtMs),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    nowMs: () => {
      advance();
      // Records carry whole milliseconds.
      return Math.floor(knownMs);
    },
    catchUp: (atMs) => {
      if (atMs <= knownMs) return;
      advance();
      knownMs = Math.max(knownMs, atMs);
    },
    leadMs: () => {
      const machineMs = advance() - acceptedMs;
      return Math.max(0, Math.floor(knownMs - machineMs));
    },
    anchor: (leadMs) => {
      advance();
      acceptedMs = leadMs;
    },
  };
}

// What a clock says, or something else where it fails. Two functions and no closure, because every event asks.

function timeOr(clock: Clock, otherwise: number): number {
  try {
    return clock.nowMs();
  } catch (error) {
    return insteadOf(error, otherwise);
  }
}

function monotonicOr(clock: Clock, otherwise: number): number {
  try {
    return clock.monotonicMs();
  } catch (error) {
    return insteadOf(error, otherwise);
  }
}

function insteadOf(error: unknown, otherwise: number): number {
  if (error instanceof PortError) return otherwise;
  throw error;
}
