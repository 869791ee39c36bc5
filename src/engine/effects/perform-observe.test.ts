import { describe, expect, it } from "vitest";
import type { ObservedObject } from "../../core/plan/compile/read-object.ts";
import type { ObjectObservation, ObjectRef } from "../../core/plan/plan.ts";
import type { ObserveCommand } from "../../core/run/words/command.ts";
import type { Reply } from "../../core/run/words/input.ts";
import { InvariantError } from "../../core/value/invariant.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { connectorMarginMs } from "../../ports/guard-connector.ts";
import { stopOn } from "../../ports/stop.ts";
import type { Connector } from "../../ports.ts";
import { type Observed, observeObjects, performObserve, readsInFlightMax } from "./perform-observe.ts";

const observationOf = (object: ObjectRef): ObjectObservation => ({
  object,
  fence: "/etag",
  fingerprint: ["/id"],
  facts: [{ fact: "up", pointer: "/up", map: null, atLeast: null, type: { kind: "boolean" } }],
  call: {
    connection: "c",
    connector: "fake",
    operation: "get",
    access: "read",
    with: object,
    timeoutMs: 1,
    outputBytesMax: 1,
  },
});

const lamp = observationOf("lamp/a");
const observations = new Map([lamp, observationOf("lamp/b")].map((observation) => [observation.object, observation]));
const refused: Reply = { kind: "unknown", problem: { code: "E_TARGET_LOST", pointer: "", message: "gone", hint: "h" } };
const shows = (up: boolean): Reply => ({
  kind: "applied",
  output: { up, id: 1, etag: "v" },
  outputBytes: 1,
  outcome: null,
});

/** A world whose clock moves only by sleeping and by readings, each of which takes `readMs`. */
function world(reply: (nowMs: number, object: JsonValue) => Reply, readMs = 0) {
  let nowMs = 0;
  const readAtMs: number[] = [];
  const slept: number[] = [];
  const connector: Connector = {
    name: "fake",
    operations: [],
    checkSettings: () => [],
    perform: (request) => {
      readAtMs.push(nowMs);
      const answer = reply(nowMs, request.with);
      nowMs += readMs;
      return Promise.resolve(answer);
    },
  };
  const stop = new AbortController();
  const context = {
    connections: new Map([["c", { name: "c", connector, settings: {}, secrets: new Map<string, string>() }]]),
    resolveSecret: () => Promise.resolve({ ok: true, value: "" } as const),
    stop: stopOn(stop.signal),
    isShown: (objects: readonly ObservedObject[]) =>
      objects.every(({ facts }) => facts.every(({ value }) => value === true)),
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: (ms: number) => {
        // Every connector here answers at once, so none is cut off.
        if (ms > connectorMarginMs) return new Promise<void>(() => undefined);
        slept.push(ms);
        nowMs += ms;
        return Promise.resolve();
      },
    },
  };
  return { context, readAtMs, slept, stop };
}

const command = (change: Partial<ObserveCommand> = {}): ObserveCommand => ({
  kind: "observe",
  id: "1",
  runId: "run_1",
  stepId: "s1",
  purpose: "after",
  objects: ["lamp/a"],
  alongside: [],
  expect: "",
  everyMs: 100,
  holdMs: 0,
  quietMs: 0,
  untilMs: 1_000,
  ...change,
});

const seenUp = (observed: Observed): readonly unknown[] =>
  observed.kind === "seen" ? observed.objects.map(({ facts }) => facts[0]?.value) : [];

