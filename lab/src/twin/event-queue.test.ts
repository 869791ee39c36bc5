import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openEventQueue } from "./event-queue.ts";

describe("event queue", () => {
  it("runs events by time and, at equal times, in the order they were scheduled, as a stable sort does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 400 }), (times) => {
        const queue = openEventQueue<number[]>();
        const ran: number[] = [];

        times.forEach((atMs, index) => queue.schedule(atMs, (world, subject: number) => world.push(subject), index));
        queue.runUntil(ran, 20);

        const expected = times
          .map((atMs, index) => ({ atMs, index }))
          .sort((left, right) => left.atMs - right.atMs)
          .map(({ index }) => index);
        expect(ran).toEqual(expected);
      }),
    );
  });

  it("runs what events schedule, in its turn", () => {
    const queue = openEventQueue<string[]>();
    const ran: string[] = [];
    queue.schedule(
      1,
      (world) => {
        world.push("first");
        queue.schedule(2, (later) => later.push("nested"), undefined);
      },
      undefined,
    );
    queue.schedule(3, (world) => world.push("last"), undefined);

    queue.runUntil(ran, 10);

    expect(ran).toEqual(["first", "nested", "last"]);
  });

  it("leaves events after the end of the span for later, and the clock at its end", () => {
    const queue = openEventQueue<number[]>();
    const ran: number[] = [];
    queue.schedule(5, (world) => world.push(5), undefined);

    queue.runUntil(ran, 4);

    expect({ ran, nowMs: queue.nowMs(), ranCount: queue.ranCount() }).toEqual({ ran: [], nowMs: 4, ranCount: 0 });
  });

  it("refuses an event in the past, and one at no time at all", () => {
    const queue = openEventQueue<undefined>();
    queue.runUntil(undefined, 10);

    expect(() => queue.schedule(9, () => undefined, undefined)).toThrow("lies before now");
    expect(() => queue.schedule(Number.NaN, () => undefined, undefined)).toThrow("lies before now");
  });
});
