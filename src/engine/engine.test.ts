import { describe, expect, it } from "vitest";
import { alice } from "../core/run/fixtures/driver.fixture.ts";
import type { Reply, StartInput } from "../core/run/words/input.ts";
import type { RunState } from "../core/run/words/state.ts";
import { problem } from "../core/value/codes.ts";
import { InvariantError } from "../core/value/invariant.ts";
import { deferred, settled, startOn, type TestSite, testSite, until } from "./engine.fixture.ts";
import type { EngineOptions } from "./engine.ts";

const applied = (level: number): Reply => ({ kind: "applied", output: { level }, outputBytes: 1, outcome: null });
const lost: Reply = { kind: "unknown", problem: problem("E_TARGET_LOST", "", "no answer") };

const outcomeOf = (run: RunState | null): string | null => (run?.phase.kind === "ended" ? run.phase.outcome : null);

const stop = (runId: string) => ({ kind: "stop", runId, atMs: 1_000, by: alice, reason: "" }) as const;

/** Whether `whenIdle` has resolved so far. */
function watchIdle(site: TestSite, runId: string): { isIdle: boolean } {
  const seen = { isIdle: false };
  void site.engine.whenIdle(runId).then(() => (seen.isIdle = true));
  return seen;
}

/** A run whose one write is in the air, and its answer. */
async function inTheAir(site: TestSite, start: StartInput): Promise<(reply: Reply) => void> {
  const reply = deferred<Reply>();
  site.onCall = (request) => (request.access === "write" ? reply.promise : null);
  await site.engine.submit(start);
  await until(() => site.writes.length > 0);
  return reply.resolve;
}

describe("carrying out", () => {
  it("does each step once, and ends the run", async () => {
    const site = testSite();

    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }, { id: "b", after: ["a"] }]));

    expect(outcomeOf(await site.engine.whenIdle("run_1"))).toBe("succeeded");
    expect(site.writes).toEqual(["a", "b"]);
  });

  it("carries out nothing before the commit that asks for it is durable (I18)", async () => {
    const site = testSite();
    site.store.mode = "held";
    void site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await settled();
    expect(site.readCount).toBe(0);

    site.store.release();
    await until(() => site.readCount === 1);
    await settled();
    expect(site.writes).toEqual([]);

    site.store.release();
    await until(() => site.writes.length === 1);
    expect(site.early).toEqual([]);
  });

  it("carries out nothing of a run while a later commit of it is still on its way", async () => {
    const site = testSite();
    site.store.mode = "held";
    void site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await settled();
    void site.engine.submit({ kind: "kill", runId: "run_1", atMs: 1_000, by: alice, reason: "" });

    site.store.release();
    await settled();

    expect(site.readCount).toBe(0);
    expect(outcomeOf(site.engine.run("run_1"))).toBe("stopped");
  });

  it("goes on reading while what it learned is still on its way, and sends nothing before it", async () => {
    const site = testSite();
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a" }, { id: "b", after: ["a"] }]));
    site.levels.set("a", 1);
    const readCount = site.readCount;
    site.store.mode = "held";
    answer(applied(1));

    await until(() => site.readCount >= readCount + 2);
    await settled();

    expect([site.writes, site.store.kinds("run_1").at(-1)]).toEqual([["a"], "step_intent"]);
    site.store.release();
    site.store.mode = "auto";
    await until(() => site.writes.length === 2);
    expect(site.early).toEqual([]);
  });

  it("lets runs that ended long ago out of memory, and starts none of them a second time", async () => {
    const site = testSite();
    for (let number = 0; number < 300; number += 1) {
      await site.engine.submit(startOn(site, `run_${number}`, [{ id: `a${number}` }]));
      await site.engine.whenIdle(`run_${number}`);
    }

    expect([site.engine.run("run_0"), site.engine.run("run_299")]).toMatchObject([null, { phase: { kind: "ended" } }]);
    expect(await site.engine.submit(startOn(site, "run_0", [{ id: "a0" }]))).toMatchObject({
      ok: false,
      error: { code: "E_RUN_EXISTS" },
    });
    expect(site.store.kinds("run_0").at(-1)).toBe("input_refused");
  });

  it("carries out nothing twice, however often the run is looked at meanwhile (I3)", async () => {
    const site = testSite();
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a" }]));

    for (let round = 0; round < 5; round += 1)
      await site.engine.submit({ kind: "tick", runId: "run_1", atMs: site.clock.nowMs() });
    site.levels.set("a", 1);
    answer(applied(1));
    await site.engine.whenIdle("run_1");

    expect(site.writes).toEqual(["a"]);
  });

  it("reads for a doubt at the pace declared, also where what is expected held before the write", async () => {
    const site = testSite();
    site.levels.set("a", 1);
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a", idempotency: "none", landsWithinMs: 500 }]));
    answer(lost);
    await settled();
    const readCount = site.readCount;
    await settled();

    expect([site.readCount, site.clock.sleeperCount()]).toEqual([readCount, 2]);
    await until(() => outcomeOf(site.engine.run("run_1")) === "succeeded", { clock: site.clock });
    expect(site.writes).toEqual(["a"]);
  });

  it("keeps branches in the air side by side, each with an intent of its own", async () => {
    const site = testSite();

    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }, { id: "b" }, { id: "c" }]));
    await site.engine.whenIdle("run_1");

    expect([...site.writes].sort()).toEqual(["a", "b", "c"]);
    expect(site.early).toEqual([]);
  });

  it("ignores the reading of a step that nothing waits for any more", async () => {
    const site = testSite();
    const reading = deferred<Reply>();
    site.onCall = () => reading.promise;
    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await until(() => site.readCount === 1);

    await site.engine.submit(stop("run_1"));
    reading.resolve(applied(0));
    await settled();

    expect(site.writes).toEqual([]);
    expect(site.store.kinds("run_1")).not.toContain("step_intent");
    expect(outcomeOf(site.engine.run("run_1"))).toBe("stopped");
  });

  it("waits for what is in the air when a run is stopped", async () => {
    const site = testSite();
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a" }, { id: "b", after: ["a"] }]));
    const seen = watchIdle(site, "run_1");

    await site.engine.submit(stop("run_1"));
    await settled();
    expect(seen.isIdle).toBe(false);
    site.levels.set("a", 1);
    answer(applied(1));
    await until(() => seen.isIdle);

    expect(site.writes).toEqual(["a"]);
    expect(site.engine.run("run_1")?.phase).toMatchObject({ kind: "ended", outcome: "stopped", wrote: ["a"] });
  });

  it("asks whether a run still stands before its steps alone, where the answer counts", async () => {
    const site = testSite();

    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await site.engine.whenIdle("run_1");

    expect(site.standingCount).toBe(1);
  });
});

