import { describe, expect, it } from "vitest";
import type { Plan } from "../../plan/plan.ts";
import { applyRun } from "../apply/apply.ts";
import { vectorItems } from "../collections/persistent-vector.ts";
import { attempt, beginPlan, finish, phaseOf, replies } from "../fixtures/course.fixture.ts";
import {
  answer,
  dueFor,
  give,
  land,
  read,
  refold,
  runToRest,
  seeBox,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { type PlanSketch, planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";

/** A run of these steps over boxes at these levels, under invariants. */
function beginHeld(steps: readonly StepSketch[], sketch: PlanSketch): TestDriver {
  const plan = planOf(steps, sketch);
  const driver = testDriver(sketch.levels);
  give(driver, startOf(plan, driver));
  return driver;
}

/** What was recorded of invariants and of failures, a line each. */
function told(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) => {
    if (event.kind === "invariant_broken") return [`${event.name} broken ${event.at} ${event.stepId}`];
    if (event.kind === "invariant_restored") return [`${event.name} holds ${event.stepId ?? "at the start"}`];
    return event.kind === "step_failed"
      ? [`${event.stepId} failed ${event.touched ? "touched" : "untouched"} ${event.problem.code}`]
      : [];
  });
}

function sentSteps(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) =>
    event.kind === "step_intent" && event.attempt.direction === "do" ? [event.attempt.stepId] : [],
  );
}

function broken(driver: TestDriver): readonly string[] {
  return driver.run === null ? [] : viewRun(driver.run).broken.map(({ name, stepId }) => `${name} ${stepId}`);
}

function lastMessage(driver: TestDriver): string | undefined {
  return driver.records.flatMap(({ event }) => (event.kind === "step_failed" ? [event.problem.message] : [])).at(-1);
}

/** Answers the reading due for a step without the level of a box. */
function readWithout(driver: TestDriver, stepId: string, box: string): void {
  const command = dueFor(driver, "observe", stepId);
  const objects = [...command.objects, ...command.alongside].map((object) => {
    const seen = seeBox(driver, object.slice("box/".length));
    return seen.object === `box/${box}` ? { ...seen, facts: [{ name: `box.${box}.level`, value: null }] } : seen;
  });
  const standing = { kind: "permitted" } as const;
  const result = { kind: "seen", objects, heldMs: 0, waitedMs: command.quietMs } as const;
  give(driver, { kind: "observed", atMs: driver.nowMs, runId: "run_1", commandId: command.id, standing, result });
}

const chain = (...steps: readonly StepSketch[]): readonly StepSketch[] =>
  steps.map((step, index) => ({ ...step, after: index === 0 ? [] : [steps[index - 1]?.id ?? ""] }));

