import { describe, expect, it } from "vitest";
import type { CallStep } from "../../plan/plan.ts";
import { dueChanges } from "../due/due-changes.ts";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  give,
  land,
  read,
  runToRest,
  seeBox,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { type PlanSketch, planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { bindTemplate, hasBinding } from "../ready/template.ts";
import { isEnded, viewRun } from "../tell/view.ts";
import type { Reply } from "../words/input.ts";
import { decide } from "./decide.ts";

const agent = { kind: "agent", id: "robot", keyId: null } as const;
const failed = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;
const unknown: Reply = { kind: "unknown", problem: failed };
const rejected: Reply = { kind: "rejected", problem: failed, retryable: false };
const busy: Reply = { kind: "rejected", problem: failed, retryable: true };
const applied = (output: Extract<Reply, { readonly kind: "applied" }>["output"], outputBytes = 1): Reply => ({
  kind: "applied",
  output,
  outputBytes,
  outcome: "yes",
});

function begin(steps: readonly StepSketch[], sketch: PlanSketch = {}): TestDriver {
  const driver = testDriver();
  const decision = give(driver, startOf(planOf(steps, sketch), driver));
  expect(decision.kind).toBe("accepted");
  return driver;
}

/** Reads and sends a step, and answers with this. */
function attempt(driver: TestDriver, stepId: string, reply: Reply): void {
  read(driver, dueFor(driver, "observe", stepId));
  const command = dueFor(driver, "send", stepId);
  if (reply.kind === "applied") land(driver, command);
  answer(driver, command, reply);
}

function problems(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) =>
    event.kind === "step_failed" ||
    event.kind === "run_draining" ||
    event.kind === "step_in_doubt" ||
    event.kind === "run_dirty"
      ? [event.problem?.code ?? ""]
      : [],
  );
}

const outcome = (driver: TestDriver): string =>
  driver.run?.phase.kind === "ended" ? driver.run.phase.outcome : (driver.run?.phase.kind ?? "none");

describe("bounds", () => {
  it("of time end a run that takes too long, escalated", () => {
    const driver = begin([{ id: "a" }], { bounds: { durationMs: 500 } });

    give(driver, { kind: "tick", atMs: 1_500, runId: "run_1" });

    expect(outcome(driver)).toBe("escalated");
    expect(problems(driver)).toEqual(["E_BUDGET"]);
  });

  it("of calls, money, output and time are each asked before a step begins (I15)", () => {
    for (const bounds of [{ callCount: 1 }, { costUsd: 1 }, { outputBytes: 0 }, { durationMs: 0 }]) {
      const driver = begin(
        [
          { id: "p", kind: "probe", costUsd: 1 },
          { id: "q", kind: "probe", after: ["p"], costUsd: 1 },
        ],
        { bounds },
      );

      runToRest(driver);

      expect(problems(driver).slice(0, 1)).toEqual(["E_BUDGET"]);
    }
  });
});

describe("several endings", () => {
  it.each(["first", "second", "third"])("that come up together leave the one that holds: %s", (outcomeOfProbe) => {
    const names = ["first", "second", "third"];
    const driver = begin([
      { id: "p", kind: "probe", outcomes: names },
      ...names.map((name) => ({ id: name, kind: "end" as const, after: ["p"], when: `p == '${name}'` })),
    ]);

    runToRest(driver, () => outcomeOfProbe);

    expect(outcome(driver)).toBe("succeeded");
    expect(dueNow(driver)).toEqual([]);
  });
});

describe("the goal", () => {
  it("that does not hold at the end escalates", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 2" });

    runToRest(driver);

    expect(outcome(driver)).toBe("escalated");
    expect(problems(driver)).toEqual(["E_GOAL_NOT_REACHED"]);
  });

  it("that cannot be read while there is time is asked again", () => {
    const driver = begin([{ id: "a" }], { goal: "box.a.level == 1" });
    attempt(driver, "a", applied(null));
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "observe", "end");
    const observed = {
      kind: "observed",
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: failed },
    } as const;

    expect(give(driver, { ...observed, atMs: 1_000 }).events).toEqual([]);
    expect(dueFor(driver, "observe", "end")).toEqual(command);
    give(driver, { ...observed, atMs: command.untilMs });

    expect(outcome(driver)).toBe("escalated");
  });
});

describe("a plan the compiler should not have let through", () => {
  it("without an ending on the path taken escalates instead of waiting for ever", () => {
    const driver = begin([
      { id: "p", kind: "probe" },
      { id: "end", kind: "end", after: ["p"], when: "p == 'no'" },
    ]);

    runToRest(driver, () => "yes");

    expect(problems(driver)).toEqual(["E_NO_ENDING"]);
  });
});

