import { describe, expect, it } from "vitest";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import { applyRun, createRun } from "../apply/apply.ts";
import { applySite, emptySite } from "../apply/site.ts";
import { attempt, begin, finish, order, replies, stateOf, tick } from "../fixtures/course.fixture.ts";
import { alice, approvalOf, dueFor, dueNow, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import { planOf, testDigest } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";
import type { Event } from "../words/event.ts";
import type { Attempt } from "../words/input.ts";

/*
 * Journals that no kernel writes. The folds are the last line of defence: whatever wrote an event, a run that breaks an
 * invariant stops here. Each row is a moment of a run, reached through the front door; one event that does not belong
 * there; and the invariant that the event would break.
 */

// Forged events.

const problem = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;
const at = (stepId: string, n: number, direction: Attempt["direction"] = "do"): Attempt => ({
  runId: "run_1",
  stepId,
  direction,
  n,
  epoch: 1,
});
/** A write's intent, under a key of its own and without a baseline. */
const intent = (stepId: string, n: number, direction: Attempt["direction"] = "do"): Event => ({
  kind: "step_intent",
  runId: "run_1",
  attempt: at(stepId, n, direction),
  idempotencyKey: "key",
  access: "write",
  pace: null,
  args: [],
  baseline: [],
});
/** An answer to a forward attempt. */
const settledAs = (stepId: string, n: number, kind: "applied" | "rejected"): Event => ({
  kind: "attempt_settled",
  runId: "run_1",
  attempt: at(stepId, n),
  reply: kind === "applied" ? replies.applied : replies.rejected,
});
const seen: ObservedObject = { object: "box/a", fingerprint: testDigest("seen"), fence: null, facts: [] };
/** A write that is done. `left` is the target as it left it. */
const done = (stepId: string, left: ObservedObject | null = seen): Event => ({
  kind: "step_settled",
  runId: "run_1",
  stepId,
  outcome: "done",
  facts: [],
  left,
  problem: null,
  by: null,
});
/** A step that failed. `touched`: its effect is in the world. */
const failedAs = (stepId: string, touched: boolean): Event => ({
  kind: "step_failed",
  runId: "run_1",
  stepId,
  touched,
  outcome: null,
  left: null,
  problem,
});
const inDoubt = (stepId: string): Event => ({
  kind: "step_in_doubt",
  runId: "run_1",
  stepId,
  direction: "do",
  owner: "alice",
  dueAtMs: 9,
  problem,
});
/** Alice says that a step did not happen. */
const resolved = (stepId: string): Event => ({
  kind: "step_resolved",
  runId: "run_1",
  stepId,
  direction: "do",
  as: "not_applied",
  by: alice,
  reason: "",
});
const undone = (stepId: string, how: "undone" | "nothing_happened"): Event => ({
  kind: "step_compensated",
  runId: "run_1",
  stepId,
  how,
  facts: [],
  left: null,
});
/** The way back begins, over these steps. */
const back = (...list: readonly string[]): Event => ({ kind: "compensation_started", runId: "run_1", order: list });
/** The way back is stuck at a step. */
const dirty = (stepId: string): Event => ({
  kind: "run_dirty",
  runId: "run_1",
  stepId,
  owner: "alice",
  dueAtMs: 9,
  problem,
});
/** The run succeeds and releases these locks. */
const ended = (...locks: readonly string[]): Event => ({
  kind: "run_ended",
  runId: "run_1",
  outcome: "succeeded",
  reason: "",
  locks,
  wrote: [],
});
/** The run drains, to be undone. */
const draining: Event = { kind: "run_draining", runId: "run_1", then: "compensated", by: null, problem: null };

// Moments of a run. Every step writes the box that has its name.

/** Two writes with a key, one after the other. Neither has been read for. */
const fresh = (): TestDriver =>
  begin([
    { id: "a", attemptsMax: 3 },
    { id: "b", after: ["a"] },
  ]);
/** Two writes beside each other. `a` has no key, so its target does not de-duplicate. */
const plain = (): TestDriver => begin([{ id: "a", idempotency: "none", attemptsMax: 3 }, { id: "b" }]);
/** As `fresh`; the call of `a` is in the air. */
function sent(): TestDriver {
  const driver = fresh();
  read(driver, dueFor(driver, "observe", "a"));
  return driver;
}
/** As `plain`; the call of `a` was acknowledged, and not yet read back. */
function acknowledged(): TestDriver {
  const driver = plain();
  attempt(driver, "a", replies.applied);
  return driver;
}
/** As `plain`; `a` got no answer and is in doubt. */
function lost(): TestDriver {
  const driver = plain();
  attempt(driver, "a", replies.unknown);
  return driver;
}
/** As `plain`; `a` was refused for now and waits to be tried again. Nothing of it landed. */
function refusedForNow(): TestDriver {
  const driver = plain();
  attempt(driver, "a", replies.busy);
  return driver;
}
/** As `fresh`; `a` got no answer and waits for its key to be sent again. It may have landed. */
function mayHaveLanded(): TestDriver {
  const driver = fresh();
  attempt(driver, "a", replies.unknown);
  return driver;
}
/** A chain of three writes, two of which are done. */
function halfDone(): TestDriver {
  const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]);
  finish(driver, "a");
  finish(driver, "b");
  return driver;
}
/** As `halfDone`; the run is undoing `b`, and nothing has been sent for that. */
function wayBack(): TestDriver {
  const driver = halfDone();
  order(driver, "rollback");
  return driver;
}
/** As `halfDone`; the run drains, to be undone, and waits for the answer of `c`. */
function drainingStill(): TestDriver {
  const driver = halfDone();
  read(driver, dueFor(driver, "observe", "c"));
  order(driver, "rollback");
  return driver;
}
/** As `fresh`; the run was stopped and has ended. */
function over(): TestDriver {
  const driver = fresh();
  order(driver, "stop");
  return driver;
}
/** A probe whose call is in the air, and a wait that has begun. */
function probed(): TestDriver {
  return begin([
    { id: "p", kind: "probe" },
    { id: "w", kind: "wait" },
  ]);
}

