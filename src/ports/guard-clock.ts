import type { Clock } from "../ports.ts";
import { PortError } from "./port-error.ts";
import { nameOf } from "./read-answer.ts";

/** The end of the year 2199. A clock in microseconds or nanoseconds is far beyond. */
const nowMsMax = Date.UTC(2200, 0, 1) - 1;

/** How long a wait lasts whose clock failed. Its timer is then due again, and must not come back at once. */
const failedSleepMs = 1_000;

/**
 * The same clock, but a time that it gives is one: whole milliseconds since 1970, before the year 2200. A record
 * carries it for ever, and no later record may be older, so a single wrong time would end a store.
 *
 * `nowMs` and `monotonicMs` throw `PortError` where the clock throws or gives anything else. `sleep` never rejects.
 *
 * @param onDefect - hears what the clock threw
 */
export function guardClock(clock: Clock, onDefect: (error: unknown) => void): Clock {
  const ask = (what: string, read: () => unknown, fits: (value: number) => boolean): number => {
    let value: unknown;
    try {
      value = read();
    } catch (error) {
      onDefect(error);
      throw new PortError(`the clock's \`${what}\` threw ${nameOf(error)}`);
    }
    if (typeof value === "number" && fits(value)) return value;
    throw new PortError(`the clock's \`${what}\` gave ${typeof value === "number" ? String(value) : typeof value}`);
  };
  return {
    nowMs: () =>
      ask(
        "nowMs",
        () => clock.nowMs(),
        (value) => Number.isInteger(value) && value >= 0 && value <= nowMsMax,
      ),
    monotonicMs: () => ask("monotonicMs", () => clock.monotonicMs(), Number.isFinite),
    sleep: async (ms, signal) => {
      try {
        await clock.sleep(ms, signal);
      } catch (error) {
        onDefect(error);
        await aMoment(Math.min(ms, failedSleepMs), signal);
      }
    },
  };
}

function aMoment(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
