import { describe, expect, it } from "vitest";
import type { Plan } from "../../plan/plan.ts";
import { createRun } from "../apply/apply.ts";
import { inFlightMax } from "../apply/mutable-run.ts";
import { readWithinMs } from "../due/due.ts";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  give,
  land,
  read,
  runToRest,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, testDigest } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";
import type { ObserveCommand } from "../words/command.ts";
import { decide } from "./decide.ts";

// Rows of the transition table that a well-behaved driver, compiler or operator never leads to. The kernel answers each
// of them all the same.

function begin(plan: Plan): TestDriver {
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  return driver;
}

/** An `act` that only reads: its outcome is `done`, and unlike a probe it can fail. */
function readingAct(): Plan {
  const plan = planOf([{ id: "r", kind: "probe" }]);
  return {
    ...plan,
    steps: plan.steps.map((step) => (step.kind === "probe" ? { ...step, kind: "act" as const } : step)),
  };
}

/** The driver reads, and sees none of the objects it was asked for. */
function seeNothing(driver: TestDriver, command: ObserveCommand): void {
  const result = { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 } as const;
  give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: command.runId,
    commandId: command.id,
    standing: { kind: "permitted" },
    result,
  });
}

const codes = (driver: TestDriver): readonly string[] =>
  driver.records.flatMap(({ event }) =>
    "problem" in event && event.problem !== null && event.problem !== undefined ? [event.problem.code] : [],
  );

describe("an act that only reads", () => {
  it("is done when it was answered, whatever a classifier would say of it", () => {
    const driver = begin(readingAct());

    runToRest(driver, () => "yes");

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [event.outcome] : []))).toEqual([
      "done",
    ]);
  });

  it("fails when it is refused for good, and the run, which wrote nothing, escalates", () => {
    const driver = begin(readingAct());

    answer(driver, dueFor(driver, "send", "r"), {
      kind: "rejected",
      problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
      retryable: false,
    });

    expect(codes(driver)).toContain("E_STEP_REJECTED");
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "escalated", wrote: [] });
  });
});

describe("a reading that does not show the target", () => {
  it("before a write fails the step untouched", () => {
    const driver = begin(planOf([{ id: "a" }]));

    seeNothing(driver, dueFor(driver, "observe", "a"));

    expect(codes(driver)).toContain("E_TARGET_UNSEEN");
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "escalated" });
  });

  it("after a write, when its time is over, leaves it in doubt (I20)", () => {
    const driver = begin(planOf([{ id: "a" }]));
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
    driver.nowMs += 60_000;

    seeNothing(driver, dueFor(driver, "observe", "a"));
    seeNothing(driver, dueFor(driver, "observe", "a"));

    expect(codes(driver)).toEqual(["E_STEP_UNVERIFIED"]);
  });
});

describe("inputs from a confused driver", () => {
  it("a start of a run that the site knows as open is refused, although the driver has lost its state", () => {
    const driver = begin(planOf([{ id: "a" }]));
    const again = startOf(planOf([{ id: "b" }]), driver);
    const authorization = { ...again.authorization, approvalId: "ap_other" };

    const decision = decide(driver.site, null, {
      ...again,
      authorization: authorization as typeof again.authorization,
    });

    expect(decision).toMatchObject({ kind: "refused", problem: { code: "E_RUN_EXISTS" } });
  });

  it("an answer is refused if no step asked", () => {
    const driver = begin(planOf([{ id: "a" }]));

    give(driver, {
      kind: "answer",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "nobody",
      answer: "approved",
      by: alice,
    });

    expect(codes(driver)).toEqual(["E_INPUT_UNEXPECTED"]);
  });
});

/** A plan whose writes name no target. */
/** Without a target no way back takes a fact of before: the compiler refuses it. */
function withoutTargets(plan: Plan): Plan {
  return {
    ...plan,
    steps: plan.steps.map((step) => {
      if (step.kind !== "act" || step.compensation === null) return step;
      const args = step.compensation.args.map(({ name, type }) => ({ name, type, from: "literal", value: 0 }) as const);
      return { ...step, target: null, compensation: { ...step.compensation, args } };
    }),
  };
}

describe("a write that names no target", () => {
  it("has one cooldown for the domain, is read back by its post-condition's objects, and is undone as planned", () => {
    const driver = begin(
      withoutTargets(
        planOf([
          { id: "a", cooldownMs: 1_000 },
          { id: "b", after: ["a"], cooldownMs: 1_000, pre: "box.b.level == 7" },
        ]),
      ),
    );

    runToRest(driver);

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_held" ? [event.problem.message] : []))).toEqual([
      "`box.set` was used on `the domain` a short time ago",
    ]);
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "compensated" });
  });
});