describe("a read", () => {
  it("that gets no answer is tried as often as declared, and then its outcome is `no_answer`", () => {
    const driver = begin([{ id: "p", kind: "probe", attemptsMax: 2 }]);
    answer(driver, dueFor(driver, "send", "p"), unknown);
    give(driver, { kind: "tick", atMs: 1_100, runId: "run_1" });

    answer(driver, dueFor(driver, "send", "p"), unknown);

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [event.outcome] : []))).toEqual([
      "no_answer",
    ]);
  });

  it("that is refused for now starts afresh", () => {
    const driver = begin([{ id: "p", kind: "probe" }]);
    answer(driver, dueFor(driver, "send", "p"), busy);
    give(driver, { kind: "tick", atMs: 1_100, runId: "run_1" });

    expect(dueFor(driver, "send", "p").attempt.n).toBe(2);
  });

  it("whose classifier matches nothing is `none_of_these`", () => {
    const driver = begin([{ id: "p", kind: "probe" }]);

    answer(driver, dueFor(driver, "send", "p"), { kind: "applied", output: null, outputBytes: 0, outcome: null });

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [event.outcome] : []))).toEqual([
      "none_of_these",
    ]);
  });
});

describe("a read beside other things", () => {
  it("waits while a sibling is in doubt, without a timer that leads nowhere, and goes on when it is settled", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "p", kind: "probe" },
      { id: "q", kind: "probe", after: ["p"] },
      { id: "r", kind: "probe" },
    ]);
    answer(driver, dueFor(driver, "send", "r"), unknown);
    attempt(driver, "a", unknown);
    answer(driver, dueFor(driver, "send", "p"), applied(null));

    expect(dueNow(driver).map((command) => command.id)).toEqual([
      "run_1/a/after/2",
      expect.stringMatching(/^run_1\/timer\/86/),
    ]);
    driver.levels.set("a", 1);
    read(driver, dueFor(driver, "observe", "a"));

    expect(dueFor(driver, "send", "q").attempt.n).toBe(1);
    give(driver, { kind: "tick", atMs: 1_100, runId: "run_1" });
    expect(dueFor(driver, "send", "r").attempt.n).toBe(2);
  });

  it("with a precondition reads the world first, and is not sent when it does not hold", () => {
    const driver = begin([{ id: "p", kind: "probe", pre: "box.z.level == 1" }]);
    read(driver, dueFor(driver, "observe", "p"));

    expect(problems(driver)[0]).toBe("E_STEP_PRECONDITION");
  });

  it("runs under a policy's permit alone, in a plan that writes nothing", () => {
    const driver = testDriver();
    const input = startOf(planOf([{ id: "p", kind: "probe" }]), driver);

    give(driver, { ...input, authorization: { kind: "read_only", policies: null } });
    runToRest(driver, () => "yes");

    expect(outcome(driver)).toBe("succeeded");
  });
});

describe("a template", () => {
  it("is bound to arguments, fence and key, and keeps secrets as references", () => {
    const bound = bindTemplate(
      { a: [{ $arg: "x" }], f: { $fence: true }, k: { $key: true }, s: { $secret: "token" } },
      { args: [{ name: "x", value: 3 }], fence: null, key: "key" },
    );

    expect(bound).toEqual({ a: [3], f: null, k: "key", s: { $secret: "token" } });
  });

  it("has something to bind wherever it stands, in a list too, and nothing where only secrets do", () => {
    expect(
      [{ a: [1, { $arg: "x" }] }, { a: [[{ $key: true }]] }, { a: [1, { b: "c" }] }, { a: [{ $secret: "token" }] }].map(
        hasBinding,
      ),
    ).toEqual([true, true, false, false]);
  });

  it("with what only the compiler resolves, or an argument nobody declared, is a defect and stops the run", () => {
    expect(() => bindTemplate({ a: { $target: "id" } }, { args: [], fence: null, key: "key" })).toThrow(
      "a plan's template has nothing of compile time left",
    );
    expect(() => bindTemplate({ a: { $arg: "x" } }, { args: [], fence: null, key: "key" })).toThrow(
      "a template binds declared arguments alone",
    );
  });
});

