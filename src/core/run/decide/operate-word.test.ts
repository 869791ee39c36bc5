import { describe, expect, it } from "vitest";
import { attempt, begin, finish, order, phaseOf, replies, resolve, stateOf } from "../fixtures/course.fixture.ts";
import { answer, dueFor, giveAsked, read, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import { operating, pass, say, start } from "../fixtures/operating.fixture.ts";
import type { StepSketch } from "../fixtures/plan.fixture.ts";
import { nextStepsOf } from "../tell/next-steps.ts";
import { viewRun } from "../tell/view.ts";

/* What a person may say of a step whose operation has not ended: nothing. Only its system can. */

const words = ["applied", "not_applied", "restored"] as const;
const kinds = ["natural", "none", "keyed"] as const;

/** A step whose operation is in doubt, going forward. */
function doubtful(sketch: Partial<StepSketch> = {}): TestDriver {
  const driver = operating({}, sketch);
  pass(driver);
  say(driver, "running", { percent: 40 });
  return driver;
}

/** A way back whose operation is in doubt. */
function undoing(sketch: Partial<StepSketch> = {}): TestDriver {
  const driver = begin([
    { id: "a", undoOperation: {}, ...sketch },
    { id: "b", after: ["a"] },
  ]);
  finish(driver, "a");
  attempt(driver, "b", replies.rejected);
  start(driver, "a");
  pass(driver);
  say(driver, "running", { percent: 40 });
  return driver;
}

/** How often a call of `a` left. */
function sent(driver: TestDriver, direction: "do" | "undo"): number {
  return driver.records.filter(
    ({ event }) =>
      event.kind === "step_intent" && event.attempt.stepId === "a" && event.attempt.direction === direction,
  ).length;
}

const cases = kinds.flatMap((idempotency) => words.map((as) => ({ idempotency, as })));

describe.each([
  { way: "forward", direction: "do", reach: doubtful, end: "succeeded" },
  { way: "on the way back", direction: "undo", reach: undoing, end: "compensated" },
] as const)("a word about an operation that has not ended, $way", ({ direction, reach, end }) => {
  it.each(cases)("is refused: $as, $idempotency", ({ idempotency, as }) => {
    const driver = reach({ idempotency });

    expect(resolve(driver, "a", as)).toMatchObject({
      kind: "refused",
      problem: {
        code: "E_OPERATION_UNDER_WAY",
        message: `the operation \`a-${direction}\` of \`a\` has not ended: its status is \`running\`, 40 % is done`,
      },
    });

    expect([stateOf(driver, "a").kind, sent(driver, direction)]).toEqual(["in_doubt", 1]);
    expect(dueFor(driver, "ask", "a").purpose).toBe("ask");
    runToRest(driver);
    expect([phaseOf(driver), sent(driver, direction)]).toEqual([end, 1]);
  });

  it("is taken once its system says that the operation has failed, if there is still something to say", () => {
    const driver = reach({ idempotency: "natural" });

    say(driver, "failed", { says: "no space" });

    expect(resolve(driver, "a", "restored")).not.toMatchObject({ problem: { code: "E_OPERATION_UNDER_WAY" } });
  });

  it("is refused after a kill too, and the run is closed with the step as it may be", () => {
    const driver = reach();
    order(driver, "kill");

    expect(resolve(driver, "a", "not_applied")).toMatchObject({ problem: { code: "E_OPERATION_UNDER_WAY" } });

    const view = viewRun(driver.run ?? expect.fail());
    expect(nextStepsOf(view, false)).toEqual([{ do: "close", run: "run_1" }]);
    order(driver, "close");
    expect(driver.records.at(-1)?.event).toMatchObject({ outcome: "closed", wrote: ["a"] });
  });

  it("is not asked for: the run is followed, or taken up again", () => {
    const view = viewRun(reach().run ?? expect.fail());

    expect(view.waitingFor.find(({ stepId }) => stepId === "a")).toMatchObject({
      kind: "person",
      operation: `a-${direction}`,
      doubt: { decidedBy: "operation", settlesInMs: null },
    });
    expect([true, false, null].map((hasEngine) => nextStepsOf(view, hasEngine)[0]?.do)).toEqual([
      "watch",
      "resume",
      "resume",
    ]);
  });
});

it("a word about an operation of which nothing was heard is refused as well", () => {
  const driver = operating();
  pass(driver);
  giveAsked(driver, dueFor(driver, "ask", "a"), replies.unknown);

  expect(resolve(driver, "a", "not_applied")).toMatchObject({
    problem: { message: "the operation `a-do` of `a` has not ended" },
  });
});

describe("the key of another try at a way back", () => {
  /** A way back that was acknowledged and put nothing back. */
  function stuck(sketch: Partial<StepSketch>): TestDriver {
    const driver = begin([
      { id: "a", ...sketch },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    attempt(driver, "b", replies.rejected);
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), { kind: "applied", output: null, outputBytes: 0, outcome: null });
    driver.nowMs = dueFor(driver, "observe", "a").untilMs;
    read(driver, dueFor(driver, "observe", "a"));
    expect(phaseOf(driver)).toBe("dirty");
    return driver;
  }

  function keysOf(driver: TestDriver): readonly string[] {
    return driver.records.flatMap(({ event }) =>
      event.kind === "step_intent" && event.attempt.direction === "undo" ? [event.idempotencyKey] : [],
    );
  }

  it.each([
    ["is another one once nothing of the first can land", { landsWithinMs: 3_000 }, 0, 2],
    ["stays while the first may land", { landsWithinMs: 60_000 }, 0, 1],
    ["is another one as soon as that time is over", { landsWithinMs: 60_000 }, 60_000, 2],
    ["stays where nobody knows until when the first may land", {}, 900_000, 1],
  ])("%s", (_, sketch, laterMs, count) => {
    const driver = stuck(sketch);
    driver.nowMs += laterMs;

    resolve(driver, "a", "not_applied");
    runToRest(driver);

    expect([keysOf(driver).length, new Set(keysOf(driver)).size, phaseOf(driver)]).toEqual([2, count, "compensated"]);
  });
});
