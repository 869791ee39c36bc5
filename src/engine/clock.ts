import type { Clock } from "../ports.ts";

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      // Node fires a timer beyond 2^31-1 ms at once; whoever sleeps longer is asked again.
      const timer = setTimeout(done, Math.min(Math.max(0, ms), 2_147_483_647));
      signal.addEventListener("abort", done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    }),
};

/**
 * The same clock, whose time of day never goes back and goes on with the monotonic one where it was set back: a timer
 * in the kernel's time, which is the greatest ever seen, comes due after as long as it says and not an hour later.
 *
 * @param sinceMs - the greatest time seen so far
 */
export function steadyClock(clock: Clock, sinceMs: number): Clock {
  let knownMs = sinceMs;
  let knownAtMs = clock.monotonicMs();
  return {
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    nowMs: () => {
      const atMs = clock.monotonicMs();
      knownMs = Math.max(clock.nowMs(), knownMs + (atMs - knownAtMs));
      knownAtMs = atMs;
      // Records carry whole milliseconds.
      return Math.floor(knownMs);
    },
  };
}
