import assert from "node:assert/strict";
import { type Claim, soon } from "../contract.ts";
import { guardClock } from "../ports/guard-clock.ts";
import type { Clock } from "../ports.ts";

const { signal: quiet } = new AbortController();

/** The claims that every clock must keep whose time passes by itself. */
export function clockContract(clock: Clock): readonly Claim[] {
  // The guard throws for a time that is none.
  const guarded = guardClock(clock, () => undefined);
  return [
    {
      claim: "its time of day is whole milliseconds since 1970",
      check: async () => {
        for (let count = 0; count < 1_000; count += 1) guarded.nowMs();
      },
    },
    {
      claim: "its monotonic time never goes back, and grows",
      check: async () => {
        const startMs = guarded.monotonicMs();
        for (let lastMs = startMs, count = 0; count < 1_000; count += 1) {
          const nowMs = guarded.monotonicMs();
          assert.ok(nowMs >= lastMs, `${nowMs} comes after ${lastMs}`);
          lastMs = nowMs;
        }
        await clock.sleep(20, quiet);
        assert.ok(guarded.monotonicMs() > startMs, "it has grown after a sleep");
      },
    },
    {
      claim: "it sleeps as long as it is told",
      check: async () => {
        const startMs = guarded.monotonicMs();
        await soon(clock.sleep(50, quiet), 5_000);
        // Timers and clocks may differ by a millisecond or two.
        assert.ok(guarded.monotonicMs() - startMs >= 45, "it does not wake early");
        for (const ms of [0, -1]) await soon(clock.sleep(ms, quiet), 1_000);
      },
    },
    {
      claim: "an abort wakes it at once, and is no error",
      check: async () => {
        await soon(clock.sleep(60_000, AbortSignal.abort()), 1_000);
        await soon(clock.sleep(60_000, AbortSignal.timeout(20)), 5_000);
      },
    },
  ];
}
