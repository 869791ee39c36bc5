import { describe, expect, it } from "vitest";
import {
  attempt,
  begin,
  codesOf,
  finish,
  kindsOf,
  order,
  phaseOf,
  replies,
  resolve,
  stateOf,
  tick,
} from "../fixtures/course.fixture.ts";
import { answer, dueFor, dueNow, land, read } from "../fixtures/driver.fixture.ts";

describe("a call that is tried again", () => {
  it("that never left starts again after its pause, with another look at the world", () => {
    const driver = begin([{ id: "a" }]);

    attempt(driver, "a", replies.notSent);

    expect(stateOf(driver, "a")).toMatchObject({ kind: "backing_off", mayHaveLanded: false, untilMs: 1_100 });
    tick(driver, 99);
    expect(stateOf(driver, "a").kind).toBe("backing_off");
    tick(driver, 1);
    expect(dueFor(driver, "observe", "a").purpose).toBe("before");
    read(driver, dueFor(driver, "observe", "a"));
    expect(dueFor(driver, "send", "a").attempt.n).toBe(2);
  });

  it("that never left fails untouched after as many tries as declared", () => {
    const driver = begin([{ id: "a", attemptsMax: 2 }]);
    attempt(driver, "a", replies.notSent);
    tick(driver, 100);

    attempt(driver, "a", replies.notSent);

    expect({ a: stateOf(driver, "a"), phase: phaseOf(driver) }).toMatchObject({
      a: { kind: "failed", touched: false },
      phase: "escalated",
    });
  });

  it("under its key is in doubt after as many tries as declared", () => {
    const driver = begin([{ id: "a", attemptsMax: 2 }]);
    attempt(driver, "a", replies.unknown);
    tick(driver, 100);

    attempt(driver, "a", replies.unknown);

    expect(stateOf(driver, "a").kind).toBe("in_doubt");
    expect(driver.records.filter(({ event }) => event.kind === "step_intent")).toHaveLength(2);
  });

  it("without a key is never tried again while it may have landed (I3)", () => {
    for (const idempotency of ["none", "natural"] as const) {
      const driver = begin([{ id: "a", idempotency, attemptsMax: 9 }]);

      attempt(driver, "a", replies.unknown);

      expect(stateOf(driver, "a").kind).toBe("in_doubt");
    }
  });

  it("gets one retry for two replies that nobody knows", () => {
    const driver = begin([{ id: "a", attemptsMax: 3 }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");

    expect(kindsOf(answer(driver, command, replies.unknown))).toEqual(["attempt_settled", "retry_scheduled"]);
    expect(kindsOf(answer(driver, command, replies.unknown))).toEqual(["attempt_settled"]);
  });

  it("gets one doubt for two replies that nobody knows", () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");

    expect(kindsOf(answer(driver, command, replies.unknown))).toEqual(["attempt_settled", "step_in_doubt"]);
    expect(kindsOf(answer(driver, command, replies.unknown))).toEqual(["attempt_settled"]);
  });

  it("is not tried again by a run that drains, when nothing of it has landed", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    order(driver, "stop");

    answer(driver, command, replies.busy);

    expect({ a: stateOf(driver, "a").kind, phase: phaseOf(driver) }).toEqual({ a: "failed", phase: "escalated" });
  });

  it("is tried again by a run that drains, when it may have landed: its own key settles it", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    order(driver, "stop");
    answer(driver, command, replies.unknown);
    tick(driver, 100);

    finish(driver, "a");

    expect({ phase: phaseOf(driver), end: driver.run?.phase }).toMatchObject({
      phase: "stopped",
      end: { wrote: ["a"] },
    });
  });

  it("waits for its other try before it is read back, because that one might land after the reading (I11)", () => {
    const driver = begin([{ id: "a", attemptsMax: 3 }]);
    attempt(driver, "a", replies.unknown);
    tick(driver, 100);
    const second = dueFor(driver, "send", "a");
    land(driver, second);

    answer(driver, { ...second, attempt: { ...second.attempt, n: 1 } }, replies.applied);
    expect(dueNow(driver).filter(({ kind }) => kind === "observe")).toEqual([]);
    answer(driver, second, replies.rejected);

    expect(stateOf(driver, "a").kind).toBe("verifying");
  });

  it("keeps what is known of its other tries when a person says that it happened", () => {
    const driver = begin([{ id: "a", attemptsMax: 2 }]);
    attempt(driver, "a", replies.unknown);
    tick(driver, 100);
    attempt(driver, "a", replies.rejected);

    resolve(driver, "a", "applied");

    expect(stateOf(driver, "a")).toMatchObject({
      kind: "verifying",
      effort: {
        attempts: [
          { n: 1, status: "applied" },
          { n: 2, status: "not_applied" },
        ],
      },
    });
  });

  it("an answer to the first try does not settle the second", () => {
    const driver = begin([{ id: "a", attemptsMax: 3 }]);
    attempt(driver, "a", replies.unknown);
    tick(driver, 100);
    const second = dueFor(driver, "send", "a");

    answer(driver, { ...second, attempt: { ...second.attempt, n: 1 } }, replies.rejected);

    expect(stateOf(driver, "a")).toMatchObject({
      kind: "sent",
      effort: {
        attempts: [
          { n: 1, status: "not_applied" },
          { n: 2, status: "open" },
        ],
      },
    });
    expect(dueFor(driver, "send", "a").id).toBe(second.id);
  });
});

