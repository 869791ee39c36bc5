// Clocks and notifiers of one's own that answer badly. Nothing is recorded with a wrong time, and runs come to an end.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Clock, type Notifier, ok } from "../../src/interlock.ts";
import { PortSite } from "./port-site.fixture.ts";
import { codeOf, value } from "./site.fixture.ts";

let door: PortSite;
beforeEach(async () => {
  door = await new PortSite().begin();
});
afterEach(() => door.remove());

/** The machine's clock, but for what it says. The types forbid some of these answers; JavaScript does not. */
function clockSaying(nowMs: () => unknown, monotonicMs: () => unknown = () => performance.now()): Clock {
  return {
    nowMs: nowMs as () => number,
    monotonicMs: monotonicMs as () => number,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(Math.max(0, ms), 1_000));
        signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
      }),
  };
}

const failing = (): never => {
  throw new RangeError("s3cret");
};

const faults: readonly (readonly [string, Clock])[] = [
  ["in nanoseconds", clockSaying(() => Date.now() * 1e6)],
  ["in microseconds", clockSaying(() => Date.now() * 1e3)],
  ["with fractions", clockSaying(() => Date.now() + 0.5)],
  ["that is no number", clockSaying(() => Number.NaN)],
  ["before 1970", clockSaying(() => -1)],
  ["as a BigInt", clockSaying(() => BigInt(Date.now()))],
  ["as a promise", clockSaying(async () => Date.now())],
  ["that it cannot give", clockSaying(failing)],
  ["whose monotonic part is no number", clockSaying(Date.now, () => Number.NaN)],
  ["whose monotonic part it cannot give", clockSaying(Date.now, failing)],
];

describe("a clock that gives a time", () => {
  it.each(faults)("%s is refused with a code, nothing is written, and the store stays as it was", async (_, clock) => {
    const good = await door.open();
    await value(good.trust());
    const before = await value(good.verify({ archive: null }));
    const site = await door.open({ clock });

    const asked = [
      await site.operate({ do: "freeze", scope: "*", reason: "" }),
      await site.trust(),
      await site.plan(door.request()),
    ];

    expect(asked.map(codeOf)).toEqual(asked.map(() => "E_PORT_ANSWER"));
    expect(JSON.stringify(asked)).not.toContain("s3cret");
    expect((await value(good.verify({ archive: null }))).length).toBe(before.length);
    expect(codeOf(await good.operate({ do: "freeze", scope: "*", reason: "" }))).toBe("ok");
  });

  it.each(faults)("%s once a run is under way lets the run end, and no record carries it", async (_, broken) => {
    const plan = await door.approved();
    const good = clockSaying(Date.now);
    let clock = good;
    const site = await door.open({
      clock: {
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        sleep: (ms, signal) => good.sleep(ms, signal),
      },
    });
    const startMs = Date.now();

    const run = await value(site.apply({ plan }));
    clock = broken;
    const rest = await value(run.atRest());
    clock = good;

    expect(rest).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
    const times: number[] = [];
    for await (const { atMs } of run.events()) times.push(atMs);
    expect(Math.max(...times)).toBeLessThan(startMs + 600_000);
    expect(codeOf(await site.verify({ archive: null }))).toBe("ok");
  });

  it("wakes nothing at once because its sleep fails", async () => {
    const plan = await door.approved();
    let sleepCount = 0;
    const clock: Clock = {
      ...clockSaying(Date.now),
      sleep: () => {
        sleepCount += 1;
        return Promise.reject(new Error("no timer"));
      },
    };
    const site = await door.open({ clock });

    const run = await value(site.apply({ plan }));

    expect(await value(run.atRest())).toMatchObject({ view: { outcome: "succeeded" } });
    expect(sleepCount).toBeLessThan(20);
  });
});

describe("a notifier that answers with", () => {
  it.each<[string, () => unknown]>([
    ["nothing", () => undefined],
    ["null", async () => null],
    ["a failure without a reason", async () => ({ ok: false })],
    ["an exception", failing],
  ])("%s changes nothing about how a run rests", async (_, answer) => {
    const plan = await door.approved();
    const told: string[] = [];
    const notifiers: readonly Notifier[] = [
      // The types forbid such an answer; JavaScript does not.
      { name: "odd", notify: answer as Notifier["notify"] },
      { name: "good", notify: async ({ kind }) => ok(void told.push(kind)) },
    ];
    const site = await door.open({ notifiers });

    const run = await value(site.apply({ plan }));

    expect(await value(run.atRest())).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
    await site.close();
    expect(told).toEqual(["run_ended"]);
  });
});