it("a way back takes its literals from the plan and the rest from before the write", () => {
  const plan = planOf([{ id: "a" }, { id: "b", after: ["a"], pre: "box.b.level == 7" }]);
  const steps = plan.steps.map((step) => {
    if (step.kind !== "act" || step.compensation === null) return step;
    const { args, call } = step.compensation;
    const [first] = args;
    const more =
      first === undefined
        ? []
        : [
            { ...first, name: "again" },
            { ...first, name: "zeal" },
          ];
    const literal = { name: "mode", type: { kind: "integer", min: 0, max: 9 }, from: "literal", value: 2 } as const;
    // The compiler writes such a template. The fixture's own has no literal.
    const bound = { ...call, with: { box: "a", level: { $arg: "level" }, mode: { $arg: "mode" } } };
    return { ...step, compensation: { ...step.compensation, args: [literal, ...args, ...more], call: bound } };
  });
  const driver = begin({ ...plan, steps });
  for (const kind of ["read", "send", "read"]) {
    if (kind === "read") read(driver, dueFor(driver, "observe", "a"));
    else {
      const command = dueFor(driver, "send", "a");
      land(driver, command);
      answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
    }
  }
  read(driver, dueFor(driver, "observe", "b"));

  read(driver, dueFor(driver, "observe", "a"));

  expect(dueFor(driver, "send", "a").call.with).toEqual({ box: "a", level: 0, mode: 2 });
});

it("a wait takes no place among the calls under way", () => {
  const probes = Array.from({ length: inFlightMax + 2 }, (_, index) => ({ id: `p${index}`, kind: "probe" as const }));
  const driver = begin(planOf([{ id: "w", kind: "wait" }, ...probes]));

  expect(dueNow(driver).filter(({ kind }) => kind === "send")).toHaveLength(inFlightMax);
});

it("a write that had to wait for a place has its full time to be read once it gets one", () => {
  const driver = begin(planOf(Array.from({ length: inFlightMax + 1 }, (_, index) => ({ id: `s${index}` }))));
  const last = `s${inFlightMax}`;
  expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ nextSteps: [last] });
  driver.nowMs += 3 * readWithinMs;

  read(driver, dueFor(driver, "observe", "s0"));
  const send = dueFor(driver, "send", "s0");
  land(driver, send);
  answer(driver, send, { kind: "applied", output: null, outputBytes: 0, outcome: null });
  read(driver, dueFor(driver, "observe", "s0"));

  expect(dueFor(driver, "observe", last).untilMs).toBe(driver.nowMs + readWithinMs);
});

it("a call that gets a place, and the steps that its end lets come up, are taken up in one decision", () => {
  const probes = Array.from({ length: inFlightMax + 1 }, (_, index) => ({ id: `p${index}`, kind: "probe" as const }));
  const driver = begin(planOf([...probes, { id: "w", kind: "wait", after: ["p0"] }]));

  answer(driver, dueFor(driver, "send", "p0"), { kind: "applied", output: null, outputBytes: 0, outcome: "yes" });

  expect(driver.decisions.at(-1)?.events.map(({ kind }) => kind)).toEqual([
    "attempt_settled",
    "step_settled",
    "step_intent",
    "wait_started",
  ]);
});

it("thousands of waits that begin at once end each at its own time, and are given up together", () => {
  const waits = Array.from({ length: 2_000 }, (_, index) => ({
    id: `w${index}`,
    kind: "wait" as const,
    forMs: 1_000 + (index % 100),
  }));
  const driver = begin(planOf(waits));
  const startedMs = driver.nowMs;

  for (let tick = 0; tick < 3; tick += 1) {
    driver.nowMs = startedMs + 1_000 + tick;
    expect(dueNow(driver)).toMatchObject([{ kind: "timer", atMs: driver.nowMs }]);
    expect(give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" }).events).toHaveLength(20);
  }
  give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "enough" });

  expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "stopped" });
  expect(viewRun(driver.run ?? expect.fail()).steps.filter(({ status }) => status === "abandoned")).toHaveLength(
    2_000 - 60,
  );
});

it("a run that has not started is shown as created, waiting for nothing", () => {
  const view = viewRun(createRun(planOf([{ id: "a" }]), testDigest("plan"), "run_1"));

  expect(view).toMatchObject({
    phase: "created",
    sinceMs: 0,
    reason: null,
    outcome: null,
    waitingFor: [],
    nextSteps: [],
    wrote: [],
  });
});