type Row = readonly [claim: string, moment: () => TestDriver, event: Event];

const rows: readonly Row[] = [
  ["a run folds its own events alone", fresh, { ...draining, runId: "run_2" } as Event],
  ["ends absorb", over, draining],
  [
    "a run starts once, and before all else",
    fresh,
    {
      kind: "run_started",
      runId: "run_1",
      planHash: testDigest("plan of run_1"),
      authorization: approvalOf("p"),
      actor: alice,
      owner: "alice",
      locks: [],
      baseline: [],
      reserved: null,
      deadlineMs: 9,
      epoch: 1,
    },
  ],
  ["only what runs is drained", wayBack, draining],
  ["an event names a step of its plan", fresh, inDoubt("nobody")],
  [
    "a step comes up before anything becomes of it",
    fresh,
    { kind: "wait_started", runId: "run_1", stepId: "b", untilMs: 9 },
  ],
  ["a step is skipped when it comes up", sent, { kind: "step_skipped", runId: "run_1", stepId: "a" }],
  // Intents.
  ["only a call has an effect", probed, intent("w", 1)],
  ["an intent goes the way its step is going", fresh, intent("a", 1, "undo")],
  ["an intent goes the way its step is going", wayBack, intent("b", 1)],
  ["attempts are numbered upwards", mayHaveLanded, intent("a", 1)],
  ["an effect that may have landed is never sent again (I3)", lost, intent("a", 2)],
  ["an intent is written for a step that is ready or in doubt", acknowledged, intent("a", 2)],
  ["an intent is written for a step that is ready or in doubt", fresh, intent("b", 1)],
  // Replies.
  ["an attempt belongs to an effort", fresh, settledAs("a", 1, "applied")],
  ["an attempt is settled once for good", sent, settledAs("a", 2, "applied")],
  ["an attempt is settled once for good", refusedForNow, settledAs("a", 1, "applied")],
  // What becomes of a step.
  ["only an effect can be in doubt", fresh, inDoubt("a")],
  [
    "a step is held before anything is sent",
    sent,
    { kind: "step_held", runId: "run_1", stepId: "a", untilMs: null, problem },
  ],
  [
    "a step starts afresh only when nothing of it may have landed (I3)",
    mayHaveLanded,
    { kind: "step_released", runId: "run_1", stepId: "a" },
  ],
  [
    "a step starts afresh only when nothing of it may have landed (I3)",
    sent,
    { kind: "step_released", runId: "run_1", stepId: "a" },
  ],
  [
    "only an effort is retried",
    fresh,
    { kind: "retry_scheduled", runId: "run_1", stepId: "a", direction: "do", atMs: 9 },
  ],
  ["a write is done only after its post-condition was read (I20)", fresh, done("a")],
  ["a write is done only after its post-condition was read (I20)", sent, done("a")],
  ["a write that is done tells how it left its target", acknowledged, done("a", null)],
  ["only a write touches", fresh, failedAs("a", true)],
  ["only a write touches", probed, failedAs("p", true)],
  ["a step fails untouched only when nothing of it may land", lost, failedAs("a", false)],
  ["what is resolved is in doubt or the way back of a dirty run", fresh, resolved("a")],
  // The way back.
  ["compensation follows a drain", fresh, back()],
  ["nothing is in the air when compensation begins (I11)", drainingStill, back("b", "a")],
  ["a step is undone on the way back", halfDone, undone("b", "undone")],
  ["steps are undone in their order (I4)", wayBack, undone("a", "nothing_happened")],
  ["what is called undone was sent", wayBack, undone("b", "undone")],
  ["only the way back leaves a run dirty", halfDone, dirty("b")],
  ["a run is dirty at the step it is undoing", wayBack, dirty("a")],
  // The end.
  ["nothing is in doubt when a run ends by itself (I11)", lost, ended("box/a", "box/b")],
  ["the end releases every lock (I5)", fresh, ended()],
  ["the end releases every lock (I5)", fresh, ended("box/a", "box/c")],
];

