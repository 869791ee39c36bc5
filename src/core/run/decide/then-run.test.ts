import { describe, expect, it } from "vitest";
import {
  attempt,
  begin,
  beginPlan,
  codesOf,
  finish,
  order,
  phaseOf,
  replies,
  resolve,
  runOf,
  stateOf,
  takeOver,
} from "../fixtures/course.fixture.ts";
import { alice, dueFor, dueNow, give, read, refold, runToRest, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { editAndReload, goingBack } from "../fixtures/then-run.fixture.ts";
import { explainRun } from "../tell/explain-run.ts";
import { proposeRollback } from "../tell/propose-rollback.ts";
import { viewRun } from "../tell/view.ts";

function compensations(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) =>
    event.kind === "step_compensated" ? [`${event.stepId} ${event.how}`] : [],
  );
}

describe("an action after an undo", () => {
  it("runs once the step is undone, and puts right what a later step of its kind did", () => {
    const driver = goingBack();

    runToRest(driver);

    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 undone", "reload covered"]);
    expect(runOf(driver).phase).toMatchObject({
      outcome: "compensated",
      reason: "every touched step was undone and verified; then ran: box.set on box/s",
      wrote: [],
    });
    expect([...driver.levels]).toEqual([
      ["f", 0],
      ["s", 0],
    ]);
  });

  it("runs too if nothing of its kind was done before", () => {
    const driver = begin(editAndReload);
    finish(driver, "edit");
    order(driver, "rollback");

    runToRest(driver);

    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 undone"]);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("runs although somebody has put back by hand what the step did", () => {
    const driver = goingBack();
    driver.levels.set("f", 0);
    driver.levels.set("s", 0);

    runToRest(driver);

    expect(compensations(driver)).toEqual(["edit nothing_happened", "edit.then1 undone", "reload covered"]);
    expect(runOf(driver).phase).toMatchObject({
      reason: "1 of 2 touched steps undone and verified; then ran: box.set on box/s; 1 read as before already: box/f",
    });
  });

  it("says so where nothing else was left to undo", () => {
    const driver = begin(editAndReload);
    finish(driver, "edit");
    order(driver, "rollback");
    driver.levels.set("f", 0);

    runToRest(driver);

    expect(runOf(driver).phase).toMatchObject({
      reason: "every touched step reads as before; nothing was left to undo; then ran: box.set on box/s",
    });
  });

  it("is not sent to an object that somebody else has changed: the run is dirty at it", () => {
    const driver = goingBack();
    finish(driver, "edit");
    driver.levels.set("s", 7);
    read(driver, dueFor(driver, "observe", "edit.then1"));

    expect(viewRun(runOf(driver))).toMatchObject({
      phase: "dirty",
      waitingFor: [{ stepId: "edit.then1", owner: "alice" }],
      failed: [{ stepId: "edit.then1", target: "box/s", touched: true }],
    });
    expect(codesOf(driver)).toEqual(["E_COMPENSATION_DRIFT"]);
    driver.levels.set("s", 0);
    resolve(driver, "edit.then1", "restored");
    runToRest(driver);
    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 nothing_happened", "reload covered"]);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("that fails leaves the run dirty, with what it was to put right still written", () => {
    const driver = goingBack();
    finish(driver, "edit");
    attempt(driver, "edit.then1", replies.rejected);
    expect(phaseOf(driver)).toBe("dirty");
    order(driver, "close");

    expect(runOf(driver).phase).toMatchObject({ outcome: "closed", wrote: ["reload"] });
    expect(proposeRollback(runOf(driver))).toMatchObject({
      ok: true,
      value: { steps: [{ id: "undo_edit_then1", purpose: "Run after edit is undone.", after: [] }] },
    });
  });

  it("is tried again if a person says that nothing of it happened", () => {
    const driver = goingBack();
    finish(driver, "edit");
    attempt(driver, "edit.then1", replies.rejected);
    resolve(driver, "edit.then1", "not_applied");
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
  });

  it("ends the run closed on the word of a person, where nothing could be read", () => {
    const driver = goingBack();
    finish(driver, "edit");
    attempt(driver, "edit.then1", replies.rejected);
    resolve(driver, "edit.then1", "restored");
    const command = dueFor(driver, "observe", "edit.then1");
    driver.nowMs = command.untilMs;
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: { code: "E_TIMEOUT", pointer: "", message: "silent", hint: "" } },
    });

    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 by_person", "reload covered"]);
    expect(phaseOf(driver)).toBe("closed");
  });

  const single = { idempotency: "natural", landsWithinMs: 1_000 } as const;

  it("that nobody answered for is done if the reading shows that it has changed what was there", () => {
    const driver = goingBack(editAndReload.map((step) => ({ ...step, ...single })));
    finish(driver, "edit");
    attempt(driver, "edit.then1", replies.unknown);
    driver.levels.set("s", 0);
    read(driver, dueFor(driver, "observe", "edit.then1"));

    expect(phaseOf(driver)).toBe("compensated");
  });

  it("stays in doubt if the facts were as before already: no reading shows whether it ran", () => {
    const driver = begin(editAndReload.map((step) => ({ ...step, ...single })));
    finish(driver, "edit");
    order(driver, "rollback");
    finish(driver, "edit");
    attempt(driver, "edit.then1", replies.unknown);
    const command = dueFor(driver, "observe", "edit.then1");
    expect(command).toMatchObject({ purpose: "undo_after", holdMs: command.quietMs });
    driver.nowMs = command.untilMs;
    read(driver, command);

    expect(stateOf(driver, "edit.then1").kind).toBe("in_doubt");
    resolve(driver, "edit.then1", "applied");
    runToRest(driver);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("goes on where it was after each crash, and is done once", () => {
    const whole = goingBack();
    runToRest(whole);
    const sends = whole.records.filter(({ event }) => event.kind === "step_intent").length;
    for (let crashAt = 0; crashAt < 12; crashAt += 1) {
      const driver = goingBack();
      for (let round = 0; round < crashAt; round += 1) {
        const [command] = dueNow(driver);
        if (command?.kind === "observe") read(driver, command);
        else if (command?.kind === "send") attempt(driver, command.attempt.stepId, replies.applied);
      }
      driver.run = refold(driver, planOf(editAndReload));
      takeOver(driver);
      runToRest(driver);

      expect(compensations(driver)).toEqual(["edit undone", "edit.then1 undone", "reload covered"]);
      const again = driver.records.filter(({ event }) => event.kind === "step_intent").length - sends;
      expect(again).toBeLessThanOrEqual(1);
      expect(runOf(driver)).toEqual(refold(driver, planOf(editAndReload)));
    }
  });

  it("holds the lock of its object from the start of the run", () => {
    expect(runOf(begin([{ id: "edit", box: "f", thenRun: ["s"] }])).locks).toEqual(["box/f", "box/s"]);
  });

  it("is not begun if the reading before the write does not show what it puts back", () => {
    const driver = begin(editAndReload);
    const command = dueFor(driver, "observe", "edit");
    const seen = command.objects.map((object) => ({
      object,
      fingerprint: runOf(driver).prepared.plan.pins.targets.find((pin) => pin.object === object)?.fingerprint,
      fence: null,
      facts: object === "box/s" ? [] : [{ name: "box.f.level", value: 0 }],
    }));
    give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: {
        kind: "seen",
        objects: seen.flatMap(({ fingerprint, ...each }) =>
          fingerprint === undefined ? [] : [{ ...each, fingerprint }],
        ),
        heldMs: 0,
        waitedMs: 0,
      },
    });

    expect(codesOf(driver)[0]).toBe("E_FACT_UNSEEN");
  });

  it("is no step of the way forth: a run that succeeds neither counts nor shows it", () => {
    const driver = begin(editAndReload);
    expect(viewRun(runOf(driver)).nextSteps).not.toContain("edit.then1");
    runToRest(driver);

    expect(runOf(driver).phase).toMatchObject({ outcome: "succeeded", reason: "every step was done and verified" });
    expect(viewRun(runOf(driver)).steps.map(({ id }) => id)).toEqual(["edit", "reload", "check", "end"]);
  });

  it("is explained as what it was, in its place", () => {
    const driver = goingBack();
    runToRest(driver);

    const { steps: told, wayBack } = explainRun(planOf(editAndReload), driver.records);
    expect(told.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "edit undone",
      "reload undone",
      "check not_reached",
      "end not_reached",
    ]);
    expect(wayBack).toEqual([
      { stepId: "edit", kind: "undo", name: "box.set on box/f (edit)", status: "done", covers: [], problem: null },
      {
        stepId: "edit.then1",
        kind: "then_run",
        name: "box.set on box/s (edit.then1)",
        status: "done",
        covers: ["reload"],
        problem: null,
      },
    ]);
  });

  it("is proposed in its place by the rollback of an ended run", () => {
    const driver = begin(editAndReload.slice(0, 2));
    runToRest(driver);

    const proposed = proposeRollback(runOf(driver));
    expect(proposed).toMatchObject({
      ok: true,
      value: {
        goal: "box.f.level == 0 && box.s.level == 0",
        steps: [
          { id: "undo_edit", after: [] },
          { id: "undo_edit_then1", after: ["undo_edit"] },
        ],
      },
    });
  });
});

