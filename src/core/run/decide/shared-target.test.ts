import { describe, expect, it } from "vitest";
import { attempt, begin, beginPlan, finish, order, phaseOf, replies, stateOf } from "../fixtures/course.fixture.ts";
import { alice, answer, dueFor, dueNow, give, land, read, runToRest } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";

// Two branches of one run may write the same target. A reading taken before the write of one must not be compared with
// what that write leaves.

const ids = (driver: ReturnType<typeof begin>): readonly string[] =>
  dueNow(driver)
    .filter(({ kind }) => kind !== "timer")
    .map(({ id }) => id);

describe("two branches that write one target", () => {
  const both = (): ReturnType<typeof begin> =>
    begin([{ id: "a", box: "x", level: 1 }, { id: "b", box: "x", level: 2 }, { id: "c" }]);

  it("go one after the other in the order they came up; a step that shares nothing with them waits for neither", () => {
    const driver = both();

    expect(ids(driver)).toEqual(["run_1/a/before/0", "run_1/c/before/0"]);
    finish(driver, "a");
    expect(ids(driver)).toEqual(["run_1/b/before/0", "run_1/c/before/0"]);
    runToRest(driver);

    expect({ phase: phaseOf(driver), level: driver.levels.get("x") }).toEqual({ phase: "succeeded", level: 2 });
  });

  it("take no answer to a reading that began too early, because it shows a world the other is changing", () => {
    const driver = both();
    const early = {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: "run_1/b/before/0",
      standing: { kind: "permitted" },
      result: { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 },
    } as const;

    expect(give(driver, early)).toMatchObject({ kind: "refused", problem: { code: "E_INPUT_STALE" } });
  });

  it("do not wait for a step that a freeze holds, because it has nothing in the air", () => {
    const driver = both();
    give(driver, { kind: "freeze", atMs: driver.nowMs, runId: null, scope: "box/x", by: alice, reason: "" });

    read(driver, dueFor(driver, "observe", "a"));

    expect({ a: stateOf(driver, "a").kind, due: ids(driver) }).toEqual({
      a: "held",
      due: ["run_1/b/before/0", "run_1/c/before/0"],
    });
  });

  it("make a step that was held wait for the one that went before it meanwhile (I12)", () => {
    const driver = both();
    const freeze = { atMs: driver.nowMs, runId: null, scope: "box/x", by: alice, reason: "" } as const;
    give(driver, { kind: "freeze", ...freeze });
    read(driver, dueFor(driver, "observe", "a"));
    // The reading of the second is answered after the freeze was lifted, and before the run is told of that.
    give(driver, { kind: "unfreeze", ...freeze });
    read(driver, dueFor(driver, "observe", "b"));

    give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });

    expect({ a: stateOf(driver, "a").kind, b: stateOf(driver, "b").kind }).toEqual({ a: "ready", b: "sent" });
    expect(ids(driver)).toEqual(["run_1/b/do/1/1", "run_1/c/before/0"]);
    attempt(driver, "b", replies.applied);
    read(driver, dueFor(driver, "observe", "b"));
    expect(ids(driver)).toEqual([expect.stringMatching("^run_1/a/before/"), "run_1/c/before/0"]);
  });

  it("do not go on to the second while the first is in doubt", () => {
    const driver = begin([
      { id: "a", box: "x", level: 1, idempotency: "none" },
      { id: "b", box: "x", level: 2 },
    ]);

    attempt(driver, "a", replies.unknown);

    expect(ids(driver)).toEqual(["run_1/a/after/2"]);
  });
});

it("a branch that only reads keeps no other from writing", () => {
  const driver = begin([
    { id: "p", kind: "probe", box: "x" },
    { id: "a", box: "x", level: 1 },
    { id: "b", box: "x", level: 2 },
  ]);

  expect(ids(driver)).toEqual(["run_1/p/do/1/1", "run_1/a/before/0"]);
  finish(driver, "a");
  expect(ids(driver)).toEqual(["run_1/p/do/1/1", "run_1/b/before/0"]);
});

it("a step that names one lock twice shares it with no other", () => {
  const plan = planOf([{ id: "a" }, { id: "b" }]);
  const driver = beginPlan({
    ...plan,
    steps: plan.steps.map((step) => (step.kind === "act" ? { ...step, locks: [...step.locks, ...step.locks] } : step)),
  });

  expect(driver.run?.prepared.steps.map((step) => step.sharesLocks)).toEqual([false, false, false]);
  expect(driver.site.locks.size).toBe(2);
});

it("a killed run keeps its locks while something is in the air, and releases them at its end", () => {
  const driver = begin([{ id: "a" }]);
  read(driver, dueFor(driver, "observe", "a"));
  const command = dueFor(driver, "send", "a");
  order(driver, "kill");
  expect(driver.site.locks.size).toBe(1);

  land(driver, command);
  answer(driver, command, replies.applied);

  expect({ phase: phaseOf(driver), lockCount: driver.site.locks.size, end: driver.run?.phase }).toMatchObject({
    phase: "stopped",
    lockCount: 0,
    end: { wrote: ["a"] },
  });
});
