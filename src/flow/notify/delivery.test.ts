import { describe, expect, it } from "vitest";
import type { NotificationEvent } from "../../core/run/words/notification-event.ts";
import { problem } from "../../core/value/codes.ts";
import { fail, ok } from "../../core/value/result.ts";
import { backOffMs, isRecordedFailure } from "./back-off.ts";
import { Delivery, type DeliveryMode, type DeliveryParts } from "./delivery.ts";
import type { Told } from "./lane.ts";
import { Outbox } from "./outbox.ts";
import type { PlannedTelling } from "./tellings.ts";

/** A log in memory, and a clock that moves only when somebody sleeps. */
class World {
  readonly log: NotificationEvent[] = [];
  nowMs = 0;
  isFull = false;

  queue(count: number, owner: string | null = null, to: readonly string[] = ["pager"]): void {
    for (let index = 0; index < count; index += 1) {
      const subject = `inc_${this.log.length}`;
      const what = { about: "incident_closed", subject, owner, to, handover: null } as const;
      this.log.push({ kind: "notification_queued", runId: null, notificationId: `ntf_${subject}`, ...what });
    }
  }

  parts(tell: (telling: PlannedTelling) => Promise<Told>, more: Partial<DeliveryParts> = {}): DeliveryParts {
    const outbox = new Outbox();
    return {
      nowMs: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      random: () => 0.5,
      sleep: async (ms) => {
        await new Promise((resolve) => setImmediate(resolve));
        this.nowMs += ms;
      },
      refresh: async () => {
        for (const event of this.log.slice(outbox.nextSeq)) outbox.take({ seq: outbox.nextSeq, atMs: 0, event });
        return ok(outbox);
      },
      audience: async () => ({ names: new Set(["pager", "chat"]), escalation: null }),
      tell: async (_, telling) => tell(telling),
      record: async (events) => {
        if (this.isFull) return fail(problem("E_STORE_FULL", "", "no room"));
        this.log.push(...events);
        return ok(undefined);
      },
      ...more,
    };
  }

  kinds(kind: NotificationEvent["kind"]): number {
    return this.log.filter((event) => event.kind === kind).length;
  }
}

const refused: Told = fail(problem("E_NOTIFICATION_FAILED", "", "nobody is there"));
const quiet = new AbortController().signal;
const run = (parts: DeliveryParts, mode: DeliveryMode, signal = quiet) => new Delivery(parts).run(() => mode, signal);