/** Reads back what does not hold, until the step has failed. */
function missPost(driver: TestDriver, stepId: string): void {
  attempt(driver, stepId, replies.applied);
  driver.levels.set(stepId === "edit" ? "f" : "s", 5);
  const command = dueFor(driver, "observe", stepId);
  driver.nowMs = command.untilMs;
  read(driver, command);
}

describe("what runs after the undo of a step that failed", () => {
  const bounded = editAndReload.map((step) => ({ ...step, landsWithinMs: 0 }));

  it("runs after the undo of a write that did something else than it should", () => {
    const driver = begin(bounded);
    missPost(driver, "edit");
    runToRest(driver);

    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 undone"]);
  });

  it("puts right a later step of its kind that failed, too", () => {
    const driver = begin(bounded);
    finish(driver, "edit");
    missPost(driver, "reload");
    runToRest(driver);

    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 undone", "reload covered"]);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("keeps apart two actions that put different steps right", () => {
    const driver = begin([
      { id: "a", thenRun: ["s"] },
      { id: "b", thenRun: ["t"], after: ["a"] },
      { id: "r", box: "s", after: ["b"] },
      { id: "q", box: "t", after: ["r"] },
      { id: "z", after: ["q"] },
    ]);
    for (const id of ["a", "b", "r", "q"]) finish(driver, id);
    order(driver, "rollback");
    runToRest(driver);

    expect(compensations(driver)).toEqual([
      "b undone",
      "b.then1 undone",
      "q covered",
      "a undone",
      "a.then1 undone",
      "r covered",
    ]);
  });

  it("names the domain where it acts on no object", () => {
    const plan = planOf(editAndReload);
    const [edit, ...others] = plan.steps;
    if (edit?.kind !== "act" || edit.compensation?.thenRun === undefined) throw new Error("the edit has a way back");
    const thenRun = edit.compensation.thenRun.map((next) => ({ ...next, target: null, locks: ["domain"] }));
    const driver = beginPlan({
      ...plan,
      steps: [{ ...edit, compensation: { ...edit.compensation, thenRun } }, ...others],
    });
    finish(driver, "edit");
    order(driver, "rollback");
    runToRest(driver);

    expect(runOf(driver).phase).toMatchObject({
      reason: "every touched step was undone and verified; then ran: box.set on the domain",
    });
  });
});

