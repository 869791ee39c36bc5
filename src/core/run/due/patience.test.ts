import { describe, expect, it } from "vitest";
import type { ObjectObservation, ObjectRef } from "../../plan/plan.ts";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  give,
  land,
  read,
  startOf,
  type TestDriver,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf, type StepSketch } from "../fixtures/plan.fixture.ts";
import { viewRun, type WaitView } from "../tell/view.ts";
import { doubtPatienceMs } from "./patience.ts";

const lost = { kind: "unknown", problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } } as const;

function begin(sketches: readonly StepSketch[]): TestDriver {
  const driver = testDriver();
  give(driver, startOf(planOf(sketches), driver));
  return driver;
}

function loseAnswer(driver: TestDriver, stepId: string): void {
  read(driver, dueFor(driver, "observe", stepId));
  answer(driver, dueFor(driver, "send", stepId), lost);
}

function failToRead(driver: TestDriver, stepId: string): void {
  const command = dueFor(driver, "observe", stepId);
  driver.nowMs += 60_000;
  give(driver, {
    kind: "observed",
    atMs: driver.nowMs,
    runId: "run_1",
    commandId: command.id,
    standing: { kind: "permitted" },
    result: { kind: "failed", problem: lost.problem },
  });
}

const slowly = (object: ObjectRef, timeoutMs: number): ObjectObservation => ({
  object,
  fence: null,
  fingerprint: ["/level"],
  facts: [],
  call: {
    connection: "boxes",
    connector: "test",
    operation: "get",
    access: "read",
    with: {},
    timeoutMs,
    outputBytesMax: 1_000,
  },
});

const patienceOf = (driver: TestDriver): number | null => (driver.run === null ? NaN : doubtPatienceMs(driver.run));

describe("patience with a doubt", () => {
  it("does not apply if nothing is in doubt", () => {
    expect(patienceOf(begin([{ id: "a" }]))).toBeNull();
  });

  it("lasts as long as the post-condition may take if nobody bounds the landing, whatever steps wait", () => {
    const driver = begin([{ id: "a", idempotency: "none" }, { id: "b" }]);

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBe(5_000);
  });

  it("lasts as long as a whole reading takes if the landing is bounded, because that reading ends the doubt", () => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs: 20_000 }]);

    loseAnswer(driver, "a");
    const command = dueFor(driver, "observe", "a");

    expect(patienceOf(driver)).toBe(20_000 + 1_000);
    expect(command.quietMs).toBe(20_000);
  });

  it("is over for a doubt with a bounded landing too, although no reading of it ever works", () => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs: 700 }]);
    loseAnswer(driver, "a");
    const patienceMs = patienceOf(driver);

    // As long as its post-condition may take: the bound alone would give a target that restarts two seconds.
    for (let round = 0; round < 3; round += 1) failToRead(driver, "a");

    expect({ patienceMs, later: patienceOf(driver) }).toEqual({ patienceMs: 5_000, later: 5_000 });
  });

  it("counts the time of the target that is read", () => {
    const plan = planOf([{ id: "a", idempotency: "none", landsWithinMs: 700 }]);
    const driver = testDriver();
    const observations = [slowly("box/a", 40_000), slowly("box/other", 90_000)];
    give(driver, startOf({ ...plan, observations }, driver));

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBe(1_000 + 40_000 + 1_000);
  });

  it("does not apply to a run that was closed in doubt", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    loseAnswer(driver, "a");

    for (const kind of ["kill", "close"] as const)
      give(driver, { kind, atMs: driver.nowMs, runId: "run_1", by: alice, reason: "test" });

    expect({ phase: driver.run?.phase.kind, patienceMs: patienceOf(driver) }).toEqual({
      phase: "ended",
      patienceMs: null,
    });
  });

  it("does not apply while a sibling's call is in the air, because its reply moves the run", () => {
    const driver = begin([{ id: "a", idempotency: "none" }, { id: "b" }]);
    read(driver, dueFor(driver, "observe", "b"));

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBeNull();
  });

  it("waits for no read that is to be tried again, because that waits for the doubt itself", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "p", kind: "probe" },
    ]);
    answer(driver, dueFor(driver, "send", "p"), lost);

    loseAnswer(driver, "a");

    expect(patienceOf(driver)).toBe(5_000);
  });

  it("lasts as long as the way back may take if the doubt is about an undo", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"], pre: "box.b.level == 7" },
    ]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));

    loseAnswer(driver, "a");

    expect(driver.run?.phase.kind).toBe("compensating");
    expect(patienceOf(driver)).toBe(5_000);
    expect(dueNow(driver)).toMatchObject([{ kind: "observe", purpose: "undo_after", expect: "box.a.level == 0" }]);
  });
});

