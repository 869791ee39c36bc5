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
    expect(stateOf(driver, "a")).toEqual({ kind: "undone", how: "undone", unacknowledged: true });
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

describe("a target that names the time for the next try", () => {
  const busyFor = (retryAfterMs: number) => ({ ...replies.busy, retryAfterMs });
  const lostFor = (retryAfterMs: number) => ({ ...replies.unknown, retryAfterMs });
  const minutes = { bounds: { durationMs: 600_000 } };

  it("is asked again then, or after the plan's own pause if that is longer", () => {
    const longer = begin([{ id: "a" }], minutes);
    attempt(longer, "a", busyFor(3_000));
    const shorter = begin([{ id: "a" }], minutes);
    attempt(shorter, "a", busyFor(99));

    expect(stateOf(longer, "a")).toMatchObject({ kind: "backing_off", untilMs: 4_000 });
    expect(stateOf(shorter, "a")).toMatchObject({ kind: "backing_off", untilMs: 1_100 });
  });

  it("is recorded as it always was, with the time in what is scheduled alone", () => {
    const driver = begin([{ id: "a" }], minutes);

    attempt(driver, "a", busyFor(3_000));

    const settled = driver.records.find(({ event }) => event.kind === "attempt_settled")?.event;
    expect(settled).toMatchObject({ reply: { kind: "rejected", retryable: true } });
    expect(JSON.stringify(settled)).not.toContain("retryAfterMs");
    expect(driver.records.at(-1)?.event).toMatchObject({ kind: "retry_scheduled", atMs: 4_000 });
  });

  it("is waited for after an answer that nobody knows too, under the key or as a read", () => {
    const keyed = begin([{ id: "a" }], minutes);
    attempt(keyed, "a", lostFor(3_000));
    const probe = begin([{ id: "p", kind: "probe", outcomes: ["yes"], attemptsMax: 3 }], minutes);
    attempt(probe, "p", lostFor(3_000));

    expect(stateOf(keyed, "a")).toMatchObject({ kind: "backing_off", untilMs: 4_000 });
    expect(stateOf(probe, "p")).toMatchObject({ kind: "backing_off", untilMs: 4_000 });
  });

  it.each([599_999, 600_000, Number.POSITIVE_INFINITY])("after %i ms is not waited for beyond the run's time", (ms) => {
    const write = begin([{ id: "a" }], minutes);
    attempt(write, "a", busyFor(ms));
    const keyed = begin([{ id: "a" }], minutes);
    attempt(keyed, "a", lostFor(ms));
    const probe = begin([{ id: "p", kind: "probe", outcomes: ["yes"], attemptsMax: 3 }], minutes);
    attempt(probe, "p", busyFor(ms));

    const isInTime = ms < 600_000;
    expect([stateOf(write, "a").kind, stateOf(keyed, "a").kind, stateOf(probe, "p").kind]).toEqual(
      isInTime ? ["backing_off", "backing_off", "backing_off"] : ["failed", "in_doubt", "settled"],
    );
  });

  it("on the way back is waited for an hour at most, whatever is left of the run's time (I21, I24)", () => {
    const undoing = (retryAfterMs: number): string => {
      const driver = begin(
        [
          { id: "a", undoAttemptsMax: 3 },
          { id: "w", kind: "wait", forMs: 9e9, after: ["a"] },
        ],
        minutes,
      );
      finish(driver, "a");
      order(driver, "rollback");
      attempt(driver, "a", busyFor(retryAfterMs));
      return phaseOf(driver);
    };

    expect([undoing(3_600_000), undoing(3_600_001)]).toEqual(["compensating", "dirty"]);
  });
});
