import { expect, it } from "vitest";
import { attempt, begin, finish, phaseOf, replies, resolve } from "../fixtures/course.fixture.ts";
import { dueFor, give, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import { say, start } from "../fixtures/operating.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";
import { explainRun } from "../tell/explain-run.ts";

/* Another try at a way back whose operation did not put things right. */

/** A run whose way back has started its operation for `a`. */
function undoing(sketch: Partial<StepSketch> = {}): TestDriver {
  const driver = begin([
    { id: "a", undoOperation: {}, ...sketch },
    { id: "b", after: ["a"] },
  ]);
  finish(driver, "a");
  attempt(driver, "b", replies.rejected);
  start(driver, "a");
  return driver;
}

/** The keys under which the way back of `a` was sent, one for each try. */
function undoKeys(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) =>
    event.kind === "step_intent" && event.attempt.direction === "undo" ? [event.idempotencyKey] : [],
  );
}

it.each(["failed", "cancelled"])(
  "an operation of the way back that %s is tried again under a key of its own",
  (how) => {
    const driver = undoing();
    say(driver, how);

    for (const end of [how, "done"]) {
      resolve(driver, "a", "not_applied");
      start(driver, "a");
      say(driver, end);
    }
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
    expect(new Set(undoKeys(driver)).size).toBe(3);
  },
);

it("an operation that succeeded and put nothing back is tried again under a key of its own", () => {
  const driver = undoing();
  const command = dueFor(driver, "ask", "a");
  // Its word is that it went well. The box does not show it.
  driver.operations.clear();
  say(driver, "done");
  driver.nowMs = dueFor(driver, "observe", "a").untilMs;
  read(driver, dueFor(driver, "observe", "a"));
  expect(phaseOf(driver)).toBe("dirty");

  resolve(driver, "a", "not_applied");
  start(driver, "a");

  const keys = undoKeys(driver);
  expect(keys.length).toBe(2);
  expect(new Set(keys).size).toBe(2);
  // What was asked of the first operation answers nothing about the second.
  const late = { kind: "asked", atMs: driver.nowMs, runId: "run_1", commandId: command.id } as const;
  expect(give(driver, { ...late, reply: replies.unknown })).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
});

it("each try of a way back is explained with its operation", () => {
  const driver = undoing();
  say(driver, "failed", { says: "no space" });
  resolve(driver, "a", "not_applied");
  runToRest(driver);

  const { steps } = explainRun(driver.run?.prepared.plan ?? expect.fail(), driver.records);

  expect(steps[0]?.operations?.map(({ direction, status }) => `${direction} ${status}`)).toEqual([
    "undo failed",
    "undo succeeded",
  ]);
});