describe("delivering", () => {
  it("tries everything once, records what was taken, and tells what was not", async () => {
    const world = new World();
    world.queue(3);

    const tally = await run(
      world.parts(async ({ notificationId }) => (notificationId === "ntf_inc_1" ? refused : ok("delivered"))),
      "once",
    );

    expect(tally).toMatchObject({ deliveredCount: 2, failures: [{ notifier: "pager" }], problem: null });
    expect(tally.undelivered.map(({ notificationId }) => notificationId)).toEqual(["ntf_inc_1"]);
    expect([world.kinds("notification_delivered"), world.kinds("notification_failed")]).toEqual([2, 1]);
  });

  it("tries again, later each time, and records ever fewer failures", async () => {
    const world = new World();
    world.queue(1);
    const times: number[] = [];

    await run(
      world.parts(async () => {
        times.push(world.nowMs);
        return times.length < 10 ? refused : ok("delivered");
      }),
      "open",
    );

    const waits = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(waits.every((ms, index) => ms >= (index === 0 ? 500 : (waits[index - 1] ?? 0)))).toBe(true);
    expect(
      world.log.flatMap((event) => ("attemptCount" in event ? [`${event.kind} ${event.attemptCount}`] : [])),
    ).toEqual([...[1, 2, 4, 8].map((count) => `notification_failed ${count}`), "notification_delivered 10"]);
  });

  it("calls a notifier that is down a few times, and not once for each notification", async () => {
    const world = new World();
    world.queue(1_000);
    let count = 0;

    const tally = await run(
      world.parts(async () => {
        count += 1;
        return refused;
      }),
      "once",
    );

    expect(count).toBeLessThanOrEqual(16);
    expect(tally.undelivered).toHaveLength(1_000);
  });

  it("lets a notifier that hangs hold up no other", async () => {
    const world = new World();
    world.queue(20, null, ["chat", "pager"]);
    const stop = new AbortController();
    const told: string[] = [];

    await run(
      world.parts(({ notifier }) => {
        if (notifier === "pager")
          return new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve(refused)));
        told.push(notifier);
        if (told.length === 20) stop.abort();
        return Promise.resolve(ok("delivered"));
      }),
      "open",
      stop.signal,
    );

    expect(told).toHaveLength(20);
    expect(world.kinds("notification_delivered")).toBe(20);
  });

  it("tells what somebody is asked for before what is only told", async () => {
    const world = new World();
    world.queue(50);
    world.queue(1, "ada");
    const told: string[] = [];

    await run(
      world.parts(async ({ notificationId }) => {
        told.push(notificationId);
        return ok("delivered");
      }),
      "once",
    );

    expect(told[0]).toBe("ntf_inc_50");
  });

  it("tells nothing twice while the log cannot be written, and ends", async () => {
    const world = new World();
    world.queue(5);
    world.isFull = true;
    let count = 0;

    const tally = await run(
      world.parts(async () => {
        count += 1;
        return ok("delivered");
      }),
      "once",
    );

    expect([count, tally.problem?.code]).toEqual([5, "E_STORE_FULL"]);
  });

  it("ends where nothing will come up, and stays where it is told to until it is stopped", async () => {
    const world = new World();
    const stop = new AbortController();
    world.queue(1);

    await run(
      world.parts(async () => ok("delivered")),
      "open",
    );
    const staying = run(
      world.parts(async () => {
        setImmediate(() => stop.abort());
        return ok("delivered");
      }),
      "stay",
      stop.signal,
    );
    world.queue(1);
    await staying;

    expect(world.kinds("notification_delivered")).toBe(2);
  });
});

// The same bar as `npm run notify:soak`, with a clock of its own.
it("loses none of 100 where the receiver is down, slow, or keeps and denies, and the sender is killed", async () => {
  const world = new World();
  world.queue(100);
  const kept = new Map<string, number>();
  let seed = 20_251_201;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const receiver = async ({ notificationId }: PlannedTelling): Promise<Told> => {
    const luck = random();
    const keep = (): void => void kept.set(notificationId, (kept.get(notificationId) ?? 0) + 1);
    if (Math.floor(world.nowMs / 3_000) % 3 === 2 || luck < 0.1) return refused;
    if (luck < 0.2) world.nowMs += 200;
    keep();
    return luck > 0.8 ? refused : ok("delivered");
  };

  let killCount = 0;
  for (; kept.size < 100 && killCount < 500; killCount += 1) {
    // Killed: what was told and not yet recorded is told again by the next one, under the same id.
    const stop = new AbortController();
    const life = 10 + random() * 30;
    let tellCount = 0;
    const parts = world.parts(async (telling) => {
      tellCount += 1;
      if (tellCount > life) stop.abort();
      return receiver(telling);
    });
    await run(
      { ...parts, random, record: async (events) => (stop.signal.aborted ? ok(undefined) : parts.record(events)) },
      "open",
      stop.signal,
    );
  }
  await run(world.parts(receiver, { random }), "open");

  expect(kept.size).toBe(100);
  expect(killCount).toBeGreaterThan(3);
  expect([...kept.values()].some((count) => count > 1)).toBe(true);
  expect(world.kinds("notification_delivered")).toBe(100);
});

describe("back-off", () => {
  it("doubles from a second up to five minutes, half of it by chance", () => {
    const [least, most] = [() => 0, () => 1];

    expect([1, 2, 3, 9, 40].map((count) => backOffMs(count, most))).toEqual([1_000, 2_000, 4_000, 256_000, 300_000]);
    expect([1, 40].map((count) => backOffMs(count, least))).toEqual([500, 150_000]);
    expect([1, 2, 3, 4, 5, 6, 7, 8].filter(isRecordedFailure)).toEqual([1, 2, 4, 8]);
  });
});