describe("reporting", () => {
  it("tells of every event in the order of the log, and of none that is not durable", async () => {
    const site = testSite();
    site.store.mode = "held";
    void site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await settled();
    expect(site.reported).toEqual([]);

    site.store.mode = "auto";
    site.store.release();
    await site.engine.whenIdle("run_1");

    expect(site.reported).toEqual(site.store.durable.map(({ event }) => event));
  });
});

describe("a store that refuses", () => {
  it.each(["full", "throws"] as const)("halts everything when a commit fails (%s), with nothing sent", async (mode) => {
    const site = testSite();
    const reading = deferred<Reply>();
    site.onCall = () => reading.promise;
    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await until(() => site.readCount === 1);
    const seen = watchIdle(site, "run_1");

    site.store.mode = mode;
    reading.resolve(applied(0));
    await until(() => seen.isIdle);

    expect(site.writes).toEqual([]);
    expect(site.engine.halted?.code).toBe("E_ENGINE_HALTED");
    site.store.mode = "auto";
    expect(await site.engine.submit(startOn(site, "run_2", [{ id: "b" }]))).toMatchObject({
      ok: false,
      error: { code: "E_ENGINE_HALTED" },
    });
    expect(await site.engine.record([], [])).toMatchObject({ ok: false, error: { code: "E_ENGINE_HALTED" } });
    await settled();
    expect(site.writes).toEqual([]);
  });

  it("halts the other runs too: memory is ahead of the disk", async () => {
    const site = testSite();
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a" }, { id: "b", after: ["a"] }]));

    site.store.mode = "full";
    await site.engine.submit(startOn(site, "run_2", [{ id: "c" }]));
    site.levels.set("a", 1);
    answer(applied(1));
    await settled();

    expect(site.writes).toEqual(["a"]);
  });
});