describe("a killed run", () => {
  const killed = (): ReturnType<typeof begin> => {
    const driver = begin([{ id: "a", attemptsMax: 3 }, { id: "b" }]);
    attempt(driver, "a", replies.unknown);
    read(driver, dueFor(driver, "observe", "b"));
    return driver;
  };

  it("sends nothing again when its pause is over (I24)", () => {
    const driver = killed();
    order(driver, "kill");

    expect(kindsOf(tick(driver, 1_000))).toEqual([]);
    expect({ a: stateOf(driver, "a").kind, due: dueNow(driver), phase: phaseOf(driver) }).toEqual({
      a: "backing_off",
      due: [],
      phase: "killed",
    });
  });

  it("ends by itself once everything in the air has been answered, and no sooner", () => {
    const driver = killed();
    const second = dueFor(driver, "send", "b");
    order(driver, "kill");

    answer(driver, second, replies.rejected);
    expect(phaseOf(driver)).toBe("killed");
    answer(driver, { ...second, attempt: { ...second.attempt, stepId: "a" } }, replies.rejected);

    expect(phaseOf(driver)).toBe("stopped");
  });

  it("does not try again what is refused for now", () => {
    const driver = begin([{ id: "a" }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    order(driver, "kill");

    answer(driver, command, replies.busy);

    expect({ a: stateOf(driver, "a").kind, phase: phaseOf(driver) }).toEqual({ a: "failed", phase: "stopped" });
  });
});

describe("a read", () => {
  it("that may be answered twice waits for its second try when the first is refused late", () => {
    const driver = begin([{ id: "p", kind: "probe", attemptsMax: 3 }]);
    answer(driver, dueFor(driver, "send", "p"), replies.unknown);
    tick(driver, 100);
    const second = dueFor(driver, "send", "p");

    expect(kindsOf(answer(driver, { ...second, attempt: { ...second.attempt, n: 1 } }, replies.rejected))).toEqual([
      "attempt_settled",
    ]);
    expect(dueFor(driver, "send", "p").id).toBe(second.id);
  });

  it("waits with its next try while a sibling is in doubt, even when a tick comes", () => {
    const driver = begin([
      { id: "a", idempotency: "none" },
      { id: "p", kind: "probe" },
    ]);
    answer(driver, dueFor(driver, "send", "p"), replies.unknown);
    attempt(driver, "a", replies.unknown);

    expect(kindsOf(tick(driver, 100))).toEqual([]);
    driver.levels.set("a", 1);
    read(driver, dueFor(driver, "observe", "a"));
    tick(driver, 0);

    expect(dueFor(driver, "send", "p").attempt.n).toBe(2);
  });

  it("with a precondition reads the world again before its next try", () => {
    const driver = begin([{ id: "p", kind: "probe", pre: "box.z.level == 0" }]);
    attempt(driver, "p", replies.busy);

    expect(kindsOf(tick(driver, 100))).toEqual(["step_released"]);
    expect(dueFor(driver, "observe", "p").purpose).toBe("before");
  });

  it("that is refused for good is not asked again, and its outcome is `no_answer`", () => {
    const driver = begin([{ id: "p", kind: "probe", attemptsMax: 9 }]);

    answer(driver, dueFor(driver, "send", "p"), replies.rejected);

    expect(stateOf(driver, "p")).toMatchObject({ kind: "settled", outcome: "no_answer" });
  });
});

describe("the way back of a step", () => {
  const done = (undoAttemptsMax: number): ReturnType<typeof begin> => {
    const driver = begin([
      { id: "a", undoAttemptsMax },
      { id: "b", after: ["a"] },
    ]);
    finish(driver, "a");
    order(driver, "rollback");
    return driver;
  };

  it("is tried again under one key of its own, as often as declared, and then waits in doubt", () => {
    const driver = done(2);
    attempt(driver, "a", replies.unknown);
    const first = stateOf(driver, "a");
    tick(driver, 100);
    attempt(driver, "a", replies.unknown);

    const second = stateOf(driver, "a");
    expect({ first: first.kind, second: second.kind, phase: phaseOf(driver) }).toEqual({
      first: "backing_off",
      second: "in_doubt",
      phase: "compensating",
    });
    expect(second).toMatchObject({ effort: { key: "effort" in first ? first.effort?.key : "" } });
  });

  it("that never left starts again from its own reading, not from the forward one", () => {
    const driver = done(2);
    attempt(driver, "a", replies.notSent);

    tick(driver, 100);

    expect(dueFor(driver, "observe", "a").purpose).toBe("undo_before");
  });

  it("in doubt starts again if a person says it did not happen, and is read back if a person says it did", () => {
    const again = done(1);
    const looked = done(1);
    for (const driver of [again, looked]) attempt(driver, "a", replies.unknown);

    resolve(again, "a", "not_applied");
    looked.levels.set("a", 0);
    resolve(looked, "a", "applied");

    expect({ again: stateOf(again, "a").kind, looked: stateOf(looked, "a").kind }).toEqual({
      again: "undo_ready",
      looked: "verifying",
    });
    read(looked, dueFor(looked, "observe", "a"));
    expect(phaseOf(looked)).toBe("compensated");
  });

  it("whose reply was lost is done if it reads as done", () => {
    const driver = done(1);
    read(driver, dueFor(driver, "observe", "a"));
    land(driver, dueFor(driver, "send", "a"));
    answer(driver, dueFor(driver, "send", "a"), replies.unknown);

    expect(kindsOf(read(driver, dueFor(driver, "observe", "a")))).toEqual(["step_compensated", "run_ended"]);
    expect(stateOf(driver, "a")).toEqual({ kind: "undone", how: "undone" });
  });

  it("that is refused after the run was killed changes nothing", () => {
    const driver = done(1);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    order(driver, "kill");

    expect(kindsOf(answer(driver, command, replies.rejected))).toEqual(["attempt_settled", "run_ended"]);
    expect({ phase: phaseOf(driver), codes: codesOf(driver) }).toEqual({ phase: "stopped", codes: [] });
  });
});
