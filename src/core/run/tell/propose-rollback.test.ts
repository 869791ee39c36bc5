import { describe, expect, it } from "vitest";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Plan } from "../../plan/plan.ts";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  forgetBefore,
  give,
  land,
  read,
  runToRest,
  seeBox,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import type { RunState } from "../words/state.ts";
import { proposeRollback } from "./propose-rollback.ts";

/** What a rollback of an ended run proposes: the goal, and each step as `after → id args`. */
function told(run: RunState | null): unknown {
  if (run === null) return null;
  const proposal = proposeRollback(run);
  if (!proposal.ok) return proposal.error.map(({ code, message }) => `${code} ${message}`);
  return {
    goal: proposal.value.goal,
    steps: proposal.value.steps.map(
      ({ id, after, args }) => `${after.join()} → ${id} ${args.map(({ name, value }) => `${name}=${value}`).join()}`,
    ),
    ...(proposal.value.assumptions.length === 0 ? {} : { assumes: proposal.value.assumptions }),
  };
}

/** Writes as one step over a fleet has them: each in a wave of its own. */
function inWaves(steps: Plan["steps"]): Plan["steps"] {
  return steps.map((step, index) =>
    step.kind === "act" ? { ...step, wave: { of: "all", number: index + 1, count: 3, abortAbove: 0 } } : step,
  );
}

/** One reading, or one call and its answer. */
function goOn(driver: TestDriver, stepId: string): void {
  if (dueNow(driver).some(({ kind }) => kind === "observe"))
    return void read(driver, dueFor(driver, "observe", stepId));
  const command = dueFor(driver, "send", stepId);
  land(driver, command);
  answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
}

/** A run that went well, whose readings before its writes showed these levels. */
function ended(plan: Plan, show: (seen: ObservedObject) => ObservedObject): TestDriver {
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  for (
    let command = dueNow(driver)[0];
    command !== undefined && driver.run?.phase.kind === "running";
    command = dueNow(driver)[0]
  ) {
    if (command.kind === "send") goOn(driver, command.attempt.stepId);
    else if (command.kind === "observe" && command.purpose === "before") {
      const objects = command.objects.map((object) => show(seeBox(driver, object.slice("box/".length))));
      give(driver, {
        kind: "observed",
        atMs: driver.nowMs,
        runId: "run_1",
        commandId: command.id,
        standing: { kind: "permitted" },
        result: { kind: "seen", objects, heldMs: 0, waitedMs: 0 },
      });
    } else if (command.kind === "observe") read(driver, command);
  }
  return driver;
}

