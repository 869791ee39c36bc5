import { describe, expect, it } from "vitest";
import { attempt, begin, beginPlan, finish, order, phaseOf, replies, stateOf } from "../fixtures/course.fixture.ts";
import { alice, answer, dueFor, dueNow, give, land, read, runToRest } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";

// Two branches of one run may write the same target: a reading taken before one's write must not be compared with what
// it leaves.

const ids = (driver: ReturnType<typeof begin>): readonly string[] =>
  dueNow(driver)
    .filter(({ kind }) => kind !== "timer")
    .map(({ id }) => id);

describe("two branches that write one target", () => {
  const both = (): ReturnType<typeof begin> =>
    begin([{ id: "a", box: "x", level: 1 }, { id: "b", box: "x", level: 2 }, { id: "c" }]);

  it("go one after the other, the first that came up first; who shares nothing with them waits for neither", () => {
    const driver = both();

    expect(ids(driver)).toEqual(["run_1/a/before/0", "run_1/c/before/0"]);
    finish(driver, "a");
    expect(ids(driver)).toEqual(["run_1/b/before/0", "run_1/c/before/0"]);
    runToRest(driver);

    expect([phaseOf(driver), driver.levels.get("x")]).toEqual(["succeeded", 2]);
  });

  it("take no answer to a reading that began too early: it shows a world the other is changing", () => {
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

  it("do not wait for one that a freeze holds: nothing of it is in the air", () => {
    const driver = both();
    give(driver, { kind: "freeze", atMs: driver.nowMs, runId: null, scope: "box/x", by: alice, reason: "" });

    read(driver, dueFor(driver, "observe", "a"));

    expect([stateOf(driver, "a").kind, ids(driver)]).toEqual(["held", ["run_1/b/before/0", "run_1/c/before/0"]]);
  });

  it("of which the first is in doubt do not go on to the second", () => {
    const driver = begin([
      { id: "a", box: "x", level: 1, idempotency: "none" },
      { id: "b", box: "x", level: 2 },
    ]);

    attempt(driver, "a", replies.unknown);

    expect(ids(driver)).toEqual(["run_1/a/after/2"]);
  });
});

it("a branch that only reads keeps nobody from writing", () => {
  const driver = begin([
    { id: "p", kind: "probe", box: "x" },
    { id: "a", box: "x", level: 1 },
    { id: "b", box: "x", level: 2 },
  ]);

  expect(ids(driver)).toEqual(["run_1/p/do/1/1", "run_1/a/before/0"]);
  finish(driver, "a");
  expect(ids(driver)).toEqual(["run_1/p/do/1/1", "run_1/b/before/0"]);
});

it("a step that names one lock twice shares it with nobody", () => {
  const plan = planOf([{ id: "a" }, { id: "b" }]);
  const driver = beginPlan({
    ...plan,
    steps: plan.steps.map((step) => (step.kind === "act" ? { ...step, locks: [...step.locks, ...step.locks] } : step)),
  });

  expect(driver.run?.prepared.steps.map((step) => step.sharesLocks)).toEqual([false, false, false]);
  expect(driver.site.locks.size).toBe(2);
});

it("of a killed run the locks stay while something is in the air, and go with its end", () => {
  const driver = begin([{ id: "a" }]);
  read(driver, dueFor(driver, "observe", "a"));
  const command = dueFor(driver, "send", "a");
  order(driver, "kill");
  expect(driver.site.locks.size).toBe(1);

  land(driver, command);
  answer(driver, command, replies.applied);

  expect([phaseOf(driver), driver.site.locks.size, driver.run?.phase]).toMatchObject(["stopped", 0, { wrote: ["a"] }]);
});
