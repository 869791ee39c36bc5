import { describe, expect, it } from "vitest";
import { steadyClock } from "./clock.ts";
import { FakeClock, startOn, testSite, until } from "./engine.fixture.ts";

describe("a steady clock", () => {
  it("goes on with the monotonic clock where the time of day is set back", () => {
    const clock = new FakeClock();
    const steady = steadyClock(clock, { lastSeenMs: 0, clockLeadMs: 0 });
    expect(steady.nowMs()).toBe(1_000);

    clock.wallMs -= 500;
    clock.advance(200);

    expect(steady.nowMs()).toBe(1_200);
  });

  it("goes on from the greatest time that was seen before, and from one that a record carries", () => {
    const clock = new FakeClock();
    const steady = steadyClock(clock, { lastSeenMs: 5_000, clockLeadMs: 0 });
    clock.advance(100);
    expect(steady.nowMs()).toBe(5_100);

    steady.catchUp(9_000);
    clock.advance(100);

    expect(steady.nowMs()).toBe(9_100);
  });

  it("does not go back to the time of an older record", () => {
    const steady = steadyClock(new FakeClock(), { lastSeenMs: 5_000, clockLeadMs: 0 });

    steady.catchUp(4_000);

    expect(steady.nowMs()).toBe(5_000);
  });
});

describe("a run that waits", () => {
  it.each([
    ["back by an hour", -3_600_000],
    ["ahead by an hour and back again", 3_600_000],
  ])("does not wait longer because the clock is set %s", async (_, byMs) => {
    const site = testSite();
    await site.engine.submit(
      startOn(site, "run_1", [
        { id: "w", kind: "wait", forMs: 500 },
        { id: "v", kind: "wait", forMs: 500, after: ["w"] },
      ]),
    );
    const seen = { isIdle: false };
    void site.engine.whenIdle("run_1").then(() => (seen.isIdle = true));

    site.clock.wallMs += byMs;
    await until(() => site.store.kinds("run_1").includes("step_settled"), { clock: site.clock });
    if (byMs > 0) site.clock.wallMs -= byMs;
    await until(() => seen.isIdle, { clock: site.clock });

    expect(site.clock.monotonicMs()).toBeLessThan(2_000);
    expect(site.engine.run("run_1")?.phase).toMatchObject({ outcome: "succeeded" });
  });

  it("does not wait longer because its start was ahead of the engine's clock", async () => {
    const site = testSite();
    const start = startOn(site, "run_1", [{ id: "w", kind: "wait", forMs: 500 }]);

    await site.engine.submit({ ...start, atMs: start.atMs + 3_600_000 });
    await until(() => site.store.kinds("run_1").includes("step_settled"), { clock: site.clock });

    expect(site.clock.monotonicMs()).toBeLessThan(1_000);
  });
});