describe("undoing an ended run", () => {
  it("proposes its compensations, newest write first, with the facts of before as the goal", () => {
    const driver = testDriver({ a: 3 });
    give(
      driver,
      startOf(
        planOf(
          [
            { id: "a", level: 5 },
            { id: "b", after: ["a"], level: 2 },
          ],
          { levels: { a: 3 } },
        ),
        driver,
      ),
    );
    runToRest(driver);

    expect(told(driver.run)).toEqual({
      goal: "box.a.level == 3 && box.b.level == 0",
      steps: [" → undo_b level=0", "undo_b → undo_a level=3"],
    });
  });

  it("goes back to what was there before both of two writes of one fact", () => {
    const driver = testDriver();
    give(
      driver,
      startOf(
        planOf([
          { id: "a", box: "x", level: 4 },
          { id: "b", box: "x", after: ["a"], level: 7 },
        ]),
        driver,
      ),
    );
    runToRest(driver);

    expect(told(driver.run)).toEqual({
      goal: "box.x.level == 0",
      steps: [" → undo_b level=4", "undo_b → undo_a level=0"],
    });
  });

  it("names each step that has no way back", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"], irreversible: true }]), driver));
    runToRest(driver);

    expect(told(driver.run)).toEqual(["E_NO_WAY_BACK `b` has no way back"]);
  });

  it("of a run closed on its way back proposes what was not put right: an undo never sent, or not read back", () => {
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

    expect([neverSent, notReadBack]).toEqual([
      { goal: "box.a.level == 0", steps: [" → undo_a level=0"] },
      { goal: "box.a.level == 0", steps: [" → undo_a level=0"] },
    ]);
  });

  it("of a run closed half-way back proposes only what is still there", () => {
    const driver = testDriver();
    give(
      driver,
      startOf(
        planOf([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"], pre: "box.c.level == 7" }]),
        driver,
      ),
    );
    for (const stepId of ["a", "a", "a", "b", "b", "b"]) goOn(driver, stepId);
    read(driver, dueFor(driver, "observe", "c"));
    for (const stepId of ["b", "b", "b"]) goOn(driver, stepId);
    driver.levels.set("a", 6);
    read(driver, dueFor(driver, "observe", "a"));
    give(driver, { kind: "close", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "settled by hand" });

    expect(told(driver.run)).toEqual({ goal: "box.a.level == 0", steps: [" → undo_a level=0"] });
  });

  it("undoes the others of a fleet where an earlier release did not see one object before its write", () => {
    const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]);
    const driver = testDriver();
    give(driver, startOf({ ...plan, steps: inWaves(plan.steps) }, driver));
    runToRest(driver);
    forgetBefore(driver, (fact) => fact === "box.b.level");

    expect(told(driver.run)).toEqual({
      goal: "box.a.level == 0 && box.c.level == 0",
      steps: [" → undo_c level=0", "undo_c → undo_a level=0"],
      assumes: [
        "b on box/b is not undone and stays as it is: " +
          "`box.b.level` was not seen before the write, so it cannot be put back",
      ],
    });
  });

  it("leaves what a write that stays was built on: the same target, and what its plan let it wait for", () => {
    const driver = testDriver();
    give(
      driver,
      startOf(
        planOf([
          { id: "a" },
          { id: "b", after: ["a"] },
          { id: "c", box: "b", after: ["b"], level: 3 },
          { id: "d", after: ["a"], level: 4 },
        ]),
        driver,
      ),
    );
    runToRest(driver);
    forgetBefore(driver, (_, stepId) => stepId === "c");

    expect(told(driver.run)).toMatchObject({
      steps: [" → undo_d level=0"],
      assumes: [
        expect.stringMatching(/^c on box\/b is not undone and stays as it is: `box.b.level` was not seen/),
        "b on box/b is not undone and stays as it is: `c`, which stays, was built on it",
        "a on box/a is not undone and stays as it is: `c`, which stays, was built on it",
      ],
    });
  });

  it("leaves a write on the domain as a whole that a write which stays was built on", () => {
    const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["a", "b"] }, { id: "d" }]);
    const steps = plan.steps.map((step) =>
      step.kind === "act" && step.id === "a" && step.compensation !== null
        ? { ...step, target: null, compensation: { ...step.compensation, args: [] } }
        : step,
    );
    const driver = testDriver();
    give(driver, startOf({ ...plan, steps }, driver));
    runToRest(driver);
    forgetBefore(driver, (fact) => fact === "box.c.level");

    expect(told(driver.run)).toMatchObject({
      steps: [" → undo_d level=0"],
      assumes: [
        expect.stringMatching(/^c on box\/c is not undone/),
        "b on box/b is not undone and stays as it is: `c`, which stays, was built on it",
        "a on the domain is not undone and stays as it is: `c`, which stays, was built on it",
      ],
    });
  });

  it("names twenty of the writes that stay, and counts the others", () => {
    const ids = Array.from({ length: 22 }, (_, index) => `s${index}`);
    const plan = planOf([{ id: "last" }, ...ids.map((id) => ({ id }))]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    runToRest(driver);
    forgetBefore(driver, (fact) => fact !== "box.last.level");

    const proposal = proposeRollback(driver.run ?? expect.fail());

    expect(proposal.ok && proposal.value.summary).toBe("Undo what run_1 did, but for 22 steps.");
    expect(proposal.ok && proposal.value.assumptions).toHaveLength(21);
    expect(proposal.ok && proposal.value.assumptions.at(-1)).toBe("and 2 steps more, for such a reason");
  });

  it("names every fact that cannot be put back where nothing can be undone", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }]), driver));
    runToRest(driver);
    forgetBefore(driver, (fact) => fact === "box.a.level");

    expect(told(driver.run)).toEqual([
      "E_NO_WAY_BACK `a`: `box.a.level` was not seen before the write, so it cannot be put back",
    ]);
  });

  it("takes literals from the plan, and puts into the goal only what was seen, sorted, with texts in quotes", () => {
    const plan = planOf([{ id: "z" }, { id: "a", after: ["z"] }]);
    const steps = plan.steps.map((step) => {
      if (step.kind !== "act" || step.compensation === null) return step;
      const literal = {
        name: "mode",
        type: { kind: "string", maxLength: 9 },
        from: "literal",
        value: "back",
      } as unknown as (typeof step.compensation.args)[number];
      return {
        ...step,
        compensation: {
          ...step.compensation,
          args: [literal],
          restores: [...step.compensation.restores, `box.${step.id}.mode`, `box.${step.id}.unseen`],
        },
      };
    });
    const driver = ended({ ...plan, steps }, (seen) => ({
      ...seen,
      facts: [
        ...seen.facts,
        { name: `${seen.object.replace("/", ".")}.mode`, value: "it's on" },
        { name: `${seen.object.replace("/", ".")}.unseen`, value: 1 },
      ],
    }));
    forgetBefore(driver, (fact) => fact.endsWith(".unseen"));

    expect(told(driver.run)).toEqual({
      goal: String.raw`box.a.level == 0 && box.a.mode == 'it\'s on' && box.z.level == 0 && box.z.mode == 'it\'s on'`,
      steps: [' → undo_a mode="back"', 'undo_a → undo_z mode="back"'],
    });
  });

  it("of a killed run counts a write that was acknowledged but not read back", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"] }]), driver));
    for (const stepId of ["a", "a", "a", "b", "b"]) goOn(driver, stepId);
    give(driver, { kind: "kill", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "at once" });

    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "stopped", wrote: ["a", "b"] });
    expect(told(driver.run)).toMatchObject({ steps: [" → undo_b level=0", "undo_b → undo_a level=0"] });
  });

  it("proposes nothing until somebody says what became of a step in doubt at the close", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "b", after: ["a"], idempotency: "none" }]), driver));
    for (const stepId of ["a", "a", "a"]) goOn(driver, stepId);
    read(driver, dueFor(driver, "observe", "b"));
    answer(driver, dueFor(driver, "send", "b"), {
      kind: "unknown",
      problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" },
    });
    for (const kind of ["kill", "close"] as const)
      give(driver, { kind, atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });

    expect(told(driver.run)).toEqual(["E_NO_WAY_BACK nobody said what happened to `b` before the run was closed"]);
  });

  it("has nothing to propose if everything was undone already", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }]), driver));
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), {
      kind: "rejected",
      problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
      retryable: false,
    });
    runToRest(driver);

    expect(told(driver.run)).toEqual(["E_RUN_ENDED nothing of `run_1` is left to undo"]);
  });
});
