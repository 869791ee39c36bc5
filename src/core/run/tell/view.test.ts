import { describe, expect, expectTypeOf, it } from "vitest";
import { acknowledged, attempt, begin, finish, replies } from "../fixtures/course.fixture.ts";
import { alice, answer, dueFor, give, read } from "../fixtures/driver.fixture.ts";
import { isEnded, type RunPhase } from "../words/state.ts";
import type { StepState } from "../words/step.ts";
import { type RunPhaseKind, type StepStatus, viewRun } from "./view.ts";

describe("what people see", () => {
  it("names what a run waits for and does next, at every moment of a course", () => {
    const driver = begin([
      { id: "w", kind: "wait", forMs: 500 },
      { id: "a", after: ["w"] },
    ]);
    expect(isEnded(driver.run ?? expect.fail())).toBe(false);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      phase: "running",
      nextSteps: ["a"],
      waitingFor: [{ stepId: "w", kind: "time", untilMs: 1_500 }],
    });
    driver.nowMs = 1_500;
    give(driver, { kind: "tick", atMs: 1_500, runId: "run_1" });
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ waitingFor: [{ stepId: "a", kind: "reading" }] });
    read(driver, dueFor(driver, "observe", "a"));
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      waitingFor: [{ stepId: "a", kind: "reply" }],
      doneCount: 1,
    });
    answer(driver, dueFor(driver, "send", "a"), replies.busy);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ waitingFor: [{ stepId: "a", kind: "time" }] });
    give(driver, { kind: "stop", atMs: 1_500, runId: "run_1", by: alice, reason: "" });

    expect(isEnded(driver.run ?? expect.fail())).toBe(true);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      phase: "ended",
      outcome: "stopped",
      waitingFor: [],
      nextSteps: [],
      locks: [],
    });
  });

  it("calls the reading of an ending what it is: nothing is done after it", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });
    const reasons = (): readonly string[] =>
      viewRun(driver.run ?? expect.fail()).waitingFor.map(({ reason }) => reason);
    expect(reasons()).toEqual(["reads the world before it acts"]);

    finish(driver, "a");

    expect(reasons()).toEqual(["reads back whether the goal holds"]);
  });

  it("names the owner of a dirty run and of a question", () => {
    const asking = begin([{ id: "q", kind: "approve" }]);
    expect(viewRun(asking.run ?? expect.fail())).toMatchObject({
      waitingFor: [{ stepId: "q", kind: "answer", owner: "alice" }],
    });

    const dirty = begin([
      { id: "a", irreversible: true },
      { id: "b", after: ["a"] },
    ]);
    attempt(dirty, "a", acknowledged(null));
    read(dirty, dueFor(dirty, "observe", "a"));
    attempt(dirty, "b", replies.rejected);
    expect(viewRun(dirty.run ?? expect.fail())).toMatchObject({
      phase: "dirty",
      waitingFor: [{ stepId: "a", kind: "person", owner: "alice" }],
    });
  });

  it("has a phase and a status for each of the kernel's, and one more for what was withheld", () => {
    expectTypeOf<RunPhaseKind>().toEqualTypeOf<RunPhase["kind"]>();
    expectTypeOf<Exclude<StepStatus, "withheld">>().toEqualTypeOf<StepState["kind"]>();
  });
});
