// The machine's clock, held against the contract; then the contract itself, against clocks that break it.
import { describe, expect, it } from "vitest";
import type { Clock } from "../ports.ts";
import { systemClock } from "./clock.ts";
import { clockContract } from "./clock-contract.ts";

describe("the machine's clock", () => {
  for (const { claim, check } of clockContract(systemClock)) it(claim, check);
});

describe("the contract notices a clock that", () => {
  it.each<[string, string, Partial<Clock>]>([
    ["counts nanoseconds", "its time of day", { nowMs: () => Date.now() * 1e6 }],
    ["gives fractions", "its time of day", { nowMs: () => performance.timeOrigin + performance.now() + 0.5 }],
    ["gives no number", "its time of day", { nowMs: () => Number.NaN }],
    ["goes back", "its monotonic time", { monotonicMs: () => -performance.now() }],
    ["stands still", "its monotonic time", { monotonicMs: () => 1 }],
    ["does not sleep", "it sleeps", { sleep: async () => undefined }],
    ["takes an abort for an error", "an abort wakes it", { sleep: () => Promise.reject(new Error("aborted")) }],
  ])("%s", async (_, beginning, change) => {
    const claim = clockContract({ ...systemClock, ...change }).find((one) => one.claim.startsWith(beginning));

    await expect(claim?.check()).rejects.toThrow();
  });
});
