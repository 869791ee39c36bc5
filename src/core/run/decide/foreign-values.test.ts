import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, beginPlan, codesOf, phaseOf, replies } from "../fixtures/course.fixture.ts";
import { dueFor, dueNow, read, runToRest, seeBox, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import type { ObserveCommand } from "../words/command.ts";

// Values that a run reads and did not write: what somebody else made of its target, or the target of its write.

const holdMs = 250;

function written(sketch: Partial<StepSketch> = {}): { readonly driver: TestDriver; readonly command: ObserveCommand } {
  const driver = begin([{ id: "a", holdMs, fenced: true, ...sketch }]);
  attempt(driver, "a", replies.applied);
  return { driver, command: dueFor(driver, "observe", "a") };
}

/** The effect was read as holding, and then the box shows another level. */
function setAfterHeld(driver: TestDriver, command: ObserveCommand, level: number): void {
  const held = [seeBox(driver, "a")];
  driver.levels.set("a", level);
  driver.nowMs = command.untilMs;
  read(driver, command, { heldMs: 0, held });
}

function problemOf(driver: TestDriver): string {
  const phase = driver.run?.phase;
  return phase?.kind === "dirty" ? phase.problem.message : `not dirty: ${phaseOf(driver)}`;
}

function reasonOf(driver: TestDriver): string {
  const ended = driver.records.at(-1)?.event;
  return ended?.kind === "run_ended" ? ended.reason : `not ended: ${phaseOf(driver)}`;
}

describe("a value that came after the effect had been read", () => {
  it("is somebody else's: the way back does not overwrite it, and asks a person", () => {
    const { driver, command } = written();

    setAfterHeld(driver, command, 5);
    runToRest(driver);

    expect({
      level: driver.levels.get("a"),
      phase: phaseOf(driver),
      codes: codesOf(driver),
      due: dueNow(driver),
    }).toEqual({
      level: 5,
      phase: "dirty",
      codes: ["E_POST_FAILED", "E_POST_FAILED", "E_COMPENSATION_DRIFT"],
      due: [],
    });
    expect(problemOf(driver)).toBe(
      "`box/a` is not as this run left it; found `box.a.level` = 5; before the write it was `box.a.level` = 0",
    );
  });

  it("is told with what had held before", () => {
    const { driver, command } = written();

    setAfterHeld(driver, command, 5);

    const failed = driver.records.flatMap(({ event }) => (event.kind === "step_failed" ? [event] : []));
    expect(failed).toMatchObject([
      {
        foreign: { facts: [{ name: "box.a.level", value: 5 }], isLater: true },
        problem: {
          message: expect.stringMatching(/it had held \(`box\.a\.level` = 1\), so somebody else changed it since$/),
        },
      },
    ]);
  });

  it("is not written over by the branch that the plan takes for a failure either", () => {
    const driver = begin([
      { id: "a", holdMs, onFailure: "branch" },
      { id: "repair", box: "a", level: 2, after: ["a"], when: "a == 'failed'", onFailure: "escalate" },
    ]);
    attempt(driver, "a", replies.applied);

    setAfterHeld(driver, dueFor(driver, "observe", "a"), 5);
    runToRest(driver);

    expect([driver.levels.get("a"), phaseOf(driver), codesOf(driver).at(-1)]).toEqual([
      5,
      "escalated",
      "E_TARGET_CHANGED",
    ]);
  });

  it("does not keep the way back from seeing that the box reads as before", () => {
    const { driver, command } = written();

    setAfterHeld(driver, command, 5);
    driver.levels.set("a", 0);
    runToRest(driver);

    expect(reasonOf(driver)).toBe("every touched step reads as before; nothing was left to undo");
  });

  it.each([
    ["of before", 0],
    ["of the effect", 1],
    ["that the action shows meanwhile", 3],
    ["that had held", 4],
  ])("is not one %s", (_, level) => {
    const plan = planOf([{ id: "a", holdMs }]);
    const steps = plan.steps.map((step) =>
      step.kind === "act" ? { ...step, during: [{ fact: "box.a.level", value: 3 }] } : step,
    );
    const driver = beginPlan({ ...plan, steps });
    attempt(driver, "a", replies.applied);
    driver.levels.set("a", 4);

    const command = dueFor(driver, "observe", "a");
    setAfterHeld(driver, command, level);

    const failed = driver.records.map(({ event }) => event).filter(({ kind }) => kind === "step_failed");
    expect(failed).toHaveLength(1);
    expect(failed[0]).not.toHaveProperty("foreign");
  });

  it("is not looked for in a fact that the way back leaves alone, for nothing is overwritten there", () => {
    const plan = planOf([{ id: "a", holdMs }]);
    const steps = plan.steps.map((step) =>
      step.kind === "act" && step.compensation !== null
        ? { ...step, compensation: { ...step.compensation, restores: [] } }
        : step,
    );
    const driver = beginPlan({ ...plan, steps });
    attempt(driver, "a", replies.applied);

    setAfterHeld(driver, dueFor(driver, "observe", "a"), 5);
    runToRest(driver);

    expect(driver.levels.get("a")).toBe(0);
  });

  it("is somebody else's where there is no way back, too", () => {
    const { driver, command } = written({ irreversible: true });

    setAfterHeld(driver, command, 5);

    expect(codesOf(driver).at(-1)).toBe("E_COMPENSATION_MISSING");
    expect(driver.records.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ foreign: { facts: [{ name: "box.a.level", value: 5 }], isLater: true } }),
    );
  });

  it("stops a way back whose plan puts no fact back, with what is not as it was", () => {
    const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }]);
    const steps = plan.steps.map((step) =>
      step.kind === "act" && step.compensation !== null
        ? { ...step, compensation: { ...step.compensation, restores: [] } }
        : step,
    );
    const driver = beginPlan({ ...plan, steps });
    attempt(driver, "a", replies.applied);
    read(driver, dueFor(driver, "observe", "a"));
    driver.levels.set("a", 5);
    attempt(driver, "b", replies.rejected);
    read(driver, dueFor(driver, "observe", "a"));

    expect(problemOf(driver)).toBe("`box/a` is not as this run left it");
  });
});

describe("a value that nobody wrote, where the effect was never read", () => {
  it("may be the target's own, so the way back repairs it, and the end names what it overwrote", () => {
    const driver = begin([{ id: "a", landsWithinMs: 0 }]);
    attempt(driver, "a", acknowledged(null));
    driver.levels.set("a", 5);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    runToRest(driver);

    expect([driver.levels.get("a"), phaseOf(driver)]).toEqual([0, "compensated"]);
    expect(reasonOf(driver)).toBe(
      "every touched step was undone and verified, over values that this run did not write: `box.a.level` = 5",
    );
  });

  it("is not named if the box read as before in the end: nothing was overwritten", () => {
    const driver = begin([{ id: "a", landsWithinMs: 0 }]);
    attempt(driver, "a", acknowledged(null));
    driver.levels.set("a", 5);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);
    driver.levels.set("a", 0);

    runToRest(driver);

    expect(reasonOf(driver)).toBe("every touched step reads as before; nothing was left to undo");
  });
});
