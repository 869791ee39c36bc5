import { describe, expect, it } from "vitest";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Plan } from "../../plan/plan.ts";
import { attempt, begin, beginPlan, order, replies } from "../fixtures/course.fixture.ts";
import { answer, dueFor, give, land, seeBox, type TestDriver } from "../fixtures/driver.fixture.ts";
import { boxFingerprint, planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { explainRun } from "../tell/explain-run.ts";
import { viewRun } from "../tell/view.ts";
import type { ChangedFact } from "../words/event.ts";

/*
 * The boxes of these tests have a fingerprint that does not cover their level, as that of a target whose domain takes
 * the level for a measurement.
 */

/**
 * Answers the reading that is due for a step with the boxes as they are. `unknown`: boxes whose level is not shown.
 * `held`: as they were when the post-condition held last.
 */
function look(
  driver: TestDriver,
  stepId: string,
  { unknown = "", held }: { readonly unknown?: string; readonly held?: readonly ObservedObject[] } = {},
): void {
  const command = dueFor(driver, "observe", stepId);
  const objects = [...command.objects, ...command.alongside].map((object) => {
    const box = object.slice("box/".length);
    const seen = seeBox(driver, box);
    const facts = unknown.includes(box) ? seen.facts.map(({ name }) => ({ name, value: null })) : seen.facts;
    return { ...seen, fingerprint: boxFingerprint(0), facts };
  });
  give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: "run_1",
    commandId: command.id,
    standing: { kind: "permitted" },
    result: {
      kind: "seen",
      objects,
      heldMs: command.holdMs,
      waitedMs: command.quietMs,
      ...(held === undefined ? {} : { held }),
    },
  });
}

/** Sends the write of a step and reads it back. */
function write(driver: TestDriver, stepId: string): void {
  look(driver, stepId);
  const command = dueFor(driver, "send", stepId);
  land(driver, command);
  answer(driver, command, replies.applied);
  look(driver, stepId);
}

/** What the write of a step found otherwise, as its intent records it. */
function changedBefore(driver: TestDriver, stepId: string): readonly ChangedFact[] {
  const intent = driver.records.find(({ event }) => event.kind === "step_intent" && event.attempt.stepId === stepId);
  return intent?.event.kind === "step_intent" ? (intent.event.changed ?? []) : expect.fail("nothing was sent");
}

/** How a run ended: its outcome and its sentence, and what it lists as overwritten. */
function endOf(driver: TestDriver): readonly unknown[] {
  const ended = driver.records.at(-1)?.event;
  if (ended?.kind !== "run_ended") return expect.fail("the run has not ended");
  return [ended.outcome, ended.reason, ended.overwrote ?? []];
}

/** As the step, and its effect also sets the level of box `b`. */
function alsoSetting(level: number, plan: Plan): Plan {
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      step.kind === "act" && step.id === "a"
        ? { ...step, effect: [...step.effect, { fact: "box.b.level", value: level }] }
        : step,
    ),
  };
}

const pair: readonly StepSketch[] = [{ id: "a" }, { id: "b", after: ["a"] }];

