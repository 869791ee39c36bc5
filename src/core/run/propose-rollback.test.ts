import { describe, expect, it } from "vitest";
import { type TestDriver, alice, answer, dueFor, dueNow, give, land, read, runToRest, startOf, testDriver } from "./driver.fixture.ts";
import { planOf } from "./plan.fixture.ts";
import { proposeRollback } from "./propose-rollback.ts";
import type { RunState } from "./state.ts";

/** What a rollback of an ended run proposes: each step as `after → id action args`, and the goal. */
function told(run: RunState | null): unknown {
  if (run === null) return null;
  const proposal = proposeRollback(run);
  if (!proposal.ok) return proposal.error.map(({ code, message }) => `${code} ${message}`);
  return { goal: proposal.value.goal, steps: proposal.value.steps.map(({ id, after, args }) => `${after.join()} → ${id} ${args.map(({ name, value }) => `${name}=${value}`).join()}`) };
}

/** One reading, or one call and its answer. */
function goOn(driver: TestDriver, stepId: string): void {
  if (dueNow(driver).some(({ kind }) => kind === "observe")) return void read(driver, dueFor(driver, "observe", stepId));
  const command = dueFor(driver, "send", stepId);
  land(driver, command);
  answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
}

describe("undoing an ended run", () => {
  it("proposes its compensations, newest write first, with the facts of before as the goal", () => {
    const driver = testDriver({ a: 3 });
    give(driver, startOf(planOf([{ id: "a", level: 5 }, { id: "b", after: ["a"], level: 2 }], { levels: { a: 3 } }), driver));
    runToRest(driver);

    expect(told(driver.run)).toEqual({ goal: "box.a.level == 3 && box.b.level == 0", steps: [" → undo_b level=0", "undo_b → undo_a level=3"] });
  });

  it("of two writes of one fact goes back to what was there before both", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a", box: "x", level: 4 }, { id: "b", box: "x", after: ["a"], level: 7 }]), driver));
    runToRest(driver);

    expect(told(driver.run)).toEqual({ goal: "box.x.level == 0", steps: [" → undo_b level=4", "undo_b → undo_a level=0"] });
  });

  it("names each step that has no way back", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"], irreversible: true }]), driver));
    runToRest(driver);

    expect(told(driver.run)).toEqual(["E_COMPENSATION_MISSING `b` has no way back"]);
  });

  it("of a run closed on its way back proposes what had not been put right, whether its undo was never sent or not read back", () => {
    const closed = (afterFailure: (driver: TestDriver) => void): unknown => {
      const driver = testDriver();
      give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"], pre: "box.b.level == 7" }]), driver));
      for (const stepId of ["a", "a", "a"]) goOn(driver, stepId);
      read(driver, dueFor(driver, "observe", "b"));
      afterFailure(driver);
      expect(driver.run?.phase.kind).toBe("dirty");
      give(driver, { kind: "close", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "settled by hand" });
      return told(driver.run);
    };

    const neverSent = closed((driver) => {
      driver.levels.set("a", 6);
      read(driver, dueFor(driver, "observe", "a"));
    });
    const notReadBack = closed((driver) => {
      goOn(driver, "a");
      answer(driver, dueFor(driver, "send", "a"), { kind: "applied", output: null, outputBytes: 0, outcome: null });
      driver.nowMs += 60_000;
      read(driver, dueFor(driver, "observe", "a"));
    });

    expect([neverSent, notReadBack]).toEqual([{ goal: "box.a.level == 0", steps: [" → undo_a level=0"] }, { goal: "box.a.level == 0", steps: [" → undo_a level=0"] }]);
  });

  it("has nothing to propose where everything was undone already", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }]), driver));
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), { kind: "rejected", problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" }, retryable: false });
    runToRest(driver);

    expect(told(driver.run)).toEqual(["E_RUN_ENDED nothing of `run_1` is left to undo"]);
  });
});