function forge(driver: TestDriver, event: Event): void {
  if (driver.run === null) throw new Error("a run was started");
  applyRun(driver.run, event, driver.nowMs);
}

describe("the fold of a run refuses", () => {
  it.each(rows)("what breaks `%s`", (claim, moment, event) => {
    const driver = moment();

    expect(() => forge(driver, event)).toThrow(`broken invariant: ${claim}`);
  });

  it("a forward effect that begins once the run drains or was killed", () => {
    for (const kind of ["rollback", "kill"] as const) {
      const driver = begin([{ id: "a" }, { id: "b" }, { id: "c" }]);
      read(driver, dueFor(driver, "observe", "a"));
      const { run } = driver;
      order(driver, kind);
      if (run === null || driver.run === null) throw new Error("a run was started");
      // The step as it was before the order, in the run as it is after it. No event leads here.
      const mixed = { ...driver.run, steps: run.steps, calls: run.calls, others: run.others };

      expect(() => applyRun(mixed, intent("b", 1), driver.nowMs)).toThrow(
        "a forward effect begins in a running run alone",
      );
    }
  });

  it("a way back over steps other than the touched ones, fewer of them, or in another order (I4)", () => {
    const driver = halfDone();
    if (driver.run === null) throw new Error("a run was started");
    const drained = applyRun(driver.run, draining, driver.nowMs);

    for (const list of [["a", "b"], ["b"], ["b", "a", "a"], ["c", "a"], []]) {
      expect(() => applyRun(drained, back(...list), 1_000)).toThrow(
        "compensation covers exactly the touched steps, newest first (I4)",
      );
    }
    expect(applyRun(drained, back("b", "a"), 1_000).phase).toMatchObject({
      kind: "compensating",
      order: [1, 0],
      position: 0,
    });
  });

  it("a start under another plan's hash (I1)", () => {
    const driver = fresh();
    const created = createRun(planOf([{ id: "a" }]), testDigest("another plan"), "run_1");
    const started = driver.records[0]?.event ?? expect.fail();

    expect(() => applyRun(created, started, 1_000)).toThrow("a run runs the plan it was authorized for (I1)");
    expect(() => applyRun(created, draining, 1_000)).toThrow("a run starts once, and before all else");
  });

  it("a second undo of a step that is undone (I4)", () => {
    const driver = wayBack();
    finish(driver, "b");

    expect(() => forge(driver, undone("b", "nothing_happened"))).toThrow("steps are undone in their order (I4)");
  });
});