describe("a value from an earlier output", () => {
  const level: CallStep["args"] = [
    {
      name: "level",
      type: { kind: "integer", min: 0, max: 3 },
      integrity: "external",
      value: { kind: "output", stepId: "p", field: "level", pointer: "" },
    },
  ];
  const steps: readonly StepSketch[] = [
    { id: "p", kind: "probe" },
    { id: "a", after: ["p"], when: "p == 'yes'", args: level },
  ];
  const reach = (output: Parameters<typeof applied>[0]): TestDriver => {
    const driver = begin(steps);
    answer(driver, dueFor(driver, "send", "p"), applied(output));
    read(driver, dueFor(driver, "observe", "a"));
    return driver;
  };

  it("is bound into the call as a whole value", () => {
    expect(dueFor(reach({ level: 2 }), "send", "a").call.with).toMatchObject({ box: "a", level: 2 });
  });

  it("outside the type that was approved fails the step untouched (I2, I14)", () => {
    expect(problems(reach({ level: 4 }))).toContain("E_STEP_ARGUMENT");
    expect(problems(reach({ level: "2; drop" }))).toContain("E_STEP_ARGUMENT");
  });

  it("that is not there fails the step untouched", () => {
    expect(problems(reach({}))).toContain("E_STEP_ARGUMENT");
  });
});

describe("what only a person may do", () => {
  it("is refused from an agent: to answer, to resolve, to close (I17)", () => {
    const asking = begin([{ id: "q", kind: "approve" }]);
    const doubtful = begin([{ id: "a", idempotency: "none" }]);
    attempt(doubtful, "a", unknown);
    const killed = begin([{ id: "a", idempotency: "none" }]);
    attempt(killed, "a", unknown);
    give(killed, { kind: "kill", atMs: 1_000, runId: "run_1", by: alice, reason: "" });

    const codes = [
      give(asking, { kind: "answer", atMs: 1_000, runId: "run_1", stepId: "q", answer: "approved", by: agent }),
      give(doubtful, {
        kind: "resolve",
        atMs: 1_000,
        runId: "run_1",
        stepId: "a",
        as: "applied",
        by: agent,
        reason: "",
      }),
      give(killed, { kind: "close", atMs: 1_000, runId: "run_1", by: agent, reason: "" }),
    ].map((decision) => (decision.kind === "refused" ? decision.problem.code : "accepted"));

    expect(codes).toEqual(["E_PERSON_REQUIRED", "E_PERSON_REQUIRED", "E_PERSON_REQUIRED"]);
  });

  it("comes too late as an answer after the question expired", () => {
    const driver = begin([{ id: "q", kind: "approve", forMs: 500 }]);

    give(driver, { kind: "answer", atMs: 1_500, runId: "run_1", stepId: "q", answer: "approved", by: alice });

    expect(
      driver.records.flatMap(({ event }) => (event.kind === "step_settled" ? [[event.outcome, event.by]] : [])),
    ).toEqual([["expired", null]]);
  });

  it("means nothing about a step that is not in doubt, or that does not exist", () => {
    const driver = begin([{ id: "a" }]);
    const resolve = { kind: "resolve", atMs: 1_000, runId: "run_1", as: "applied", by: alice, reason: "" } as const;

    expect(give(driver, { ...resolve, stepId: "a" })).toMatchObject({ problem: { code: "E_INPUT_UNEXPECTED" } });
    expect(give(driver, { ...resolve, stepId: "z" })).toMatchObject({ problem: { code: "E_INPUT_UNEXPECTED" } });
  });
});

describe("a write that cannot be read back", () => {
  it("is in doubt at the end of its time, and done once somebody has looked", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", applied(null));
    const command = dueFor(driver, "observe", "a");

    give(driver, {
      kind: "observed",
      atMs: command.untilMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: failed },
    });

    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([
      { stepId: "a", kind: "person", owner: "alice" },
    ]);
    driver.nowMs = command.untilMs;
    give(driver, {
      kind: "resolve",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "a",
      as: "applied",
      by: alice,
      reason: "looked",
    });
    read(driver, dueFor(driver, "observe", "a"));
    expect(outcome(driver)).toBe("succeeded");
  });

  it("and is read as untrue has failed touched, and is undone", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", applied(null));
    driver.levels.set("a", 5);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    runToRest(driver);

    expect(problems(driver)).toEqual(["E_POST_FAILED", "E_POST_FAILED"]);
    expect([outcome(driver), driver.levels.get("a")]).toEqual(["compensated", 0]);
  });
});