describe("performObserve", () => {
  it("asks a target that cannot be read twice a second, where nothing declares how often", async () => {
    const { context, readAtMs } = world(() => refused);

    const observed = await performObserve(
      command({ purpose: "before", everyMs: 0, untilMs: 2_000 }),
      observations,
      context,
    );

    expect(observed.kind).toBe("failed");
    expect(readAtMs).toEqual([0, 500, 1_000, 1_500, 2_000]);
  });

  it("answers with the first reading that shows what is expected", async () => {
    const { context, readAtMs } = world((nowMs) => shows(nowMs >= 250));

    const observed = await performObserve(command(), observations, context);

    expect(observed).toMatchObject({ kind: "seen", heldMs: 0 });
    expect([seenUp(observed), readAtMs]).toEqual([[true], [0, 100, 200, 300]]);
  });

  it("reads what an invariant needs once, at the end, and leaves out what cannot be read", async () => {
    const asked: JsonValue[] = [];
    const { context } = world((nowMs, object) => {
      asked.push(object);
      return object === "lamp/b" && nowMs < 300 ? refused : shows(nowMs >= 250);
    });
    const alongside = ["lamp/b"] as const;

    const observed = await performObserve(command({ alongside }), observations, context);
    const unread = await performObserve(
      command({ alongside }),
      observations,
      world((_, object) => (object === "lamp/b" ? refused : shows(true))).context,
    );
    const failed = await performObserve(command({ alongside, untilMs: 0 }), observations, world(() => refused).context);

    expect([seenUp(observed), seenUp(unread), failed.kind]).toEqual([[true, true], [true], "failed"]);
    expect(asked).toEqual(["lamp/a", "lamp/a", "lamp/a", "lamp/a", "lamp/b"]);
  });

  it("answers with the last reading when its time is over", async () => {
    const { context, readAtMs } = world(() => shows(false));

    expect(seenUp(await performObserve(command({ untilMs: 250 }), observations, context))).toEqual([false]);
    expect(readAtMs.at(-1)).toBeGreaterThanOrEqual(250);
  });

  it("reads once when its time was over before it came", async () => {
    const { context, readAtMs } = world(() => shows(true));

    expect(seenUp(await performObserve(command({ untilMs: -1 }), observations, context))).toEqual([true]);
    expect(readAtMs).toEqual([0]);
  });

  it("goes on until the expectation has held long enough, and reads last at the end of the hold", async () => {
    const { context, readAtMs } = world(() => shows(true));

    expect(await performObserve(command({ holdMs: 250 }), observations, context)).toMatchObject({
      kind: "seen",
      heldMs: 250,
    });
    expect(readAtMs).toEqual([0, 100, 200, 250]);
  });

  it("begins to hold anew after a reading that does not show it", async () => {
    const { context, readAtMs } = world((nowMs) => shows(nowMs !== 100));

    expect(await performObserve(command({ holdMs: 150 }), observations, context)).toMatchObject({
      kind: "seen",
      heldMs: 150,
    });
    expect(readAtMs).toEqual([0, 100, 200, 300, 350]);
  });

  it("ends with the break of a hold that can no longer be made up for", async () => {
    // Settled at 100 ms and broken at 300 ms: 1000 ms of hold no longer fit into what is left of 1200 ms.
    const { context, readAtMs } = world((nowMs) => shows(nowMs >= 100 && nowMs < 300));

    const observed = await performObserve(command({ holdMs: 1_000, untilMs: 1_200 }), observations, context);

    expect([seenUp(observed), readAtMs]).toEqual([[false], [0, 100, 200, 300]]);
    expect(observed).toMatchObject({ held: [{ object: expect.any(String) }] });
  });

  it("ends when the time to settle is over, and does not wait for a hold that never began", async () => {
    const { context, readAtMs } = world(() => shows(false));

    const observed = await performObserve(command({ holdMs: 60_000, untilMs: 60_250 }), observations, context);

    expect(readAtMs).toEqual([0, 100, 200, 300]);
    expect(observed).not.toHaveProperty("held");
  });

  it("reads on after a failed reading, however late: it shows no break", async () => {
    const { context } = world((nowMs) => (nowMs === 300 ? refused : shows(true)));

    const observed = await performObserve(command({ holdMs: 1_000, untilMs: 1_200 }), observations, context);

    expect(observed).toMatchObject({ kind: "seen", waitedMs: 1_200 });
  });

  it("never ends early while a negative reading has to wait", async () => {
    const { context, readAtMs } = world(() => shows(false));

    await performObserve(command({ holdMs: 200, untilMs: 100, quietMs: 300 }), observations, context);

    expect(readAtMs).toEqual([0, 100, 200, 300]);
  });

  it("counts a hold from the beginning of the first reading to the beginning of the last", async () => {
    const { context } = world(() => shows(true), 400);

    expect(
      await performObserve(command({ holdMs: 300, everyMs: 50, untilMs: 5_000 }), observations, context),
    ).toMatchObject({ heldMs: 401 });
  });

  it("takes a failed reading for none while there is time, and for the answer at the end", async () => {
    const recovering = world((nowMs) => (nowMs < 150 ? refused : shows(true)));
    const dead = world(() => refused);

    expect(seenUp(await performObserve(command(), observations, recovering.context))).toEqual([true]);
    expect(await performObserve(command(), observations, dead.context)).toMatchObject({
      kind: "failed",
      problem: { code: "E_OBSERVE", message: "`lamp/a` cannot be read: gone" },
    });
  });

  it("lets a failed reading break a hold", async () => {
    const { context, readAtMs } = world((nowMs) => (nowMs === 100 ? refused : shows(true)));

    await performObserve(command({ holdMs: 100 }), observations, context);

    expect(readAtMs).toEqual([0, 100, 200, 300]);
  });

  it("decides against the expectation only when the target has been quiet long enough", async () => {
    const { context, readAtMs } = world(() => shows(false));

    expect(await performObserve(command({ untilMs: 100, quietMs: 300 }), observations, context)).toMatchObject({
      kind: "seen",
      waitedMs: 300,
    });
    expect(readAtMs).toEqual([0, 100, 200, 300]);
  });

  it("goes on while the expectation has not held long enough, though its time is over", async () => {
    const { context, readAtMs } = world(() => shows(true));

    expect(
      await performObserve(command({ untilMs: 0, holdMs: 200, quietMs: 300 }), observations, context),
    ).toMatchObject({ kind: "seen", heldMs: 200 });
    expect(readAtMs).toEqual([0, 100, 200]);
  });

  it("stops when it is broken off", async () => {
    const { context, readAtMs, stop } = world(() => shows(false));
    stop.abort();

    expect((await performObserve(command(), observations, context)).kind).toBe("seen");
    expect(readAtMs).toHaveLength(1);
  });

  it("does not read again when it is broken off while it waits", async () => {
    const { context, readAtMs, stop } = world(() => shows(false));
    const sleep = (): Promise<void> => Promise.resolve(stop.abort());

    await performObserve(command(), observations, { ...context, clock: { ...context.clock, sleep } });

    expect(readAtMs).toEqual([0]);
  });

  it("reads nothing that the plan does not say how to see", async () => {
    const { context } = world(() => shows(true));

    await expect(performObserve(command({ objects: ["lamp/c"] }), observations, context)).rejects.toThrow(
      InvariantError,
    );
  });
});