describe("a plan that ends in a way back", () => {
  const probed: readonly StepSketch[] = [
    ...editAndReload.slice(0, 2),
    { id: "p", kind: "probe", after: ["reload"], outcomes: ["good", "bad"] },
    { id: "end", kind: "end", after: ["p"], when: "p == 'good'" },
    { id: "back", kind: "end", world: "rollback", after: ["p"], when: "p != 'good'" },
  ];

  it("undoes what it wrote when it comes there", () => {
    const driver = beginPlan(planOf(probed));
    runToRest(driver, (stepId) => (stepId === "p" ? "bad" : null));

    expect(compensations(driver)).toEqual(["edit undone", "edit.then1 undone", "reload covered"]);
    expect(codesOf(driver)).toEqual(["E_ROLLBACK_PLANNED"]);
    expect(phaseOf(driver)).toBe("compensated");
    expect(explainRun(planOf(probed), driver.records).steps.map(({ id, status }) => `${id} ${status}`)).toContain(
      "back done",
    );
  });

  it("succeeds when it comes to its good end", () => {
    const driver = beginPlan(planOf(probed));
    runToRest(driver, (stepId) => (stepId === "p" ? "good" : null));

    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("is escalated where nothing was written that could be undone", () => {
    const driver = beginPlan(
      planOf([
        { id: "p", kind: "probe", outcomes: ["good", "bad"] },
        { id: "back", kind: "end", world: "rollback", after: ["p"] },
      ]),
    );
    runToRest(driver);

    expect(runOf(driver).phase).toMatchObject({
      outcome: "escalated",
      reason: "the plan ends at `back` with the way back; nothing was written",
    });
  });

  it("lets go of what has not been sent, and of questions", () => {
    const driver = beginPlan(
      planOf([
        { id: "edit" },
        { id: "q", kind: "approve" },
        { id: "back", kind: "end", world: "rollback", after: ["edit"] },
      ]),
    );
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
    expect(give(driver, { kind: "kill", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" }).kind).toBe(
      "refused",
    );
  });
});