describe("the way back", () => {
  const done = (sketch: Partial<StepSketch> = {}): TestDriver => {
    const driver = begin([
      { id: "a", ...sketch },
      { id: "b", after: ["a"] },
    ]);
    attempt(driver, "a", applied(null));
    read(driver, dueFor(driver, "observe", "a"));
    return driver;
  };
  const rollback = (driver: TestDriver): void =>
    void give(driver, { kind: "rollback", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });

  it("is a no-op where the world is as before already", () => {
    const driver = done();
    driver.levels.set("a", 0);
    rollback(driver);
    read(driver, dueFor(driver, "observe", "a"));

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_compensated" ? [event.how] : []))).toEqual([
      "nothing_happened",
    ]);
  });

  it("that is refused for good is a person's, who may have it tried again", () => {
    const driver = done();
    rollback(driver);
    attempt(driver, "a", rejected);
    expect(outcome(driver)).toBe("dirty");

    give(driver, {
      kind: "resolve",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "a",
      as: "not_applied",
      by: alice,
      reason: "try again",
    });
    runToRest(driver);

    expect(outcome(driver)).toBe("compensated");
  });

  it("that is refused for now is tried again after its pause", () => {
    const driver = done();
    rollback(driver);
    attempt(driver, "a", busy);
    driver.nowMs += 100;
    give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
    runToRest(driver);

    expect(outcome(driver)).toBe("compensated");
  });

  it("in doubt and bounded by the target is dirty once nothing can land any more", () => {
    const driver = done({ idempotency: "natural", landsWithinMs: 3_000 });
    rollback(driver);
    attempt(driver, "a", unknown);
    const command = dueFor(driver, "observe", "a");

    read(driver, command, { waitedMs: 2_999 });
    expect(outcome(driver)).toBe("compensating");
    read(driver, dueFor(driver, "observe", "a"), { waitedMs: 3_000 });

    expect([outcome(driver), problems(driver).at(-1)]).toEqual(["dirty", "E_COMPENSATION_FAILED"]);
  });

  it("whose target cannot be read at all is a person's when its time is over", () => {
    const driver = done();
    rollback(driver);
    const command = dueFor(driver, "observe", "a");
    const observed = {
      kind: "observed",
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "failed", problem: failed },
    } as const;

    expect(give(driver, { ...observed, atMs: driver.nowMs }).events).toEqual([]);
    give(driver, { ...observed, atMs: command.untilMs });

    expect(outcome(driver)).toBe("dirty");
  });

  it("that needs a fact nobody saw before the write is a person's", () => {
    const driver = begin([{ id: "a" }, { id: "b", after: ["a"] }]);
    const command = dueFor(driver, "observe", "a");
    const blind = { ...seeBox(driver, "a"), facts: [{ name: "box.a.level", value: null }] };
    give(driver, {
      kind: "observed",
      atMs: 1_000,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "seen", objects: [blind], heldMs: 0, waitedMs: 0 },
    });
    land(driver, dueFor(driver, "send", "a"));
    answer(driver, dueFor(driver, "send", "a"), applied(null));
    read(driver, dueFor(driver, "observe", "a"));
    rollback(driver);
    read(driver, dueFor(driver, "observe", "a"));

    expect([outcome(driver), problems(driver).at(-1)]).toEqual(["dirty", "E_COMPENSATION_FAILED"]);
  });
});

describe("the site", () => {
  it("is frozen once and thawed once", () => {
    const driver = testDriver();
    const freeze = { atMs: 1_000, runId: null, scope: "boxes", by: alice, reason: "" } as const;

    const kinds = (["unfreeze", "freeze", "freeze", "unfreeze"] as const).map(
      (kind) => give(driver, { ...freeze, kind }).kind,
    );

    expect(kinds).toEqual(["refused", "accepted", "refused", "accepted"]);
  });

  it("holds on when a freeze has come during a cooldown, and lets go when it is lifted", () => {
    const driver = begin([
      { id: "a", box: "x", level: 1, cooldownMs: 500 },
      { id: "b", after: ["a"], box: "x", level: 2, cooldownMs: 500 },
    ]);
    attempt(driver, "a", applied(null));
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));
    const freeze = { runId: null, scope: "box/x", by: alice, reason: "" } as const;
    give(driver, { ...freeze, kind: "freeze", atMs: 1_100 });
    give(driver, { kind: "tick", atMs: 1_500, runId: "run_1" });
    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([{ kind: "site", untilMs: null }]);

    give(driver, { ...freeze, kind: "unfreeze", atMs: 1_600 });
    give(driver, { kind: "tick", atMs: 1_600, runId: "run_1" });
    driver.nowMs = 1_600;
    runToRest(driver);

    expect(outcome(driver)).toBe("succeeded");
  });

  it("holds a rate over several runs of one target", () => {
    const rate = { count: 1, perMs: 1_000 };
    const driver = begin([
      { id: "a", box: "x", level: 1, rate },
      { id: "b", after: ["a"], box: "x", level: 2, rate },
    ]);
    attempt(driver, "a", applied(null));
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));

    expect(viewRun(driver.run ?? expect.fail()).waitingFor).toMatchObject([
      { stepId: "b", kind: "site", untilMs: 2_000 },
    ]);
    give(driver, { kind: "tick", atMs: 1_999, runId: "run_1" });
    expect(dueNow(driver).map((command) => command.kind)).toEqual(["timer"]);
  });
});

