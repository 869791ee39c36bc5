import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, codesOf, phaseOf, resolve, stateOf } from "../fixtures/course.fixture.ts";
import { answer, dueFor, dueNow, give, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { Reply } from "../words/input.ts";

const problem = { code: "E_TARGET_LOST", pointer: "", message: "`tool` ended with 5", hint: "" } as const;
const ran: Reply = { kind: "unknown", problem, output: { exitCode: 5, stdout: "half of it", stderr: "" } };
const lost: Reply = { kind: "unknown", problem };

/** A run whose write is sent, gets this reply, and is read until nothing of it can land any more. */
function afterReading(reply: Reply, onFailure: "stop" | "rollback"): TestDriver {
  const driver = begin([{ id: "a", idempotency: "none", landsWithinMs: 700, onFailure }]);
  attempt(driver, "a", reply);
  const command = dueFor(driver, "observe", "a");
  driver.nowMs = command.untilMs;
  read(driver, command);
  return driver;
}

describe("a step that ran and failed, and whose declared effect is there", () => {
  it("is done, and the record says what the program told in place of it", () => {
    const driver = begin([{ id: "a", idempotency: "none", landsWithinMs: 700 }]);
    attempt(driver, "a", ran);
    driver.levels.set("a", 1);

    read(driver, dueFor(driver, "observe", "a"));

    const settled = driver.records.find(({ event }) => event.kind === "step_settled" && event.stepId === "a");
    expect(settled?.event).toMatchObject({
      outcome: "done",
      problem: { code: "E_TARGET_LOST", message: "`tool` ended with 5; its effect was read back" },
    });
  });

  it("is done without such a word where its call said so", () => {
    const driver = begin([{ id: "a" }]);
    attempt(driver, "a", acknowledged(null));

    read(driver, dueFor(driver, "observe", "a"));

    const settled = driver.records.find(({ event }) => event.kind === "step_settled" && event.stepId === "a");
    expect(settled?.event).toMatchObject({ outcome: "done", problem: null });
  });
});

describe("a step that ran and failed, and whose declared effect is not there", () => {
  it("may have done anything else: it is told so, and counts as written", () => {
    const driver = afterReading(ran, "stop");
    const { phase } = driver.run ?? expect.fail();

    expect(codesOf(driver)).toContain("E_STEP_RAN");
    expect(stateOf(driver, "a")).toMatchObject({ kind: "failed", touched: true });
    expect(phase).toMatchObject({ kind: "ended", outcome: "escalated", wrote: ["a"] });
  });

  it("is undone by its declared way back, although its facts are as before", () => {
    const driver = afterReading(ran, "rollback");
    expect(phaseOf(driver)).toBe("compensating");

    read(driver, dueFor(driver, "observe", "a"));

    expect(dueNow(driver)).toMatchObject([{ kind: "send", attempt: { stepId: "a", direction: "undo" } }]);
    answer(driver, dueFor(driver, "send", "a"), acknowledged(null));
    read(driver, dueFor(driver, "observe", "a"));
    expect(phaseOf(driver)).toBe("compensated");
  });

  it("did not happen if nothing says that it ran", () => {
    const driver = afterReading(lost, "stop");
    const { phase } = driver.run ?? expect.fail();

    expect(codesOf(driver)).toContain("E_STEP_ABSENT");
    expect(phase).toMatchObject({ outcome: "escalated", wrote: [] });
  });

  it("is untouched if a person says so and a reading does not refute it", () => {
    const driver = begin([{ id: "a", idempotency: "none", onFailure: "stop" }]);
    attempt(driver, "a", ran);

    resolve(driver, "a", "not_applied");
    read(driver, dueFor(driver, "observe", "a"));

    expect(stateOf(driver, "a")).toMatchObject({ kind: "failed", touched: false });
  });

  it("counts as written when it was tried again under its key, and every try ran and failed", () => {
    const driver = begin([{ id: "a", idempotency: "keyed", attemptsMax: 2, landsWithinMs: 700, onFailure: "stop" }]);
    attempt(driver, "a", ran);
    driver.nowMs += 60_000;
    give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
    answer(driver, dueFor(driver, "send", "a"), ran);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    expect(stateOf(driver, "a")).toMatchObject({ kind: "failed", touched: true });
  });
});
