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
}

/**
 * The same clock, but its time of day never goes back. Where the machine's is set back, or a record is ahead of it, it
 * goes on from there with the monotonic clock. A timer in the kernel's time, which is the greatest ever seen, thus
 * comes due after as long as it says, and not an hour later.
 *
 * @param sinceMs - the greatest time seen so far
 */
export function steadyClock(clock: Clock, sinceMs: number): SteadyClock {
  let knownMs = sinceMs;
  let knownAtMs = clock.monotonicMs();
  const advance = (): void => {
    const atMs = clock.monotonicMs();
    knownMs = Math.max(clock.nowMs(), knownMs + (atMs - knownAtMs));
    knownAtMs = atMs;
  };
  return {
    monotonicMs: () => clock.monotonicMs(),
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
  };
}
