import { describe, expect, it } from "vitest";
import { doubtPatienceMs } from "../due/patience.ts";
import {
  acknowledged,
  attempt,
  begin,
  beginPlan,
  finish,
  kindsOf,
  order,
  phaseOf,
  replies,
  resolve,
  runOf,
  stateOf,
  takeOver,
  tick,
} from "../fixtures/course.fixture.ts";
import {
  answer,
  dueFor,
  dueNow,
  eventKinds,
  give,
  giveAsked,
  read,
  runToRest,
  type TestDriver,
  tell,
} from "../fixtures/driver.fixture.ts";
import { operating, operatingAs, pass, problemOf, say, start } from "../fixtures/operating.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { explainRun } from "../tell/explain-run.ts";
import { viewRun } from "../tell/view.ts";

describe("an operation that takes too long", () => {
  it("is in doubt if it cannot be cancelled, and asked about until it has ended", () => {
    const driver = operating();
    say(driver, "running", { percent: 90 });
    pass(driver);

    expect(kindsOf(say(driver, "running", { percent: 90 }))).toEqual(["step_in_doubt"]);

    expect(problemOf(driver)).toBe(
      "the operation `a-do` of `a` has not ended after 60000 ms; its status is `running`, 90 % is done",
    );
    expect(viewRun(runOf(driver)).waitingFor).toMatchObject([{ kind: "person", owner: "alice" }]);
    expect(doubtPatienceMs(runOf(driver))).toBe(3_000);
    expect(dueFor(driver, "ask", "a")).toMatchObject({ purpose: "ask", untilMs: Number.MAX_SAFE_INTEGER });
    expect(kindsOf(say(driver, "running", { percent: 95 }))).toEqual(["operation_told"]);
    runToRest(driver);
    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("lets nothing else begin: a step that has come up waits without an end", () => {
    const driver = begin([{ id: "a", operation: {} }, { id: "b" }]);
    start(driver, "a");
    pass(driver);
    say(driver, "running");

    const waits = viewRun(runOf(driver)).waitingFor;

    expect(waits.map(({ stepId, kind, untilMs }) => [stepId, kind, untilMs])).toContainEqual(["b", "reading", null]);
  });

  it("says that the last question was not answered", () => {
    const driver = operating();
    pass(driver);

    giveAsked(driver, dueFor(driver, "ask", "a"), replies.unknown);

    expect(problemOf(driver)).toBe(
      "the operation `a-do` of `a` has not ended after 60000 ms; the last question was not answered: no answer",
    );
  });

  it("is cancelled if that can be done, and in doubt if that does not end it", () => {
    const driver = operating({ mayCancel: true });
    pass(driver);

    expect(kindsOf(say(driver, "running"))).toEqual(["operation_told", "operation_cancelling"]);
    const cancel = dueFor(driver, "ask", "a");
    expect(cancel).toMatchObject({ purpose: "cancel", call: { access: "write", with: { operation: "a-do" } } });
    giveAsked(driver, cancel, replies.applied);
    expect(dueFor(driver, "ask", "a")).toMatchObject({ purpose: "ask", untilMs: 71_000 });
    pass(driver);
    say(driver, "running");

    expect(problemOf(driver)).toContain("after 70000 ms, although it was to be cancelled; its status is `running`");
    expect(stateOf(driver, "a").kind).toBe("in_doubt");
    say(driver, "cancelled");
    read(driver, dueFor(driver, "observe", "a"));
    runToRest(driver);
    expect(phaseOf(driver)).toBe("compensated");
  });
});

describe("a run that is stopped while an operation is under way", () => {
  it("cancels it, asks until it has ended, and fails the step with what is read", () => {
    const driver = operating({ mayCancel: true }, { onFailure: "stop" });

    expect(kindsOf(order(driver, "stop"))).toEqual(["run_draining", "operation_cancelling"]);
    giveAsked(driver, dueFor(driver, "ask", "a"), replies.applied);
    say(driver, "cancelled");
    read(driver, dueFor(driver, "observe", "a"));

    expect(phaseOf(driver)).toBe("escalated");
  });

  it("tries a cancellation three times that is not answered, and one that is refused only once", () => {
    const [lost, refused] = [operating({ mayCancel: true }), operating({ mayCancel: true })];
    for (const driver of [lost, refused]) order(driver, "stop");

    for (let n = 0; n < 3; n += 1) giveAsked(lost, dueFor(lost, "ask", "a"), replies.unknown);
    giveAsked(refused, dueFor(refused, "ask", "a"), replies.busy);
    giveAsked(refused, dueFor(refused, "ask", "a"), replies.rejected);

    expect([lost, refused].map((driver) => dueFor(driver, "ask", "a").purpose)).toEqual(["ask", "ask"]);
    expect(
      [lost, refused].map((driver) => eventKinds(driver).filter((kind) => kind === "cancel_answered").length),
    ).toEqual([3, 2]);
  });

  it("waits for one that cannot be cancelled", () => {
    const driver = operating();

    expect(kindsOf(order(driver, "stop"))).toEqual(["run_draining"]);
    runToRest(driver);

    expect(phaseOf(driver)).toBe("stopped");
    expect(viewRun(runOf(driver)).wrote).toEqual(["a"]);
  });

  it("cancels what a call that was in the air has started, also after a take-over", () => {
    const [heard, taken] = [
      begin([{ id: "a", operation: { mayCancel: true } }]),
      begin([{ id: "a", operation: { mayCancel: true } }]),
    ];
    for (const driver of [heard, taken]) read(driver, dueFor(driver, "observe", "a"));
    const first = dueFor(taken, "send", "a");
    answer(taken, first, replies.unknown);
    tick(taken, 100);
    answer(taken, first, acknowledged({ operation: 7 }));
    for (const driver of [heard, taken]) order(driver, "stop");

    start(heard, "a");
    takeOver(taken);

    expect([heard, taken].map((driver) => dueFor(driver, "ask", "a").purpose)).toEqual(["cancel", "cancel"]);
  });

  it("cancels it on a later word too, while the run drains for another reason, and only once", () => {
    const driver = begin([
      { id: "a", operation: { mayCancel: true } },
      { id: "b", onFailure: "escalate" },
    ]);
    start(driver, "a");
    attempt(driver, "b", replies.rejected);

    expect(kindsOf(order(driver, "stop"))).toEqual(["stop_noted", "operation_cancelling"]);
    expect(kindsOf(order(driver, "stop"))).toEqual(["stop_noted"]);
  });

  it("lets it end where a rollback was asked for, and undoes it then", () => {
    const driver = operating({ mayCancel: true });

    expect(kindsOf(order(driver, "rollback"))).toEqual(["run_draining"]);
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
  });
});

describe("a run that is killed while an operation is under way", () => {
  it("asks and cancels nothing more, and waits for a person to close it", () => {
    const driver = operating({ mayCancel: true });

    expect(kindsOf(order(driver, "kill"))).toEqual(["run_killed"]);

    expect(dueNow(driver)).toEqual([]);
    expect(viewRun(runOf(driver)).waitingFor).toMatchObject([{ kind: "person", owner: "alice" }]);
    order(driver, "close");
    expect(driver.records.at(-1)?.event).toMatchObject({ outcome: "closed", wrote: ["a"] });
  });

  it("keeps what is answered later", () => {
    const driver = operating();
    const command = dueFor(driver, "ask", "a");
    order(driver, "kill");

    expect(tell(driver, command, { status: "done" })).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
  });
});

describe("a way back that is an operation", () => {
  function undoing(sketch: Partial<StepSketch> = {}): TestDriver {
    const driver = begin([
      { id: "a", undoOperation: { mayCancel: true }, ...sketch },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    attempt(driver, "b", replies.rejected);
    start(driver, "a");
    return driver;
  }

  it("is asked about, and proven by reading the facts of before", () => {
    const driver = undoing();
    expect(dueFor(driver, "ask", "a").call.with).toEqual({ operation: "a-undo" });

    say(driver, "done");
    expect(dueFor(driver, "observe", "a").purpose).toBe("undo_after");
    runToRest(driver);

    expect(phaseOf(driver)).toBe("compensated");
  });

  it("leaves the run dirty if it fails, with what the system says", () => {
    const driver = undoing();

    say(driver, "failed", { says: "no such image" });

    expect(phaseOf(driver)).toBe("dirty");
    expect(problemOf(driver)).toContain("the operation `a-undo` of `a` failed");
    expect(dueNow(driver)).toEqual([]);
    resolve(driver, "a", "not_applied");
    runToRest(driver);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("is never cancelled: in doubt when its time is over, and asked about on a stop as before", () => {
    const driver = undoing();
    expect(kindsOf(order(driver, "stop"))).toEqual(["stop_noted"]);
    pass(driver);

    say(driver, "running");

    expect(stateOf(driver, "a").kind).toBe("in_doubt");
    runToRest(driver);
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("binds what was read before the write", () => {
    const plan = planOf([
      { id: "a", undoOperation: {} },
      { id: "w", kind: "wait", after: ["a"] },
    ]);
    const [step, ...rest] = plan.steps;
    if (step?.kind !== "act" || step.compensation?.operation === undefined) return expect.fail();
    const { operation } = step.compensation;
    const ask = { ...operation.ask, with: { operation: { $operation: "id" }, level: { $arg: "level" } } };
    const driver = beginPlan({
      ...plan,
      steps: [{ ...step, compensation: { ...step.compensation, operation: { ...operation, ask } } }, ...rest],
    });
    finish(driver, "a");
    order(driver, "rollback");

    start(driver, "a");

    expect(dueFor(driver, "ask", "a").call.with).toEqual({ operation: "a-undo", level: 0 });
  });
});

describe("an undo in doubt whose facts were as before when it was sent", () => {
  it("is not called undone by a reading that shows nothing of it, unless nothing can land any more", () => {
    const [open, bounded] = [null, 60_000].map((landsWithinMs) => {
      const driver = operating({}, { landsWithinMs, idempotency: "none" });
      say(driver, "failed");
      read(driver, dueFor(driver, "observe", "a"));
      attempt(driver, "a", replies.unknown);
      return driver;
    });
    if (open === undefined || bounded === undefined) return expect.fail();

    expect(dueFor(open, "observe", "a")).toMatchObject({ holdMs: 10_000, quietMs: 10_000 });
    read(open, dueFor(open, "observe", "a"));
    read(bounded, dueFor(bounded, "observe", "a"));

    expect([stateOf(open, "a").kind, phaseOf(bounded)]).toEqual(["in_doubt", "compensated"]);
  });
});

describe("a system with a few words", () => {
  it("may fail without saying anything", () => {
    const driver = operatingAs({ failed: [null] });

    tell(driver, dueFor(driver, "ask", "a"), { status: null });
    read(driver, dueFor(driver, "observe", "a"));

    const failed = driver.records.find(({ event }) => event.kind === "step_failed")?.event;
    expect(failed).toMatchObject({ problem: { message: "the operation `a-do` of `a` failed" } });
  });

  it("is shown to be told to cancel, and asked again after a call that did not leave", () => {
    const driver = operatingAs({});
    order(driver, "stop");

    giveAsked(driver, dueFor(driver, "ask", "a"), replies.notSent);

    const [wait] = viewRun(runOf(driver)).waitingFor;
    expect(wait?.reason).toBe("the operation `a-do` is under way and is to be cancelled");
    expect(dueFor(driver, "ask", "a")).toMatchObject({ purpose: "cancel", firstAtMs: 2_000 });
    driver.nowMs += 1_000;
    order(driver, "kill");
    const explained = explainRun(driver.run?.prepared.plan ?? expect.fail(), driver.records);
    expect(explained.steps[0]).toMatchObject({ status: "operating", operations: [{ cancelledMs: 0, endedMs: null }] });
  });
});

it("a failure after a lost try is the failure of both", () => {
  const driver = begin([{ id: "a", operation: {} }]);
  attempt(driver, "a", replies.unknown);
  tick(driver, 100);
  start(driver, "a");

  say(driver, "failed");

  expect(stateOf(driver, "a")).toMatchObject({
    effort: { attempts: [{ status: "unknown" }, { status: "applied", hasRun: true }] },
  });
});

it("a doubt about an operation is not settled by a reading of its target", () => {
  const driver = operating();
  const { serial } = stateOf(driver, "a") as { readonly serial: number };
  pass(driver);
  say(driver, "running");

  const read = give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: "run_1",
    commandId: `run_1/a/after/${serial + 2}`,
    standing: { kind: "permitted" },
    result: { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 },
  });

  expect(read).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
});

it("the operation of a way back is explained beside that of the write", () => {
  const driver = begin([
    { id: "a", operation: {}, undoOperation: {} },
    { id: "w", kind: "wait", after: ["a"] },
  ]);
  start(driver, "a");
  say(driver, "done");
  read(driver, dueFor(driver, "observe", "a"));
  order(driver, "rollback");
  start(driver, "a");
  say(driver, "done");

  const { steps } = explainRun(driver.run?.prepared.plan ?? expect.fail(), driver.records);

  expect(steps[0]?.operations?.map(({ id, direction, status }) => [id, direction, status])).toEqual([
    ["a-do", "do", "succeeded"],
    ["a-undo", "undo", "succeeded"],
  ]);
});

it("is explained with its id, the last word and its times", () => {
  const driver = operating();
  driver.nowMs += 5_000;
  say(driver, "running", { percent: 40 });
  driver.nowMs += 5_000;
  say(driver, "failed", { says: "no space" });
  read(driver, dueFor(driver, "observe", "a"));
  const plan = driver.run?.prepared.plan ?? expect.fail();

  const { steps } = explainRun(plan, driver.records);

  expect(steps[0]?.operations).toEqual([
    {
      id: "a-do",
      direction: "do",
      startedMs: 0,
      endedMs: 10_000,
      status: "failed",
      told: { status: "failed", progress: null, says: "no space" },
      cancelledMs: null,
    },
  ]);
});
