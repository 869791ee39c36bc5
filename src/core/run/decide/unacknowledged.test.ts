import { describe, expect, it } from "vitest";
import { attempt, begin, finish, order, phaseOf, replies, resolve } from "../fixtures/course.fixture.ts";
import { answer, dueFor, read, refold, type TestDriver } from "../fixtures/driver.fixture.ts";
import { say, start } from "../fixtures/operating.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";

const ran = {
  kind: "unknown",
  problem: { code: "E_TARGET_LOST", pointer: "", message: "`tool` ended with 3", hint: "" },
  output: { exitCode: 3, stdout: "step 2 of 3 failed", stderr: "" },
} as const;

/** A step whose call is sent once: nothing sends the same key again. */
function once(id: string, after: readonly string[] = []): StepSketch {
  return { id, after, idempotency: "none" };
}

/** How a run ended, and what its record lists as read back although no call reported success. */
function endOf(driver: TestDriver): readonly unknown[] {
  const ended = driver.records.at(-1)?.event;
  if (ended?.kind !== "run_ended") return expect.fail("the run has not ended");
  return [ended.outcome, ended.reason, ended.unacknowledged ?? []];
}

/** Does a write, or its undo, whose call says that it failed, and reads its effect back. */
function failsAndIsThere(driver: TestDriver, stepId: string, level: number): void {
  attempt(driver, stepId, ran);
  driver.levels.set(stepId, level);
  read(driver, dueFor(driver, "observe", stepId));
}

describe("a run whose call did not report success, and whose effect was read back", () => {
  it("succeeds, and its ending says of which call that is so", () => {
    const driver = begin([once("a"), once("b", ["a"])], { goal: "box.b.level == 1" });
    finish(driver, "a");
    failsAndIsThere(driver, "b", 1);
    read(driver, dueFor(driver, "observe", "end"));

    expect(endOf(driver)).toEqual([
      "succeeded",
      "every step was verified, and the goal holds, although 1 call did not report success: box/b",
      [{ stepId: "b", target: "box/b" }],
    ]);
    expect(viewRun(driver.run ?? expect.fail()).unacknowledged).toEqual([{ stepId: "b", target: "box/b" }]);
    expect(refold(driver, driver.run?.prepared.plan ?? expect.fail())).toEqual(driver.run);
  });

  it("counts it beside what failed and is tolerated", () => {
    const driver = begin([{ id: "a", onFailure: "branch", landsWithinMs: 0 }, once("b", ["a"])]);
    attempt(driver, "a", replies.rejected);
    failsAndIsThere(driver, "b", 1);

    expect(endOf(driver).slice(0, 2)).toEqual([
      "succeeded_in_part",
      "1 of 2 done and verified; 1 failed, tolerated: box/a; " +
        "1 call did not report success: box/b, and the effect was read back",
    ]);
  });

  it("says it of a way back as well", () => {
    const driver = begin([once("a"), once("b", ["a"]), { id: "w", kind: "wait", after: ["b"] }]);
    finish(driver, "a");
    finish(driver, "b");
    order(driver, "rollback");
    failsAndIsThere(driver, "b", 0);
    failsAndIsThere(driver, "a", 0);

    expect(endOf(driver)).toEqual([
      "compensated",
      "every touched step was undone and verified, although 2 calls did not report success: box/a, box/b",
      [
        { stepId: "a", target: "box/a" },
        { stepId: "b", target: "box/b" },
      ],
    ]);
  });

  it("says nothing of a write that was undone by a call that reported success", () => {
    const driver = begin([once("a"), { id: "w", kind: "wait", after: ["a"] }]);
    failsAndIsThere(driver, "a", 1);
    order(driver, "rollback");
    finish(driver, "a");

    expect(endOf(driver)).toEqual(["compensated", "every touched step was undone and verified", []]);
  });

  it("lists it also where the run ends before its ending", () => {
    const driver = begin([once("a"), { id: "w", kind: "wait", after: ["a"] }]);
    failsAndIsThere(driver, "a", 1);
    order(driver, "stop");

    expect(endOf(driver).slice(0, 3)).toEqual(["stopped", expect.anything(), [{ stepId: "a", target: "box/a" }]]);
  });
});

describe("a call that a person says has happened", () => {
  it("is none that reported success, although a reading confirms the person", () => {
    const driver = begin([once("a")]);
    attempt(driver, "a", ran);
    resolve(driver, "a", "applied");
    driver.levels.set("a", 1);
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver).slice(0, 2)).toEqual([
      "succeeded",
      "every step was verified, although 1 call did not report success: box/a",
    ]);
  });

  it("counts as one that did if its answer comes late, before the effect is read", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    answer(driver, command, replies.unknown);
    driver.levels.set("a", 1);
    answer(driver, command, replies.applied);
    read(driver, dueFor(driver, "observe", "a"));

    expect([phaseOf(driver), endOf(driver)[1]]).toEqual(["succeeded", "every step was done and verified"]);
  });

  it("is none whose operation reported success, if that failed and the way back is shown all the same", () => {
    const driver = begin([
      { id: "a", undoOperation: {} },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    attempt(driver, "b", replies.rejected);
    start(driver, "a");
    say(driver, "failed");
    driver.levels.set("a", 0);
    resolve(driver, "a", "applied");
    read(driver, dueFor(driver, "observe", "a"));

    expect(endOf(driver)[0]).toBe("compensated");
    expect(endOf(driver)[1]).toContain("although 1 call did not report success: box/a");
  });
});