describe("the fold of a run takes", () => {
  it("a new try of a call without a key, if every earlier one is known not to have happened", () => {
    const driver = refusedForNow();

    forge(driver, intent("a", 2));

    expect(stateOf(driver, "a")).toMatchObject({ kind: "backing_off", mayHaveLanded: false });
  });

  it("the moment between two events of one decision: an answered call is no longer due", () => {
    const driver = sent();
    if (driver.run === null) throw new Error("a run was started");
    driver.run = applyRun(
      driver.run,
      { kind: "attempt_settled", runId: "run_1", attempt: at("a", 1), reply: { ...replies.unknown, retryable: false } },
      1_000,
    );

    expect(dueNow(driver).filter(({ kind }) => kind === "send")).toEqual([]);
  });

  it("a refusal, which changes nothing but the time that was seen", () => {
    const driver = fresh();
    const { run } = driver;
    if (run === null) throw new Error("a run was started");

    expect(applyRun(run, { kind: "input_refused", runId: "run_1", input: "stop", problem, by: alice }, 5_000)).toEqual({
      ...run,
      lastSeenMs: 5_000,
      entered: [],
    });
    expect(
      applyRun(run, { kind: "input_refused", runId: "run_1", input: "stop", problem, by: alice }, 5).lastSeenMs,
    ).toBe(run.lastSeenMs);
  });

  it("a drain without a reason, as an earlier release recorded it", () => {
    const driver = halfDone();
    if (driver.run === null) throw new Error("a run was started");

    expect(viewRun(applyRun(driver.run, draining, 1_000)).reason).toBe("asked by an operator");
  });

  it("a start that did not see one of its targets: no write goes there (I12)", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = begin([{ id: "a" }]);
    const started = driver.records[0]?.event ?? expect.fail();
    if (started.kind !== "run_started") throw new Error("a run starts with its start");
    const run = applyRun(createRun(plan, started.planHash, "run_1"), { ...started, baseline: [] }, 1_000);

    const blind = { ...driver, run };
    read(blind, dueFor(blind, "observe", "a"));

    expect(blind.records.at(-3)?.event).toMatchObject({
      kind: "step_failed",
      touched: false,
      problem: { code: "E_TARGET_CHANGED" },
    });
  });
});

describe("the fold of the site refuses", () => {
  const opened = (epoch: number): Event => ({ kind: "engine_opened", runId: null, epoch, release: "test" });
  const started = (runId: string, locks: readonly string[], approvalId = "ap_1"): Event => ({
    kind: "run_started",
    runId,
    planHash: testDigest("p"),
    authorization: { ...approvalOf("p"), approvalId } as ReturnType<typeof approvalOf>,
    actor: alice,
    owner: "alice",
    locks,
    baseline: [],
    reserved: null,
    deadlineMs: 9,
    epoch: 1,
  });

  it("an engine whose epoch is not greater than every one before (I19)", () => {
    const site = applySite(emptySite(), opened(3), 0);

    for (const epoch of [3, 2])
      expect(() => applySite(site, opened(epoch), 0)).toThrow(
        "an engine's epoch is greater than every one before (I19)",
      );
  });

  it("a lock with two holders, and a lock released by a run that does not hold it (I5)", () => {
    const site = applySite(emptySite(), started("run_1", ["box/a", "box/b"]), 0);

    expect(() => applySite(site, started("run_2", ["box/b"], "ap_2"), 0)).toThrow("a lock has one holder (I5)");
    expect(() =>
      applySite(site, { ...(ended("box/a") as Extract<Event, { readonly kind: "run_ended" }>), runId: "run_2" }, 0),
    ).toThrow("a run releases what it holds (I5)");
  });

  it("an approval used twice (I1)", () => {
    const site = applySite(emptySite(), started("run_1", []), 0);

    expect(() => applySite(site, started("run_2", []), 0)).toThrow("an approval is used once (I1)");
  });

  it("a reservation that its grant does not cover, in writes or in money, or that has no grant (I2)", () => {
    const grant = {
      kind: "grant_recorded",
      runId: null,
      grantId: "g",
      document: testDigest("g"),
      by: alice,
      writeCountMax: 3,
      costUsdMax: 10,
      expiresAtMs: 9,
    } as unknown as Event;
    const site = applySite(emptySite(), grant, 0);
    const reserve = (reserved: {
      readonly grantId: string;
      readonly writeCount: number;
      readonly costUsd: number;
    }): Event => ({ ...(started("run_1", []) as Extract<Event, { readonly kind: "run_started" }>), reserved });

    for (const reserved of [
      { grantId: "g", writeCount: 4, costUsd: 1 },
      { grantId: "g", writeCount: 1, costUsd: 11 },
      { grantId: "h", writeCount: 1, costUsd: 1 },
    ]) {
      expect(() => applySite(site, reserve(reserved), 0)).toThrow("a grant covers what is reserved from it (I2)");
    }
    expect(applySite(site, reserve({ grantId: "g", writeCount: 3, costUsd: 10 }), 0).grants.size).toBe(1);
  });
});

it("after a pause the kernel sends what the fold accepts: the two agree", () => {
  const driver = mayHaveLanded();

  tick(driver, 100);

  expect(dueFor(driver, "send", "a").attempt.n).toBe(2);
});