describe("inputs that come to nobody", () => {
  it("are refused: for a run that does not exist, a step that does not exist, an epoch that is known", () => {
    const driver = begin([{ id: "a" }]);
    const stray = { runId: "run_1", stepId: "z", direction: "do", n: 1, epoch: 1 } as const;

    expect(decide(driver.site, null, { kind: "tick", atMs: 1_000, runId: "run_9" })).toMatchObject({
      problem: { code: "E_RUN_UNKNOWN" },
    });
    expect(give(driver, { kind: "reply", atMs: 1_000, runId: "run_1", attempt: stray, reply: unknown })).toMatchObject({
      problem: { code: "E_INPUT_STALE" },
    });
    expect(
      give(driver, { kind: "epoch", atMs: 1_000, runId: "run_1", epoch: 1, standing: { kind: "permitted" } }),
    ).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
    expect(
      give(driver, {
        kind: "observed",
        atMs: 1_000,
        runId: "run_1",
        commandId: "run_1/z/before/0",
        standing: { kind: "permitted" },
        result: { kind: "failed", problem: failed },
      }),
    ).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
  });

  it("are kept and change nothing: a reply to an attempt that was never made, or was settled", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", applied(null));
    const made = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;

    for (const sent of [made, { ...made, n: 2 }, { ...made, direction: "undo" as const }]) {
      const before = driver.run;
      expect(
        give(driver, { kind: "reply", atMs: 1_000, runId: "run_1", attempt: sent, reply: unknown }).events.map(
          (event) => event.kind,
        ),
      ).toEqual(["reply_ignored"]);
      expect(driver.run?.steps).toBe(before?.steps);
    }
  });
});

describe("what people see", () => {
  it("names what a run does, waits for and does next, at every moment of a course", () => {
    const driver = begin([
      { id: "w", kind: "wait", forMs: 500 },
      { id: "a", after: ["w"] },
    ]);
    expect(isEnded(driver.run ?? expect.fail())).toBe(false);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      phase: "running",
      nextSteps: ["a"],
      waitingFor: [{ stepId: "w", kind: "time", untilMs: 1_500 }],
    });
    driver.nowMs = 1_500;
    give(driver, { kind: "tick", atMs: 1_500, runId: "run_1" });
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ waitingFor: [{ stepId: "a", kind: "reading" }] });
    read(driver, dueFor(driver, "observe", "a"));
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      waitingFor: [{ stepId: "a", kind: "reply" }],
      doneCount: 1,
    });
    answer(driver, dueFor(driver, "send", "a"), busy);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({ waitingFor: [{ stepId: "a", kind: "time" }] });
    give(driver, { kind: "stop", atMs: 1_500, runId: "run_1", by: alice, reason: "" });

    expect(isEnded(driver.run ?? expect.fail())).toBe(true);
    expect(viewRun(driver.run ?? expect.fail())).toMatchObject({
      phase: "ended",
      outcome: "stopped",
      waitingFor: [],
      nextSteps: [],
      locks: [],
    });
  });

  it("names the owner of a dirty run and of a question", () => {
    const asking = begin([{ id: "q", kind: "approve" }]);
    expect(viewRun(asking.run ?? expect.fail())).toMatchObject({
      waitingFor: [{ stepId: "q", kind: "answer", owner: "alice" }],
    });

    const dirty = begin([
      { id: "a", irreversible: true },
      { id: "b", after: ["a"] },
    ]);
    attempt(dirty, "a", applied(null));
    read(dirty, dueFor(dirty, "observe", "a"));
    attempt(dirty, "b", rejected);
    expect(viewRun(dirty.run ?? expect.fail())).toMatchObject({
      phase: "dirty",
      waitingFor: [{ stepId: "a", kind: "person", owner: "alice" }],
    });
  });

  it("lists as newly due only what was not due before", () => {
    const driver = begin([{ id: "a" }, { id: "b" }]);
    const before = driver.run;
    read(driver, dueFor(driver, "observe", "a"));

    expect(dueChanges(before, driver.run).begun.map((command) => command.id)).toEqual(["run_1/a/do/1/1"]);
  });
});
