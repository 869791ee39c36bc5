import { describe, expect, it } from "vitest";
import {
  acknowledged,
  attempt,
  begin,
  beginPlan,
  codesOf,
  kindsOf,
  order,
  phaseOf,
  replies,
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
  refold,
  runToRest,
  tell,
} from "../fixtures/driver.fixture.ts";
import { failToRead, operating, problemOf, say, start } from "../fixtures/operating.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun } from "../tell/view.ts";

describe("a call that starts an operation", () => {
  it("is not read back: the id is recorded, and the system is asked under it", () => {
    const driver = operating();

    expect(eventKinds(driver).slice(-2)).toEqual(["attempt_settled", "operation_started"]);
    expect(driver.records.at(-1)?.event).toMatchObject({ operationId: "a-do", askAtMs: 2_000, untilMs: 61_000 });
    expect(dueNow(driver).map(({ kind }) => kind)).toEqual(["ask", "timer"]);
    expect(dueFor(driver, "ask", "a")).toMatchObject({
      purpose: "ask",
      call: { operation: "ask", access: "read", with: { operation: "a-do" } },
      firstAtMs: 2_000,
      everyMs: 1_000,
      untilMs: 61_000,
      last: null,
    });
  });

  it("waits as long as the system asks for, but not beyond the time of the operation", () => {
    const [soon, late] = [begin([{ id: "a", operation: {} }]), begin([{ id: "a", operation: {} }])];

    start(soon, "a", { retryAfterMs: 5_000 });
    start(late, "a", { retryAfterMs: 86_400_000 });

    expect([soon, late].map((driver) => dueFor(driver, "ask", "a").firstAtMs)).toEqual([6_000, 61_000]);
  });

  it("is in doubt if the answer names no operation, and settled by the reading of its effect alone", () => {
    const driver = begin([{ id: "a", idempotency: "none", operation: {} }]);

    attempt(driver, "a", acknowledged({ operation: "../../etc" }));

    expect(codesOf(driver)).toEqual(["E_OPERATION_UNNAMED"]);
    expect(stateOf(driver, "a").kind).toBe("in_doubt");
    expect(problemOf(driver)).toBe("`a` was acknowledged, and the answer gives no id of an operation at `/operation`");
    driver.levels.set("a", 1);
    read(driver, dueFor(driver, "observe", "a"));
    expect(phaseOf(driver)).toBe("succeeded");
  });

  it("is sent again under its own key if its answer was lost, and asked about under the id given then", () => {
    const driver = begin([{ id: "a", operation: {} }]);
    attempt(driver, "a", replies.unknown);
    tick(driver, 100);

    start(driver, "a");

    expect(stateOf(driver, "a").kind).toBe("operating");
  });

  it("is asked about once every try is answered, and the later answer starts nothing", () => {
    const driver = begin([{ id: "a", operation: {} }]);
    read(driver, dueFor(driver, "observe", "a"));
    const first = dueFor(driver, "send", "a");
    answer(driver, first, replies.unknown);
    tick(driver, 100);
    const second = dueFor(driver, "send", "a");

    answer(driver, first, acknowledged({ operation: 7 }));
    expect(dueFor(driver, "send", "a")).toEqual(second);
    answer(driver, second, acknowledged({ operation: 8 }));

    expect(dueFor(driver, "ask", "a").call.with).toEqual({ operation: "7" });
    expect(eventKinds(driver).filter((kind) => kind === "operation_started")).toHaveLength(1);
  });

  it("is asked about after a crash, and never started again", () => {
    const driver = operating();

    takeOver(driver);

    expect(dueNow(driver).map(({ kind }) => kind)).toEqual(["ask", "timer"]);
    runToRest(driver);
    expect(phaseOf(driver)).toBe("succeeded");
    expect(eventKinds(driver).filter((kind) => kind === "step_intent")).toHaveLength(1);
  });

  it("folds from its log to the same state", () => {
    const steps: readonly StepSketch[] = [{ id: "a", operation: { mayCancel: true } }];
    const driver = beginPlan(planOf(steps));
    start(driver, "a");
    say(driver, "running", { percent: 40 });
    order(driver, "stop");
    giveAsked(driver, dueFor(driver, "ask", "a"), replies.unknown);

    expect(refold(driver, planOf(steps)).steps).toEqual(driver.run?.steps);
  });
});

