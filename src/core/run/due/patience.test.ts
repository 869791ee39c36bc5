import { describe, expect, it } from "vitest";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  give,
  land,
  read,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { doubtPatienceMs } from "./patience.ts";

const lost = { kind: "unknown", problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } } as const;

function begin(sketches: readonly StepSketch[]): TestDriver {
  const driver = testDriver();
  give(driver, startOf(planOf(sketches), driver));
  return driver;
}

function loseAnswer(driver: TestDriver, stepId: string): void {
  read(driver, dueFor(driver, "observe", stepId));
  answer(driver, dueFor(driver, "send", stepId), lost);
}

const patienceOf = (driver: TestDriver): number | null => (driver.run === null ? NaN : doubtPatienceMs(driver.run));

describe("patience with a doubt", () => {
  it("does not apply if nothing is in doubt", () => {
    expect(patienceOf(begin([{ id: "a" }]))).toBeNull();
  });

  it("lasts as long as the post-condition may take if nobody bounds the landing, whatever steps wait", () => {
    const driver = begin([{ id: "a", idempotency: "none" }, { id: "b" }]);

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBe(5_000);
  });

  it("does not apply if the landing is bounded, because reading ends that doubt", () => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs: 700 }]);

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBeNull();
  });

  it("does not apply to a run that was closed in doubt", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    loseAnswer(driver, "a");

    for (const kind of ["kill", "close"] as const)
      give(driver, { kind, atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });

    expect({ phase: driver.run?.phase.kind, patienceMs: patienceOf(driver) }).toEqual({
      phase: "ended",
      patienceMs: null,
    });
  });

  it("does not apply while a sibling's call is in the air, because its reply moves the run", () => {
    const driver = begin([{ id: "a", idempotency: "none" }, { id: "b" }]);
    read(driver, dueFor(driver, "observe", "b"));

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBeNull();
  });

  it("waits for no read that is to be tried again, because that waits for the doubt itself", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "p", kind: "probe" },
    ]);
    answer(driver, dueFor(driver, "send", "p"), lost);

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBe(5_000);
  });

  it("lasts as long as the way back may take if the doubt is about an undo", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"], pre: "box.b.level == 7" },
    ]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));

    loseAnswer(driver, "a");

    expect(driver.run?.phase.kind).toBe("compensating");
    expect(patienceOf(driver)).toBe(5_000);
    expect(dueNow(driver)).toMatchObject([{ kind: "observe", purpose: "undo_after", expect: "box.a.level == 0" }]);
  });
});