describe("a fact outside the fingerprint that a write overwrites", () => {
  it("is told with its intent and at the end, if it is not as planned", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });
    driver.levels.set("a", 5);
    write(driver, "a");
    look(driver, "end");

    const found = { name: "box.a.level", was: 0, found: 5, since: "planned" };
    expect(changedBefore(driver, "a")).toEqual([{ ...found, isOverwritten: true }]);
    expect(endOf(driver)).toEqual([
      "succeeded",
      "every step was done and verified, and the goal holds, " +
        "over values that the plan was not made on: `box.a.level` = 5",
      [{ stepId: "a", ...found }],
    ]);
    const run = driver.run ?? expect.fail();
    expect(explainRun(run.prepared.plan, driver.records).steps[0]?.changed).toEqual([
      { ...found, isOverwritten: true },
    ]);
    expect(viewRun(run).overwrote).toEqual([{ stepId: "a", ...found }]);
  });

  it("is told beside what failed and is tolerated", () => {
    const driver = begin([
      { id: "a", onFailure: "branch" },
      { id: "b", after: ["a"] },
    ]);
    attempt(driver, "a", replies.rejected);
    driver.levels.set("b", 5);
    write(driver, "b");

    expect(endOf(driver)[1]).toBe(
      "1 of 2 done and verified; 1 failed, tolerated: box/a, " +
        "over values that the plan was not made on: `box.b.level` = 5",
    );
  });

  it("is not overwritten if it is as the write makes it already, and is told all the same", () => {
    const driver = begin([{ id: "a" }]);
    driver.levels.set("a", 1);
    write(driver, "a");

    expect(changedBefore(driver, "a")).toMatchObject([{ found: 1, isOverwritten: false }]);
    expect(endOf(driver).slice(1)).toEqual(["every step was done and verified", []]);
  });

  it("is not listed once the write was undone, which puts back what was found", () => {
    const driver = begin([{ id: "a" }, { id: "w", kind: "wait", after: ["a"] }]);
    driver.levels.set("a", 5);
    write(driver, "a");
    order(driver, "rollback");
    write(driver, "a");

    expect(driver.levels.get("a")).toBe(5);
    expect(endOf(driver)).toEqual(["compensated", "every touched step was undone and verified", []]);
  });

  it("is still listed if its key is sent again", () => {
    const driver = begin([{ id: "a", idempotency: "keyed", attemptsMax: 2 }]);
    driver.levels.set("a", 5);
    look(driver, "a");
    answer(driver, dueFor(driver, "send", "a"), replies.unknown);
    driver.nowMs += 60_000;
    give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
    land(driver, dueFor(driver, "send", "a"));
    answer(driver, dueFor(driver, "send", "a"), replies.applied);
    look(driver, "a");

    expect(endOf(driver)[2]).toMatchObject([{ stepId: "a", found: 5 }]);
  });

  it("is not told if it cannot be read: nobody knows that it changed", () => {
    const driver = begin([{ id: "a", irreversible: true }]);
    look(driver, "a", { unknown: "a" });

    expect(changedBefore(driver, "a")).toEqual([]);
  });
});

describe("a fact that the precondition of a write reads", () => {
  it("is told if it changed and the precondition still holds", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"], pre: "box.a.level < 5 && box.b.level < 5" }]);
    driver.levels.set("b", 1);
    write(driver, "a");
    write(driver, "b");

    expect(changedBefore(driver, "b")).toMatchObject([{ name: "box.b.level", was: 0, found: 1 }]);
  });
});

describe("a fact that an earlier write of the run changed", () => {
  it("is expected as that write left it", () => {
    const driver = begin([{ id: "a" }, { id: "a2", box: "a", level: 2, after: ["a"] }]);
    write(driver, "a");
    write(driver, "a2");

    expect(changedBefore(driver, "a2")).toEqual([]);
  });

  it("is told if somebody changed it since, also back to what was planned", () => {
    const sketch = [{ id: "a" }, { id: "a2", box: "a", level: 2, after: ["a"] }];
    const [forth, back] = [begin(sketch), begin(sketch)];
    for (const [driver, level] of [[forth, 7] as const, [back, 0] as const]) {
      write(driver, "a");
      driver.levels.set("a", level);
      write(driver, "a2");
    }

    expect([changedBefore(forth, "a2"), changedBefore(back, "a2")]).toMatchObject([
      [{ was: 1, found: 7, since: "left" }],
      [{ was: 1, found: 0, since: "left" }],
    ]);
  });

  it("is expected as the effect declares it, if it belongs to another object than the target", () => {
    const [as, otherwise] = [beginPlan(alsoSetting(3, planOf(pair))), beginPlan(alsoSetting(3, planOf(pair)))];
    for (const [driver, level] of [[as, 3] as const, [otherwise, 4] as const]) {
      write(driver, "a");
      driver.levels.set("b", level);
      write(driver, "b");
    }

    expect(changedBefore(as, "b")).toEqual([]);
    expect(changedBefore(otherwise, "b")).toMatchObject([{ was: 3, found: 4, since: "left" }]);
  });

  it("has no expected value if somebody changed it while the write was read back", () => {
    const driver = begin([
      { id: "a", onFailure: "branch" },
      { id: "b", after: ["a"], pre: "box.a.level < 9" },
    ]);
    look(driver, "a");
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    answer(driver, command, replies.applied);
    const held = [seeBox(driver, "a")];
    driver.levels.set("a", 7);
    driver.nowMs = dueFor(driver, "observe", "a").untilMs;
    look(driver, "a", { held });
    driver.levels.set("a", 8);
    look(driver, "b");

    expect(changedBefore(driver, "b")).toEqual([]);
  });
});