describe("observeObjects", () => {
  it("reads each object once, in the order asked, with its fence", async () => {
    const { context, readAtMs } = world(() => shows(true));

    const seen = await observeObjects([...observations.values()], context);

    expect(seen.ok && seen.value.map(({ object, fence }) => [object, fence])).toEqual([
      ["lamp/a", "v"],
      ["lamp/b", "v"],
    ]);
    expect(readAtMs).toHaveLength(2);
  });

  it("fails as a whole when one object cannot be read", async () => {
    const { context } = world((_, object) => (object === "lamp/b" ? refused : shows(true)));

    expect(await observeObjects([...observations.values()], context)).toMatchObject({
      ok: false,
      error: { code: "E_OBSERVE" },
    });
  });

  /**
   * So many objects, a third of them over a connection of their own, read by a connector that answers when it is told
   * to.
   */
  function fleet(count: number, isFailing: (object: JsonValue) => boolean) {
    const many = Array.from({ length: count }, (_, index) => observationOf(`lamp/${index}`)).map((one, index) =>
      index % 3 === 0 ? { ...one, call: { ...one.call, connection: "d" } } : one,
    );
    const inFlight = { c: 0, d: 0 };
    const most = { c: 0, d: 0 };
    const begun: JsonValue[] = [];
    const looks = new Set<AbortSignal | undefined>();
    const connect = (name: "c" | "d") => ({
      name,
      settings: {},
      secrets: new Map<string, string>(),
      connector: {
        name: "fake",
        operations: [],
        checkSettings: () => [],
        perform: async (request: { readonly with: JsonValue; readonly look?: AbortSignal }) => {
          begun.push(request.with);
          looks.add(request.look);
          inFlight[name] += 1;
          most[name] = Math.max(most[name], inFlight[name]);
          await new Promise((resolve) => setImmediate(resolve));
          inFlight[name] -= 1;
          return isFailing(request.with) ? refused : shows(true);
        },
      } satisfies Connector,
    });
    const { context } = world(() => refused);
    return {
      many,
      most,
      begun,
      looks,
      context: {
        ...context,
        connections: new Map([
          ["c", connect("c")],
          ["d", connect("d")],
        ]),
      },
    };
  }

  it("reads a fleet at most 16 at a time over each connection, and answers in the order asked", async () => {
    const { many, most, context } = fleet(150, () => false);

    const seen = await observeObjects(many, context);

    expect(seen.ok && seen.value.map(({ object }) => object)).toEqual(many.map(({ object }) => object));
    expect(most).toEqual({ c: readsInFlightMax, d: readsInFlightMax });
  });

  it("is one look for all of them, which is over when it is answered", async () => {
    const { looks, many, context } = fleet(5, () => false);
    const { looks: others, context: failing } = fleet(5, () => true);

    await Promise.all([observeObjects(many, context), observeObjects(many, failing)]);
    await observeObjects(many.slice(0, 1), context);

    const [first, ...rest] = [...looks];
    expect([first?.aborted, rest, [...others].map((look) => look?.aborted)]).toEqual([true, [undefined], [true]]);
  });

  it("begins nothing more once an object could not be read, whatever the size of the fleet", async () => {
    const { many, begun, context } = fleet(150, (object) => object === "lamp/1");

    const seen = await observeObjects(many, context);

    expect(seen).toMatchObject({ ok: false, error: { code: "E_OBSERVE", message: expect.stringContaining("lamp/1") } });
    // What was under way beside it may have gone on by one each.
    expect(begun.length).toBeLessThanOrEqual(4 * readsInFlightMax);
  });
});

describe("a target that does not want to be asked so soon", () => {
  const busyFor = (retryAfterMs: number): Reply => ({ ...refused, retryAfterMs }) as Reply;

  it("is read again when it wants, and not every so often", async () => {
    const { context, readAtMs } = world((nowMs) => (nowMs < 300 ? busyFor(350) : shows(true)));

    await performObserve(command(), observations, context);

    expect(readAtMs).toEqual([0, 350]);
  });

  it("is read once more when the time is up, if it wants longer", async () => {
    const { context, readAtMs } = world(() => busyFor(3_600_000));

    const observed = await performObserve(command({ quietMs: 1_500 }), observations, context);

    expect(observed.kind).toBe("failed");
    expect(readAtMs).toEqual([0, 1_500]);
  });
});
