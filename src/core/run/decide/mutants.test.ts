import { describe, expect, it } from "vitest";
import { applyRun } from "../apply/apply.ts";
import {
  attempt,
  begin,
  beginPlan,
  finish,
  kindsOf,
  order,
  phaseOf,
  replies,
  stateOf,
} from "../fixtures/course.fixture.ts";
import { answer, dueFor, give, read, startOf, type TestDriver, testDriver } from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import { proposeRollback } from "../tell/propose-rollback.ts";
import { viewRun } from "../tell/view.ts";

// Mutants that a random sample found and no test noticed, each with a test of what it would break.

describe("a reply", () => {
  it("to a try of the other direction, or of another engine, does not settle this one", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");

    for (const other of [
      { ...command.attempt, direction: "undo" as const },
      { ...command.attempt, epoch: 7 },
    ]) {
      expect(kindsOf(answer(driver, { ...command, attempt: other }, replies.rejected))).toEqual(["reply_ignored"]);
    }
    expect(dueFor(driver, "send", "a").id).toBe(command.id);
  });
});

describe("a kill", () => {
  it("leaves a write that could not be read back to a person, and the run does not end by itself", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", replies.applied);
    const command = dueFor(driver, "observe", "a");
    const problem = { code: "E_OBSERVE", pointer: "", message: "", hint: "" } as const;
    give(driver, {
      kind: "observed",
      atMs: command.untilMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem },
    });
    driver.nowMs = command.untilMs;

    order(driver, "kill");

    expect({ a: stateOf(driver, "a").kind, phase: phaseOf(driver) }).toEqual({ a: "in_doubt", phase: "killed" });
  });

  it("on the way back keeps what was not undone, and a rollback of the ended run proposes it", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
    finish(driver, "a");
    order(driver, "rollback");
    order(driver, "kill");

    expect({ a: stateOf(driver, "a").kind, phase: phaseOf(driver) }).toEqual({ a: "undo_ready", phase: "stopped" });
    expect(proposeRollback(driver.run ?? expect.fail())).toMatchObject({
      ok: true,
      value: { steps: [{ id: "undo_a" }] },
    });
  });
});

it("an undo is read back for as long as the way back declares, not the way there", () => {
  const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }]);
  const driver = beginPlan({
    ...plan,
    steps: plan.steps.map((step) =>
      step.kind === "act" && step.compensation !== null
        ? { ...step, compensation: { ...step.compensation, withinMs: 9_000 } }
        : step,
    ),
  });
  finish(driver, "a");
  order(driver, "rollback");
  attempt(driver, "a", replies.applied);

  expect(stateOf(driver, "a")).toMatchObject({ kind: "verifying", untilMs: driver.nowMs + 9_000 });
});

it("a step that reading settles as not happened takes the branch the plan has for it", () => {
  const driver = begin([
    { id: "a", idempotency: "none", landsWithinMs: 3_000, onFailure: "branch" },
    { id: "b", after: ["a"], when: "a == 'failed'" },
  ]);
  attempt(driver, "a", replies.unknown);
  read(driver, dueFor(driver, "observe", "a"), { waitedMs: 3_000 });

  expect({ a: stateOf(driver, "a"), b: stateOf(driver, "b").kind }).toMatchObject({
    a: { kind: "failed", outcome: "failed" },
    b: "ready",
  });
});

it("a drain towards another end does not turn into a way back that nobody asked for", () => {
  const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
  finish(driver, "a");
  const drained = applyRun(
    driver.run ?? expect.fail(),
    { kind: "run_draining", runId: "run_1", then: "escalated", by: null, problem: null },
    1_000,
  );

  expect(() => applyRun(drained, { kind: "compensation_started", runId: "run_1", order: ["a"] }, 1_000)).toThrow(
    "compensation follows a drain",
  );
});

it("a branch that was not taken counts as done", () => {
  const driver = begin([
    { id: "p", kind: "probe" },
    { id: "a", after: ["p"], when: "p == 'no'" },
    { id: "b", after: ["p"], when: "p == 'yes'" },
  ]);
  answer(driver, dueFor(driver, "send", "p"), { ...replies.applied, outcome: "yes" });

  expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ doneCount: 2, stepCount: 4 });
});

it("objects are kept in one order, whatever the order of the plan's pins", () => {
  const plan = planOf([{ id: "b" }, { id: "a" }]);
  const driver: TestDriver = testDriver();
  give(driver, startOf({ ...plan, pins: { ...plan.pins, targets: plan.pins.targets.toReversed() } }, driver));

  expect(driver.run?.prepared.objects).toEqual(["box/a", "box/b"]);
});