describe("recording", () => {
  it("changes nothing in memory where one of several events cannot be folded", async () => {
    const site = testSite();
    const rejected = {
      kind: "approval_rejected",
      runId: null,
      planHash: startOn(site, "run_1", []).planHash,
      by: alice,
      reason: "",
    } as const;
    const impossible = { kind: "engine_opened", runId: null, epoch: 0, release: "" } as const;

    await expect(site.engine.record([rejected, impossible], [])).rejects.toThrow(InvariantError);

    expect((await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]))).ok).toBe(true);
  });
});

describe("whenIdle", () => {
  it("resolves at once for a run that has ended", async () => {
    const site = testSite();
    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await site.engine.whenIdle("run_1");

    expect(outcomeOf(await site.engine.whenIdle("run_1"))).toBe("succeeded");
  });

  it("does not resolve while a call is in the air or time is waited for", async () => {
    const site = testSite();
    await site.engine.submit(startOn(site, "run_1", [{ id: "w", kind: "wait", forMs: 500 }]));
    const seen = watchIdle(site, "run_1");
    await settled();
    expect(seen.isIdle).toBe(false);

    site.clock.advance(500);
    await until(() => seen.isIdle);

    expect(outcomeOf(site.engine.run("run_1"))).toBe("succeeded");
  });

  it("resolves when a dirty run waits for a person", async () => {
    const site = testSite();
    site.onCall = (request, box) =>
      request.access === "write" && box === "b"
        ? { kind: "rejected", problem: problem("E_TARGET_REFUSED", "", "no"), retryable: false }
        : null;
    await site.engine.submit(
      startOn(site, "run_1", [
        { id: "a", irreversible: true },
        { id: "b", after: ["a"] },
      ]),
    );

    expect((await site.engine.whenIdle("run_1")).phase.kind).toBe("dirty");
  });

  it("resolves when a doubt that reading does not settle waits for a person, and goes on looking", async () => {
    const site = testSite();
    site.onCall = (request) => (request.access === "write" ? lost : null);
    await site.engine.submit(startOn(site, "run_1", [{ id: "a", idempotency: "none" }]));
    const seen = watchIdle(site, "run_1");

    await until(() => seen.isIdle, { clock: site.clock });

    expect(site.engine.run("run_1")?.doubtCount).toBe(1);
    expect(site.writes).toEqual(["a"]);
    site.levels.set("a", 1);
    await until(() => outcomeOf(site.engine.run("run_1")) === "succeeded", { clock: site.clock });
  });

  it("leaves nothing behind that ticks once the engine is closed", async () => {
    const site = testSite();
    await inTheAir(site, startOn(site, "run_1", [{ id: "a" }]));
    void site.engine.whenIdle("run_1");

    await site.engine.close();
    await settled();

    expect(site.clock.sleeperCount()).toBe(0);
  });
});

describe("a broken invariant", () => {
  it("stops its run alone, is recorded, and lets nobody wait for ever", async () => {
    const site = testSite();
    site.onCall = (request, box) => {
      if (request.access === "read" && box === "a") throw new InvariantError("something of ours");
      return null;
    };
    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }]));
    await site.engine.submit(startOn(site, "run_2", [{ id: "b" }]));

    expect(outcomeOf(await site.engine.whenIdle("run_2"))).toBe("succeeded");
    await site.engine.whenIdle("run_1");

    expect(site.engine.brokenBy("run_1")?.code).toBe("E_INTERNAL");
    expect(site.engine.brokenBy("run_2")).toBeNull();
    expect(site.writes).toEqual(["b"]);
    expect(await site.engine.submit(stop("run_1"))).toMatchObject({ ok: false, error: { code: "E_INTERNAL" } });
    expect(site.store.kinds("run_1")).toContain("input_refused");
  });
});

