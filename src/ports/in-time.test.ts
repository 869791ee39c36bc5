import { describe, expect, it } from "vitest";
import { answerInTime, settlementOf, turnsMax } from "./in-time.ts";

/** A clock whose sleeps end when the test says so. */
function handClock() {
  const wakes: (() => void)[] = [];
  const asked: number[] = [];
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      asked.push(ms);
      wakes.push(resolve);
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  return { clock: { sleep }, asked, pass: () => wakes.splice(0).forEach((wake) => wake()) };
}

const never = new Promise<string>(() => undefined);

describe("waiting for a port", () => {
  it("gives its answer, and its exception", async () => {
    const { clock, asked } = handClock();

    const answer = await answerInTime(Promise.resolve("yes"), { clock, waitMs: 5 });

    expect({ answer, asked }).toEqual({ answer: { isInTime: true, value: "yes" }, asked: [5] });
    await expect(answerInTime(Promise.reject(new Error("no")), { clock, waitMs: 5 })).rejects.toThrow("no");
  });

  it("ends when its time is over", async () => {
    const { clock, pass } = handClock();
    const waiting = answerInTime(never, { clock, waitMs: 5 });

    pass();

    expect(await waiting).toEqual({ isInTime: false });
  });

  it("lets an exception that comes too late fall on nobody", async () => {
    const { clock, pass } = handClock();
    let fail: (error: Error) => void = () => undefined;
    const waiting = answerInTime(new Promise<string>((_, reject) => (fail = reject)), { clock, waitMs: 5 });
    pass();
    const answer = await waiting;

    fail(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve));

    expect(answer).toEqual({ isInTime: false });
  });

  it.each([
    ["before it was asked", true],
    ["while it works", false],
  ])("cuts nothing off that was told to stop %s: it is waited for", async (_, isBefore) => {
    const { clock, pass } = handClock();
    const stop = new AbortController();
    let answer: (text: string) => void = () => undefined;
    if (isBefore) stop.abort();
    const port = new Promise<string>((resolve) => (answer = resolve));
    const waiting = answerInTime(port, { clock, waitMs: 5, signal: stop.signal });
    stop.abort();
    pass();
    await new Promise((resolve) => setImmediate(resolve));

    answer("stopped");

    expect(await waiting).toEqual({ isInTime: true, value: "stopped" });
  });
});

describe("looking at what has become of a promise", () => {
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < turnsMax; turn += 1) await undefined;
  };

  it.each([
    ["an answer", Promise.resolve("yes")],
    ["an answer that takes a few turns", Promise.resolve("no").then(() => Promise.resolve("yes"))],
  ])("shows %s", async (_, asked) => {
    const settlement = settlementOf(asked);
    await turns();

    expect(settlement.state).toEqual({ value: "yes" });
  });

  it("shows that it was rejected, and leaves the exception to its caller", async () => {
    const asked = Promise.reject(new Error("no"));
    const settlement = settlementOf(asked);
    await turns();

    expect(settlement.state).toBe("rejected");
    await expect(asked).rejects.toThrow("no");
  });

  it("shows that it is pending, and lets a later exception fall on its caller alone", async () => {
    let fail: (error: Error) => void = () => undefined;
    const asked = new Promise<string>((_, reject) => (fail = reject));

    const settlement = settlementOf(asked);
    await turns();
    expect(settlement.state).toBe("pending");
    fail(new Error("later"));

    await expect(asked).rejects.toThrow("later");
  });
});
