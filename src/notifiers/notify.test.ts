import { describe, expect, it } from "vitest";
import { problem } from "../core/value/codes.ts";
import { fail, ok } from "../core/value/result.ts";
import type { Notification, Notifier } from "../ports.ts";
import { notify } from "./notify.ts";

const notification: Notification = {
  format: "interlock.notification/1",
  id: "ntf_1",
  deliveryId: "ntf_1.1.1",
  kind: "run_ended",
  subject: "run_1",
  owner: null,
  summary: "the run run_1 has succeeded",
  text: [],
  next: [{ do: "explain", run: "run_1" }],
  escalation: { step: 1, round: 1 },
  atMs: 1,
};
const limits = { timeoutMs: 5_000, signal: new AbortController().signal };

const telling = (name: string, tell: Notifier["notify"]): Notifier => ({ name, notify: tell });
const good = (name: string, told: string[]): Notifier =>
  telling(name, async ({ subject }) => ok(void told.push(`${name}: ${subject}`)));

describe("telling several notifiers", () => {
  it("tells each once, and says that nothing failed", async () => {
    const told: string[] = [];

    expect(await notify([good("a", told), good("b", told)], notification, limits)).toEqual([]);
    expect(told).toEqual(["a: run_1", "b: run_1"]);
    expect(await notify([], notification, limits)).toEqual([]);
  });

  it("names those that failed or threw, in their order, and tells the others all the same", async () => {
    const told: string[] = [];
    const refusal = problem("E_NOTIFICATION_FAILED", "", "nobody is there");
    const notifiers = [
      telling("throws", () => {
        throw new TypeError("https://host/hunter2");
      }),
      good("works", told),
      telling("refuses", async () => fail(refusal)),
      telling("rejects", () => Promise.reject(new TypeError("https://host/hunter2"))),
    ];

    const failures = await notify(notifiers, notification, limits);

    expect(failures.map(({ notifier }) => notifier)).toEqual(["throws", "refuses", "rejects"]);
    expect(failures[1]?.problem).toEqual(refusal);
    expect(failures[0]?.problem.message).toBe("the notifier `throws` failed (TypeError)");
    expect(JSON.stringify(failures)).not.toContain("hunter2");
    expect(told).toEqual(["works: run_1"]);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a word", "ok"],
    ["what only looks like a delivery", { ok: "true" }],
    ["what inherits that it is one", Object.create({ ok: true })],
    ["a failure without a reason", { ok: false }],
    ["a failure whose code is not ours", { ok: false, error: { ...problem("E_USAGE", "", "no"), code: "E_MINE" } }],
  ])("takes %s for a delivery that failed", async (_, answer) => {
    // The types forbid such an answer; JavaScript does not.
    const odd = telling("odd", (async () => answer) as Notifier["notify"]);

    expect(await notify([odd], notification, limits)).toMatchObject([
      { notifier: "odd", problem: { code: "E_NOTIFICATION_FAILED" } },
    ]);
  });

  it("waits for none that ignores its time or an interruption, and tells it to stop", async () => {
    const signals: AbortSignal[] = [];
    const deaf = telling("deaf", (_, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    const stop = new AbortController();

    const late = await notify([deaf], notification, { ...limits, timeoutMs: 10 });
    const interrupted = notify([deaf], notification, { ...limits, signal: stop.signal });
    stop.abort();

    expect(late[0]?.problem.message).toBe("the notifier `deaf` did not answer within 10 ms");
    expect((await interrupted)[0]?.problem.message).toBe("the notifier `deaf` was interrupted");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("tells nobody after an interruption", async () => {
    const told: string[] = [];

    const failures = await notify([good("a", told)], notification, { ...limits, signal: AbortSignal.abort() });

    expect(failures).toHaveLength(1);
    expect(told).toEqual([]);
  });
});