describe("two runs", () => {
  it("go on side by side", async () => {
    const site = testSite();
    await site.engine.submit(startOn(site, "run_1", [{ id: "a" }, { id: "b", after: ["a"] }]));
    await site.engine.submit(startOn(site, "run_2", [{ id: "c" }, { id: "d", after: ["c"] }]));

    const runs = await Promise.all([site.engine.whenIdle("run_1"), site.engine.whenIdle("run_2")]);

    expect(runs.map(outcomeOf)).toEqual(["succeeded", "succeeded"]);
    expect([...site.writes].sort()).toEqual(["a", "b", "c", "d"]);
    expect(site.early).toEqual([]);
  });

  it("of which one holds the lock: the other is refused and writes nothing (I5)", async () => {
    const site = testSite();
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a" }]));

    expect(await site.engine.submit(startOn(site, "run_2", [{ id: "a" }]))).toMatchObject({
      ok: false,
      error: { code: "E_LOCKED" },
    });
    site.levels.set("a", 1);
    answer(applied(1));
    await site.engine.whenIdle("run_1");

    expect(site.writes).toEqual(["a"]);
  });

  it("held by a freeze go on when it is lifted", async () => {
    const site = testSite();
    const start = startOn(site, "run_1", [
      { id: "w", kind: "wait", forMs: 10 },
      { id: "a", after: ["w"] },
    ]);
    await site.engine.submit(start);
    await site.engine.submit({ kind: "freeze", runId: null, scope: "*", atMs: 1_000, by: alice, reason: "" });
    await until(() => site.store.kinds("run_1").includes("step_held"), { clock: site.clock, stepMs: 10 });
    expect(site.writes).toEqual([]);

    await site.engine.submit({
      kind: "unfreeze",
      runId: null,
      scope: "*",
      atMs: site.clock.nowMs(),
      by: alice,
      reason: "",
    });

    expect(outcomeOf(await site.engine.whenIdle("run_1"))).toBe("succeeded");
  });
});

describe("what an earlier engine left", () => {
  const inputs = [
    ["a stop", stop("run_1")],
    ["a tick", { kind: "tick", runId: "run_1", atMs: 1_000 }],
    ["a freeze that is lifted", { kind: "unfreeze", runId: null, scope: "box/z", atMs: 1_000, by: alice, reason: "" }],
  ] as const;

  /** A site whose engine was killed while a write was in the air, and its successor. */
  async function successor(
    idempotency: "keyed" | "none",
    connections?: EngineOptions["connections"],
  ): Promise<TestSite> {
    const first = testSite();
    await first.engine.submit({ kind: "freeze", runId: null, scope: "box/z", atMs: 1_000, by: alice, reason: "" });
    await inTheAir(first, startOn(first, "run_1", [{ id: "a", idempotency }]));
    return testSite({ epoch: 2, left: first, ...(connections === undefined ? {} : { connections }) });
  }

  it.each(inputs)("is not sent again on %s before it was taken over (I3, I19)", async (_, input) => {
    const site = await successor("none");

    await site.engine.submit(input);
    await settled();

    expect(site.writes).toEqual(["a"]);
  });

  it.each(inputs)("is not called unsent on %s by an engine without connections (I3)", async (_, input) => {
    const site = await successor("none", new Map());

    await site.engine.submit(input);
    await settled();

    expect(site.store.kinds("run_1")).not.toContain("attempt_settled");
  });

  it("is in doubt once taken over, and not sent again", async () => {
    const site = await successor("none");

    await site.engine.takeOver(["run_1"]);
    await settled();

    expect(site.engine.run("run_1")?.doubtCount).toBe(1);
    expect(site.writes).toEqual(["a"]);
  });

  it("is in doubt, and not sent even under a key, where the site is no longer the plan's (I12)", async () => {
    const site = await successor("keyed");
    site.standing = { kind: "withdrawn", problem: problem("E_CONNECTION_CHANGED", "", "it leads elsewhere") };

    await site.engine.takeOver(["run_1"]);
    await settled();

    expect(site.engine.run("run_1")?.doubtCount).toBe(1);
    expect(site.writes).toEqual(["a"]);
  });

  it("is sent under the same key once taken over, where the target de-duplicates", async () => {
    const site = await successor("keyed");

    await site.engine.takeOver(["run_1"]);
    const run = await site.engine.whenIdle("run_1");

    expect(outcomeOf(run)).toBe("succeeded");
    expect(site.writes).toEqual(["a", "a"]);
    expect(site.early).toEqual([]);
  });
});

describe("close", () => {
  it("abandons what is in the air: its answer is not taken in any more", async () => {
    const site = testSite();
    const answer = await inTheAir(site, startOn(site, "run_1", [{ id: "a" }, { id: "b", after: ["a"] }]));

    await site.engine.close();
    site.levels.set("a", 1);
    answer(applied(1));
    await settled();

    expect(site.store.isClosed).toBe(true);
    expect(site.store.kinds("run_1")).not.toContain("attempt_settled");
    expect(site.writes).toEqual(["a"]);
  });
});