describe("patience with a killed run", () => {
  const kill = (driver: TestDriver): unknown =>
    give(driver, { kind: "kill", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });

  it("lasts until a call in the air must have been answered, and is over once it was", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    kill(driver);
    const before = patienceOf(driver);

    answer(driver, command, lost);

    expect([before, patienceOf(driver)]).toEqual([16_000, 0]);
  });

  it("lasts as long for a way back in the air", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "b", after: ["a"] },
    ]);
    read(driver, dueFor(driver, "observe", "a"));
    land(driver, dueFor(driver, "send", "a"));
    answer(driver, dueFor(driver, "send", "a"), { kind: "applied", output: null, outputBytes: 0, outcome: null });
    read(driver, dueFor(driver, "observe", "a"));
    read(driver, dueFor(driver, "observe", "b"));
    answer(driver, dueFor(driver, "send", "b"), { ...lost, kind: "rejected", retryable: false });
    read(driver, dueFor(driver, "observe", "a"));

    kill(driver);

    expect(patienceOf(driver)).toBe(16_000);
  });

  it("is short for what was acknowledged and not seen, which had its time to be read back", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), { kind: "applied", output: null, outputBytes: 0, outcome: null });
    driver.nowMs += 60_000;
    read(driver, dueFor(driver, "observe", "a"));

    expect(patienceOf(driver)).toBe(1_000);
  });
});

describe("the course of a doubt, as people are told of it", () => {
  const courseOf = (driver: TestDriver): WaitView["doubt"] =>
    viewRun(driver.run ?? expect.fail()).waitingFor.find(({ doubt }) => doubt !== undefined)?.doubt;

  it.each<[string, Partial<StepSketch>, object]>([
    ["landing", { landsWithinMs: 7_000 }, { settlesInMs: 7_000, readForMs: 8_000, decidedBy: "landsWithin" }],
    ["a landing at once", { landsWithinMs: 0 }, { settlesInMs: 1_000, readForMs: 5_000, decidedBy: "landsWithin" }],
    [
      "a hold that is longer",
      { landsWithinMs: 7_000, holdMs: 20_000 },
      { settlesInMs: 20_000, readForMs: 21_000, decidedBy: "hold" },
    ],
    ["nothing but its post-condition", {}, { settlesInMs: null, readForMs: 5_000, decidedBy: "within" }],
  ])("says until when it is read and what decides that: %s", (_, sketch, course) => {
    const driver = begin([{ id: "a", idempotency: "none", ...sketch }]);

    loseAnswer(driver, "a");

    expect(courseOf(driver)).toMatchObject(course);
    expect(courseOf(driver)?.readUntilMs).toBe(driver.nowMs + (courseOf(driver)?.readForMs ?? NaN));
  });

  it("says that an acknowledged write has had its time", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), { kind: "applied", output: null, outputBytes: 0, outcome: null });
    driver.nowMs += 60_000;
    read(driver, dueFor(driver, "observe", "a"));

    expect(courseOf(driver)).toMatchObject({ settlesInMs: null, readForMs: 1_000, decidedBy: "acknowledged" });
  });

  it("is not told of a killed run, which reads nothing", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    loseAnswer(driver, "a");

    give(driver, { kind: "kill", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "test" });

    expect(courseOf(driver)).toBeUndefined();
  });
});
