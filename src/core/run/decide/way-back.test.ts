import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, codesOf, finish, phaseOf, replies } from "../fixtures/course.fixture.ts";
import { alice, dueFor, forgetBefore, give, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";

const failed = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;

describe("a write that cannot be read back", () => {
  it("is in doubt at the end of its time, and done once somebody has looked", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", acknowledged(null));
    const command = dueFor(driver, "observe", "a");

    give(driver, {
      kind: "observed",
      atMs: command.untilMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: failed },
    });

    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([
      { stepId: "a", kind: "person", owner: "alice" },
    ]);
    driver.nowMs = command.untilMs;
    give(driver, {
      kind: "resolve",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "a",
      as: "applied",
      by: alice,
      reason: "looked",
    });
    read(driver, dueFor(driver, "observe", "a"));
    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("and is read as untrue once nothing can land any more has failed touched, and is undone", () => {
    const driver = begin([{ id: "a", landsWithinMs: 0 }]);
    attempt(driver, "a", acknowledged(null));
    driver.levels.set("a", 5);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    runToRest(driver);

    expect(codesOf(driver)).toEqual(["E_POST_FAILED", "E_POST_FAILED"]);
    expect({ phase: phaseOf(driver), level: driver.levels.get("a") }).toEqual({ phase: "compensated", level: 0 });
  });
});

describe("the way back", () => {
  const done = (sketch: Partial<StepSketch> = {}): TestDriver => {
    const driver = begin([
      { id: "a", ...sketch },
      { id: "b", after: ["a"] },
    ]);
    attempt(driver, "a", acknowledged(null));
    read(driver, dueFor(driver, "observe", "a"));
    return driver;
  };
  const rollback = (driver: TestDriver): void =>
    void give(driver, { kind: "rollback", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });

  it("is a no-op where the world is as before already", () => {
    const driver = done();
    driver.levels.set("a", 0);
    rollback(driver);
    read(driver, dueFor(driver, "observe", "a"));

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_compensated" ? [event.how] : []))).toEqual([
      "nothing_happened",
    ]);
  });

  it("that is refused for good is a person's, who may have it tried again", () => {
    const driver = done();
    rollback(driver);
    attempt(driver, "a", replies.rejected);
    expect(phaseOf(driver)).toBe("dirty");

    give(driver, {
      kind: "resolve",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "a",
      as: "not_applied",
      by: alice,
      reason: "try again",
    });
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
  });

  it("that is refused for now is tried again after its pause", () => {
    const driver = done();
    rollback(driver);
    attempt(driver, "a", replies.busy);
    driver.nowMs += 100;
    give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
  });

  it("in doubt and bounded by the target is dirty once nothing can land any more", () => {
    const driver = done({ idempotency: "natural", landsWithinMs: 3_000 });
    rollback(driver);
    attempt(driver, "a", replies.unknown);
    const command = dueFor(driver, "observe", "a");

    read(driver, command, { waitedMs: 2_999 });
    expect(phaseOf(driver)).toBe("compensating");
    read(driver, dueFor(driver, "observe", "a"), { waitedMs: 3_000 });

    expect({ phase: phaseOf(driver), lastCode: codesOf(driver).at(-1) }).toEqual({
      phase: "dirty",
      lastCode: "E_COMPENSATION_FAILED",
    });
  });

  it("whose target cannot be read at all is a person's when its time is over", () => {
    const driver = done();
    rollback(driver);
    const command = dueFor(driver, "observe", "a");
    const observed = {
      kind: "observed",
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: failed },
    } as const;

    expect(give(driver, { ...observed, atMs: driver.nowMs }).events).toEqual([]);
    give(driver, { ...observed, atMs: command.untilMs });

    expect(phaseOf(driver)).toBe("dirty");
  });

  it("that needs a fact which an earlier release did not see before the write is a person's", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
    finish(driver, "a");
    forgetBefore(driver, (fact) => fact === "box.a.level");
    rollback(driver);
    read(driver, dueFor(driver, "observe", "a"));

    expect({ phase: phaseOf(driver), lastCode: codesOf(driver).at(-1) }).toEqual({
      phase: "dirty",
      lastCode: "E_COMPENSATION_FAILED",
    });
  });
});
