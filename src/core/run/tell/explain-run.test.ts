import { describe, expect, it } from "vitest";
import { problem } from "../../value/codes.ts";
import { attempt, finish, replies, resolve } from "../fixtures/course.fixture.ts";
import {
  alice,
  answer,
  dueFor,
  give,
  land,
  read,
  runToRest,
  seeBox,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import type { Event } from "../words/event.ts";
import { explainRun, type RunExplanation } from "./explain-run.ts";

/** Starts a plan, lets something happen, and lets the rest go well. */
function explain(sketches: readonly StepSketch[], happen: (driver: TestDriver) => void = () => {}): RunExplanation {
  const plan = planOf(sketches);
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  happen(driver);
  runToRest(driver);
  return explainRun(plan, driver.records);
}

const statuses = ({ steps }: RunExplanation): readonly string[] => steps.map(({ id, status }) => `${id} ${status}`);

describe("explaining a run", () => {
  it("a run that went well shows each fact as predicted and as seen, and its ending as done", () => {
    const told = explain([{ id: "a" }]);

    expect(told).toMatchObject({
      runId: "run_1",
      outcome: "succeeded",
      stoppedBy: null,
      firstDivergence: null,
      refusals: [],
    });
    expect(told.steps[0]).toMatchObject({
      status: "done",
      attemptCount: 1,
      predicted: [{ fact: "box.a.level", value: 1 }],
      observed: [{ fact: "box.a.level", value: 1 }],
    });
    expect(statuses(told)).toEqual(["a done", "end done"]);
  });

  it("a precondition that did not hold is named as what stopped the run, which wrote nothing", () => {
    const told = explain([{ id: "a", pre: "box.a.level == 3" }]);

    expect(told).toMatchObject({
      outcome: "escalated",
      stoppedBy: { stepId: "a", problem: { code: "E_STEP_PRECONDITION" } },
      firstDivergence: null,
    });
    expect(told.reason).toMatch(/; nothing was written$/);
    expect(statuses(told)).toEqual(["a failed", "end not_reached"]);
  });

  it("a fact that is not as predicted after an acknowledged write is the first divergence and stopped the run", () => {
    const told = explain([{ id: "a", landsWithinMs: 0 }], (driver) => {
      read(driver, dueFor(driver, "observe", "a"));
      const command = dueFor(driver, "send", "a");
      land(driver, command);
      driver.levels.set("a", 4);
      answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
      driver.nowMs += 60_000;
    });

    expect(told).toMatchObject({
      firstDivergence: { stepId: "a", fact: "box.a.level", predicted: 1, observed: 4 },
      stoppedBy: {
        stepId: "a",
        problem: { code: "E_POST_FAILED", message: expect.stringMatching(/this does not hold: `box.*`; found `box/) },
      },
    });
  });

  it("a fact that could not be read after an acknowledged write diverges as unknown", () => {
    const told = explain([{ id: "a", landsWithinMs: 1 }], (driver) => {
      read(driver, dueFor(driver, "observe", "a"));
      const command = dueFor(driver, "send", "a");
      land(driver, command);
      answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
      const reading = dueFor(driver, "observe", "a");
      const blind = { ...seeBox(driver, "a"), facts: [{ name: "box.a.level", value: null }] };
      give(driver, {
        kind: "observed",
        atMs: reading.untilMs,
        runId: "run_1",
        commandId: reading.id,
        standing: { kind: "permitted" },
        result: { kind: "seen", objects: [blind], heldMs: 0, waitedMs: 1 },
      });
    });

    expect(told).toMatchObject({ firstDivergence: { stepId: "a", fact: "box.a.level", predicted: 1, observed: null } });
  });

  it("an escalation that the plan reached stopped the run, and no step failed", () => {
    const told = explain([
      { id: "q", kind: "probe" },
      { id: "out", kind: "escalate", after: ["q"] },
    ]);

    expect(told).toMatchObject({ outcome: "escalated", stoppedBy: { stepId: null, problem: { code: "E_ESCALATED" } } });
    expect(statuses(told)).toEqual(["q done", "out done"]);
  });

  it("a run that an operator stopped has no problem, and refused inputs are listed with their times", () => {
    const told = explain([{ id: "a" }, { id: "b", after: ["a"] }], (driver) => {
      driver.nowMs += 500;
      give(driver, { kind: "close", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });
      give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });
    });

    expect(told).toMatchObject({ outcome: "stopped", stoppedBy: null, refusals: [{ atMs: 500, input: "close" }] });
  });

  it("a write whose call is in the air is sent, and not a step that was never reached", () => {
    const plan = planOf([{ id: "a" }, { id: "b", after: ["a"] }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    read(driver, dueFor(driver, "observe", "a"));

    const inTheAir = explainRun(plan, driver.records);

    expect(statuses(inTheAir)).toEqual(["a sent", "b not_reached", "end not_reached"]);
    expect(inTheAir.steps[0]?.attemptCount).toBe(1);
  });

  it.each([
    ["rejected", ["a failed", "end not_reached"]],
    ["not_sent", ["a done", "end done"]],
  ] as const)("a write that was %s is told by what followed, and not as sent", (kind, expected) => {
    const told = explain([{ id: "a" }], (driver) => {
      read(driver, dueFor(driver, "observe", "a"));
      const refusal = { code: "E_TIMEOUT", pointer: "", message: "no", hint: "" } as const;
      answer(
        driver,
        dueFor(driver, "send", "a"),
        kind === "rejected" ? { kind, problem: refusal, retryable: false } : { kind, problem: refusal },
      );
    });

    expect(statuses(told)).toEqual(expected);
  });

  it("a step in doubt, a skipped one and an undone one have different statuses", () => {
    const doubtful = explain([{ id: "a", idempotency: "none" }], (driver) => {
      read(driver, dueFor(driver, "observe", "a"));
      answer(driver, dueFor(driver, "send", "a"), {
        kind: "unknown",
        problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" },
      });
    });
    const branched = explain([
      { id: "q", kind: "probe" },
      { id: "a", after: ["q"], when: "q == 'other'" },
    ]);
    const undone = explain([{ id: "a" }, { id: "b", after: ["a"], pre: "box.b.level == 7" }]);

    expect(statuses(doubtful)).toEqual(["a in_doubt", "end not_reached"]);
    expect(doubtful).toMatchObject({ outcome: null, reason: "" });
    expect(statuses(branched)).toContain("a skipped");
    expect(statuses(undone)).toEqual(["a undone", "b failed", "end not_reached"]);
    expect(undone.steps[0]?.attemptCount).toBe(1);
  });

  it("a step that is as it is on a person's word alone is neither undone nor plainly failed", () => {
    const unread = (driver: TestDriver, stepId: string): void => {
      const { id, untilMs } = dueFor(driver, "observe", stepId);
      driver.nowMs = untilMs;
      give(driver, {
        kind: "observed",
        atMs: untilMs,
        runId: "run_1",
        commandId: id,
        standing: { kind: "permitted" },
        result: { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 },
      });
    };
    const told = explain(
      [
        { id: "a", irreversible: true },
        { id: "b", after: ["a"], idempotency: "none" },
      ],
      (driver) => {
        finish(driver, "a");
        attempt(driver, "b", replies.unknown);
        for (const [stepId, as] of [
          ["b", "not_applied"],
          ["a", "restored"],
        ] as const) {
          resolve(driver, stepId, as);
          unread(driver, stepId);
        }
      },
    );

    expect([told.outcome, ...statuses(told)]).toEqual(["closed", "a as_told", "b as_told", "end not_reached"]);
  });

  it("a log without the run's beginning explains nothing and does not fail", () => {
    expect(explainRun(planOf([{ id: "a" }]), [])).toMatchObject({
      runId: "",
      planHash: "",
      outcome: null,
      stoppedBy: null,
    });
  });

  it("a way back is told as sent, refused, failed or undone, with what the target said", () => {
    const plan = planOf([{ id: "a" }]);
    const attempt = { runId: "run_1", stepId: "a", direction: "undo", n: 1, epoch: 1 } as const;
    const intent: Event = {
      kind: "step_intent",
      runId: "run_1",
      attempt,
      idempotencyKey: "k",
      access: "write",
      pace: null,
      args: [],
      baseline: [],
    };
    const settledAs = (kind: "rejected" | "not_sent" | "unknown"): Event => ({
      kind: "attempt_settled",
      runId: "run_1",
      attempt,
      reply: { kind, problem: problem("E_STEP_REJECTED", "", "the lamp is locked"), retryable: false },
    });
    const dirty: Event = {
      kind: "run_dirty",
      runId: "run_1",
      stepId: "a",
      owner: "alice",
      dueAtMs: 0,
      problem: problem("E_COMPENSATION_FAILED", "", "it could not be undone"),
    };
    const undoOf = (...events: readonly Event[]): unknown =>
      explainRun(
        plan,
        events.map((event) => ({ event, atMs: 1 })),
      ).steps[0]?.undo;

    expect(undoOf()).toBeNull();
    expect(undoOf(intent)).toMatchObject({ status: "sent", attemptCount: 1, problem: null });
    expect(undoOf(intent, settledAs("unknown"))).toMatchObject({ status: "sent" });
    for (const kind of ["rejected", "not_sent"] as const)
      expect(undoOf(intent, settledAs(kind))).toMatchObject({
        status: "refused",
        problem: { message: "the lamp is locked" },
      });
    expect(undoOf(intent, settledAs("rejected"), dirty)).toMatchObject({
      status: "failed",
      problem: { message: "the lamp is locked" },
    });
    expect(undoOf(dirty)).toMatchObject({ status: "failed", problem: { message: "it could not be undone" } });
  });

  it("a way back in doubt leaves its step done, and is told as the run tells it once it did not happen", () => {
    const plan = planOf([
      { id: "a", idempotency: "none", landsWithinMs: 700 },
      { id: "w", kind: "wait", after: ["a"] },
    ]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    finish(driver, "a");
    give(driver, { kind: "rollback", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });
    attempt(driver, "a", replies.unknown);
    expect(explainRun(plan, driver.records).steps[0]).toMatchObject({
      status: "done",
      problem: null,
      undo: { status: "in_doubt", problem: { message: "no answer" } },
    });
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    const message = "the way back of `a` did not happen: no answer";
    expect(driver.records.at(-1)?.event).toMatchObject({ kind: "run_dirty", problem: { message } });
    expect(explainRun(plan, driver.records).steps[0]).toMatchObject({
      status: "done",
      undo: { status: "failed", problem: { message } },
    });
  });

  it("a write that the target acknowledged is not told as done before it was read back", () => {
    const plan = planOf([{ id: "a" }]);
    const driver = testDriver();
    give(driver, startOf(plan, driver));
    read(driver, dueFor(driver, "observe", "a"));
    const send = dueFor(driver, "send", "a");
    land(driver, send);
    answer(driver, send, { kind: "applied", output: null, outputBytes: 0, outcome: null });

    expect(explainRun(plan, driver.records).steps[0]?.status).toBe("acknowledged");
    runToRest(driver);
    expect(explainRun(plan, driver.records).steps[0]?.status).toBe("done");
  });
});