describe("the answers about an operation", () => {
  it("are recorded if they are news, and otherwise change nothing", () => {
    const driver = operating();

    expect(kindsOf(say(driver, "running", { percent: 40.7, says: "copying" }))).toEqual(["operation_told"]);
    expect(kindsOf(say(driver, "running", { percent: 40, says: "still copying" }))).toEqual([]);
    expect(kindsOf(say(driver, "running", { percent: 41 }))).toEqual(["operation_told"]);
    expect(kindsOf(giveAsked(driver, dueFor(driver, "ask", "a"), replies.unknown))).toEqual([]);
    expect(kindsOf(say(driver, "odd"))).toEqual(["operation_told"]);
    expect(driver.records.at(-1)?.event).toMatchObject({ is: "unclear", told: { status: "odd", progress: null } });
    expect(phaseOf(driver)).toBe("running");
  });

  it("make the run wait for the system, and a person sees for what", () => {
    const driver = operating();
    const waits = (): unknown => viewRun(driver.run ?? expect.fail()).waitingFor;
    expect(waits()).toMatchObject([{ kind: "reply", untilMs: 61_000, reason: "the operation `a-do` is under way" }]);

    say(driver, "running", { percent: 40, says: "copying" });

    const told = "its status is `running`, 40 % is done, it says `copying`";
    expect(waits()).toMatchObject([{ reason: `the operation \`a-do\` is under way: ${told}` }]);
  });

  it("are not believed: a write is done when its post-condition was read (I20)", () => {
    const driver = operating();

    expect(kindsOf(say(driver, "done"))).toEqual(["operation_ended"]);
    expect(stateOf(driver, "a").kind).toBe("verifying");
    driver.levels.set("a", 7);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    expect(codesOf(driver)).toContain("E_POST_FAILED");
  });

  it("count only if they answer the question that is due", () => {
    const driver = operating();
    const stale = dueFor(driver, "ask", "a");
    say(driver, "running");

    expect(tell(driver, stale, { status: "done" })).toMatchObject({ problem: { code: "E_INPUT_STALE" } });
    expect(giveAsked(driver, { ...stale, id: "run_1/nobody/ask/1" }, replies.applied)).toMatchObject({
      problem: { code: "E_INPUT_STALE" },
    });
    expect(giveAsked(driver, { ...stale, id: "run_1/end/ask/1" }, replies.applied)).toMatchObject({
      problem: { code: "E_INPUT_STALE" },
    });
  });
});

describe("an operation that fails", () => {
  it.each([
    ["failed", "E_OPERATION_FAILED", "failed: its status is `failed`, it says `no space`"],
    ["cancelled", "E_OPERATION_CANCELLED", "was cancelled: its status is `cancelled`, it says `no space`"],
  ])("(%s) fails its step with what the system says, and is undone whatever is read", (status, code, said) => {
    const driver = operating();

    say(driver, status, { says: "no space" });
    expect(dueFor(driver, "observe", "a")).toMatchObject({ purpose: "ended", expect: "", holdMs: 0 });
    read(driver, dueFor(driver, "observe", "a"));

    expect(codesOf(driver)[0]).toBe(code);
    const failed = driver.records.find(({ event }) => event.kind === "step_failed")?.event;
    expect(failed).toMatchObject({ touched: true, problem: { message: `the operation \`a-do\` of \`a\` ${said}` } });
    runToRest(driver);
    expect(phaseOf(driver)).toBe("compensated");
    expect(eventKinds(driver).filter((kind) => kind === "step_intent")).toHaveLength(2);
  });

  it("is in doubt while its target cannot be read, and fails once it can", () => {
    const driver = operating({}, { onFailure: "stop" });
    say(driver, "failed");

    expect(failToRead(driver)).toEqual(["step_in_doubt"]);
    expect(dueFor(driver, "observe", "a")).toMatchObject({ purpose: "ended", quietMs: 10_000 });
    expect(failToRead(driver)).toEqual([]);
    read(driver, dueFor(driver, "observe", "a"));

    expect(phaseOf(driver)).toBe("escalated");
  });

  it("is not over while readings only begin to fail", () => {
    const driver = operating();
    say(driver, "failed");
    const command = dueFor(driver, "observe", "a");

    const early = give(driver, {
      kind: "observed",
      atMs: driver.nowMs,
      runId: "run_1",
      commandId: command.id,
      standing: { kind: "permitted" },
      result: { kind: "seen", objects: [], heldMs: 0, waitedMs: 0 },
    });

    expect(kindsOf(early)).toEqual([]);
  });

  it("lets the plan branch on it", () => {
    const driver = begin([
      { id: "a", operation: {}, onFailure: "branch" },
      { id: "b", after: ["a"], when: "a == 'failed'" },
    ]);
    start(driver, "a");

    say(driver, "failed");
    read(driver, dueFor(driver, "observe", "a"));

    expect(stateOf(driver, "b").kind).toBe("ready");
  });
});