describe("before a write leaves", () => {
  it("a write that declares to break an invariant is not sent, and the message shows the values", () => {
    const driver = beginHeld([{ id: "a", level: 5 }], { invariants: { low: "box.a.level <= 3" } });

    runToRest(driver);

    expect(sentSteps(driver)).toEqual([]);
    expect(told(driver)).toEqual(["a failed untouched E_INVARIANT_AHEAD"]);
    expect(lastMessage(driver)).toBe(
      "`a` was not sent: with it the invariant `low` would not hold: `box.a.level <= 3`: `box.a.level` is 5",
    );
    expect([phaseOf(driver), broken(driver)]).toEqual(["escalated", []]);
  });

  it("what an action does while it is under way must not break an invariant either", () => {
    const plan = planOf([{ id: "a", level: 1 }], { invariants: { low: "box.a.level <= 3" } });
    const steps = plan.steps.map((step) =>
      step.kind === "act" ? { ...step, during: [{ fact: "box.a.level", value: 7 }] } : step,
    );
    const driver = beginPlan({ ...plan, steps });

    runToRest(driver);

    expect(told(driver)).toEqual(["a failed untouched E_INVARIANT_AHEAD"]);
  });

  it("the other objects of the invariant are read with the target, and stop the write if they changed", () => {
    const driver = beginHeld(chain({ id: "a" }, { id: "b" }), {
      invariants: { one_is_free: "box.b.level == 0 || box.c.level == 0" },
    });
    finish(driver, "a");
    driver.levels.set("c", 4);

    expect(dueFor(driver, "observe", "b").alongside).toEqual(["box/c"]);
    runToRest(driver);

    expect(sentSteps(driver)).toEqual(["a"]);
    expect(told(driver)).toEqual(["b failed untouched E_INVARIANT_AHEAD"]);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("an invariant that somebody else broke stops the run, however the plan branches", () => {
    const driver = beginHeld(chain({ id: "a" }, { id: "b", onFailure: "branch" }), {
      invariants: { free: "box.c.level == 0 || box.b.level > 5", calm: "box.c.level != 4 || box.b.level > 5" },
    });
    finish(driver, "a");
    driver.levels.set("c", 4);

    runToRest(driver);

    expect(told(driver)).toEqual([
      "free broken before b",
      "calm broken before b",
      "b failed untouched E_INVARIANT_BROKEN",
    ]);
    expect(lastMessage(driver)).toBe(
      "the invariant `free` is broken by the reading before `b`: " +
        "`box.c.level == 0 || box.b.level > 5`: `box.b.level` is 0, `box.c.level` is 4",
    );
    expect([phaseOf(driver), broken(driver)]).toEqual(["escalated", ["free b", "calm b"]]);
  });

  it("an invariant that broke between the plan and its start stops the first write, which does not concern it", () => {
    const plan = planOf([{ id: "a" }], { invariants: { free: "box.c.level == 0" } });
    const driver = testDriver();
    const start = startOf(plan, driver);
    const targets = start.current.targets.map((target) =>
      target.object === "box/c" ? { ...target, facts: [{ name: "box.c.level", value: 4 }] } : target,
    );
    give(driver, { ...start, current: { ...start.current, targets } });

    runToRest(driver);

    expect([sentSteps(driver), told(driver)]).toEqual([
      [],
      ["free broken before a", "a failed untouched E_INVARIANT_BROKEN"],
    ]);
  });

  it("a value that is not known breaks nothing, and neither does what another step has in the air", () => {
    const driver = beginHeld([{ id: "a" }, { id: "b" }], {
      invariants: { one: "box.a.level == 0 || box.b.level == 0" },
    });
    readWithout(driver, "a", "b");
    read(driver, dueFor(driver, "observe", "b"));

    expect([sentSteps(driver), told(driver)]).toEqual([["a", "b"], []]);
  });

  it("a condition over more objects than are read with a step is judged by the readings there are", () => {
    const boxes = Array.from({ length: 20 }, (_, index) => `box.x${index}.level == 0`);
    const driver = beginHeld([{ id: "a" }], { invariants: { some: ["box.a.level == 0", ...boxes].join(" || ") } });

    expect(dueFor(driver, "observe", "a").alongside).toEqual([]);
    runToRest(driver);

    expect([phaseOf(driver), told(driver)]).toEqual(["succeeded", []]);
  });
});

describe("after a write was read back", () => {
  const sketch = { invariants: { one_is_free: "box.a.level == 0 || box.c.level == 0" } };

  /** Sends `a`, which also sets box `c`, as nobody declared. */
  function harm(driver: TestDriver): void {
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    driver.levels.set("c", 4);
    answer(driver, command, replies.applied);
  }

  it("a broken invariant fails the step, which is undone, and holds again by the reading after that", () => {
    const driver = beginHeld(chain({ id: "a" }, { id: "b" }), sketch);
    harm(driver);

    runToRest(driver);

    expect(told(driver)).toEqual([
      "one_is_free broken after a",
      "a failed touched E_INVARIANT_BROKEN",
      "one_is_free holds a",
    ]);
    expect([sentSteps(driver), phaseOf(driver), broken(driver)]).toEqual([["a"], "compensated", []]);
  });

  it("without a way back the run escalates and says what is left broken", () => {
    const driver = beginHeld([{ id: "a", onFailure: "escalate" }], sketch);
    harm(driver);

    runToRest(driver);

    expect([phaseOf(driver), broken(driver)]).toEqual(["escalated", ["one_is_free a"]]);
    expect(driver.run?.phase).toMatchObject({ wrote: ["a"] });
    expect(driver.records.flatMap(({ event }) => (event.kind === "step_failed" ? [event.facts] : []))).toEqual([
      [{ name: "box.c.level", value: 4 }],
    ]);
  });

  it("a post-condition that fails too is told with it", () => {
    const driver = beginHeld([{ id: "a", landsWithinMs: 0 }], { invariants: { low: "box.a.level <= 3" } });
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    driver.levels.set("a", 7);
    answer(driver, command, replies.applied);
    driver.nowMs = dueFor(driver, "observe", "a").untilMs;
    read(driver, dueFor(driver, "observe", "a"));

    expect(told(driver)).toEqual(["low broken after a", "a failed touched E_INVARIANT_BROKEN"]);
    expect(lastMessage(driver)).toMatch(/^`a` was acknowledged, and this does not hold: .*; the invariant `low` is/);
  });

  it("the run that is folded from its log knows the same of its invariants (I7)", () => {
    const plan = planOf([{ id: "a", onFailure: "escalate" }], sketch);
    const driver = beginPlan(plan);
    harm(driver);
    runToRest(driver);

    const folded = refold(driver, plan).held;

    expect(folded?.broken).toEqual(driver.run?.held?.broken);
    expect(folded === null ? [] : vectorItems(folded.known)).toEqual([1, 4]);
  });
});

it("a goal's reading that shows a broken invariant keeps the run from ending well", () => {
  const driver = beginHeld([{ id: "a" }], {
    goal: "box.a.level == 1 && box.c.level <= 9",
    invariants: { free: "box.c.level == 0" },
  });
  finish(driver, "a");
  driver.levels.set("c", 4);

  runToRest(driver);

  expect([phaseOf(driver), told(driver), broken(driver)]).toEqual([
    "escalated",
    ["free broken goal end"],
    ["free end"],
  ]);
});

describe("an invariant that was false when the plan was made", () => {
  const sketch: PlanSketch = {
    levels: { c: 5 },
    invariants: { low: "box.c.level <= 3 || box.d.level == 9", calm: "box.a.level <= 3" },
  };

  it("keeps nothing from being sent, and holds once the run has put it right", () => {
    const driver = beginHeld(chain({ id: "a" }, { id: "c", level: 2 }), sketch);

    runToRest(driver);

    expect([phaseOf(driver), told(driver)]).toEqual(["succeeded", ["low holds c"]]);
  });

  it("counts as any other from then on: once true, never false again", () => {
    const driver = beginHeld(chain({ id: "c", level: 2 }, { id: "d" }), sketch);
    finish(driver, "c");
    driver.levels.set("c", 7);

    runToRest(driver);

    expect(told(driver)).toEqual(["low holds c", "low broken before d", "d failed untouched E_INVARIANT_BROKEN"]);
  });

  it("counts from the start of the run on if it holds by then", () => {
    const plan = planOf([{ id: "c", level: 5 }], { ...sketch, levels: { c: 6 } });
    const driver = testDriver({ c: 6 });
    const start = startOf(plan, driver);
    const targets = start.current.targets.map((target) =>
      target.object === "box/c" ? { ...target, facts: [{ name: "box.c.level", value: 2 }] } : target,
    );
    give(driver, { ...start, current: { ...start.current, targets } });
    driver.levels.set("c", 6);

    runToRest(driver);

    expect(told(driver)).toEqual([
      "low holds at the start",
      "low broken before c",
      "c failed untouched E_INVARIANT_BROKEN",
    ]);
  });

  it("is not counted as broken by the way back, which leaves it as it was before", () => {
    const driver = beginHeld(chain({ id: "c", level: 2 }, { id: "b" }), sketch);
    finish(driver, "c");
    attempt(driver, "b", replies.rejected);

    runToRest(driver);

    expect([phaseOf(driver), broken(driver)]).toEqual(["compensated", []]);
  });
});

describe("the way back", () => {
  it("is not stopped by an invariant that breaks on it, which is recorded (I24)", () => {
    const driver = beginHeld([{ id: "a" }, { id: "b" }, { id: "z", after: ["a", "b"] }], {
      invariants: { b_needs_a: "box.a.level == 1 || box.b.level == 0" },
    });
    attempt(driver, "a", replies.applied);
    finish(driver, "b");
    read(driver, dueFor(driver, "observe", "a"));
    attempt(driver, "z", replies.rejected);

    runToRest(driver);

    expect(told(driver)).toEqual(["z failed untouched E_TIMEOUT", "b_needs_a broken way_back a", "b_needs_a holds b"]);
    expect([phaseOf(driver), broken(driver)]).toEqual(["compensated", []]);
  });

  it("of an earlier run is not stopped either", () => {
    const plan = planOf([{ id: "a", level: 5 }], { invariants: { low: "box.a.level <= 3" } });
    const driver = beginPlan({ ...plan, proposer: { kind: "recovery", id: "run_0", onBehalfOf: "alice" } });

    runToRest(driver);

    expect([phaseOf(driver), told(driver), broken(driver)]).toEqual([
      "succeeded",
      ["low broken way_back a"],
      ["low a"],
    ]);
  });
});

describe("the last readings of a run", () => {
  const invariants = { one_is_free: "box.a.level == 0 || box.c.level == 0" };

  it("show what somebody else broke while a step was undone, although the step reads its own object alone", () => {
    const driver = beginHeld(chain({ id: "z" }, { id: "a" }), {
      invariants: { one_is_free: "box.z.level == 1 || box.c.level == 0" },
    });
    finish(driver, "z");
    attempt(driver, "a", replies.rejected);
    driver.levels.set("c", 4);

    expect(dueFor(driver, "observe", "z").alongside).toEqual(["box/c"]);
    runToRest(driver);

    expect(told(driver)).toEqual(["a failed untouched E_TIMEOUT", "one_is_free broken way_back z"]);
    expect([phaseOf(driver), broken(driver)]).toEqual(["compensated", ["one_is_free z"]]);
  });

  it.each([
    ["with a goal, of which no object is another of the invariant's", { goal: "box.b.level == 1" }, ["box/a", "box/c"]],
    ["that reads one of the invariant's objects", { goal: "box.a.level == 1" }, ["box/c"]],
    ["without a goal", {}, ["box/a", "box/c"]],
  ])("show it at the ending of a plan %s", (_, sketch, alongside) => {
    const driver = beginHeld(chain({ id: "a" }, { id: "b" }), { invariants, ...sketch });
    finish(driver, "a");
    finish(driver, "b");
    driver.levels.set("c", 4);

    expect(dueFor(driver, "observe", "end").alongside).toEqual(alongside);
    runToRest(driver);

    expect(told(driver)).toEqual(["one_is_free broken goal end"]);
    expect([phaseOf(driver), broken(driver)]).toEqual(["escalated", ["one_is_free end"]]);
  });

  it("are none at the ending of a plan whose writes no invariant reads", () => {
    const driver = beginHeld(chain({ id: "p", kind: "probe" }, { id: "b" }), { invariants });
    runToRest(driver);

    expect(phaseOf(driver)).toBe("succeeded");
  });
});

describe("a plan", () => {
  it("that writes nothing holds no invariant", () => {
    const driver = beginHeld([{ id: "p", kind: "probe" }], { invariants: { free: "box.c.level == 0" } });

    expect(driver.run?.held).toBeNull();
  });

  it("without invariants takes no record of one for its own", () => {
    const driver = beginHeld([{ id: "a" }], {});
    const facts = [{ name: "box.a.level", value: 1 }];
    const run = driver.run;

    const forge = (): unknown =>
      run === null
        ? null
        : applyRun(run, { kind: "invariant_restored", runId: "run_1", stepId: null, name: "x", part: 0, facts }, 0);

    expect(forge).toThrow("one of the plan's own");
  });

  it("whose observations do not show an object of an invariant judges it by what the steps read", () => {
    const plan: Plan = { ...planOf([{ id: "a" }], { invariants: { one: "box.a.level == 0 || box.c.level == 0" } }) };
    const driver = beginPlan({ ...plan, observations: [] });

    expect(dueFor(driver, "observe", "a").alongside).toEqual([]);
  });

  it("of which the reading at the start shows no value breaks nothing, and holds nothing", () => {
    const plan = { ...planOf([{ id: "a" }], { invariants: { free: "box.c.level == 0" } }), observations: [] };
    const driver = testDriver();
    const start = startOf(plan, driver);
    const targets = start.current.targets.map((target) =>
      target.object === "box/c" ? { ...target, facts: [{ name: "box.c.level", value: null }] } : target,
    );
    give(driver, { ...start, current: { ...start.current, targets } });

    runToRest(driver);

    expect([phaseOf(driver), told(driver)]).toEqual(["succeeded", []]);
  });

  it("learns nothing of a target that was not read after a failed write", () => {
    const driver = beginHeld([{ id: "a", level: 2 }], { invariants: { low: "box.a.level <= 3" } });
    attempt(driver, "a", replies.applied);
    const why = { code: "E_POST_FAILED", pointer: "", message: "unread", hint: "" } as const;
    const { run } = driver;

    const failed =
      run === null
        ? null
        : applyRun(
            run,
            {
              kind: "step_failed",
              runId: "run_1",
              stepId: "a",
              touched: true,
              outcome: null,
              left: null,
              problem: why,
            },
            driver.nowMs,
          );

    expect(failed?.held?.known).toEqual(run?.held?.known);
  });
});
