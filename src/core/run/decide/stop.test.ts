import { describe, expect, it } from "vitest";
import {
  acknowledged,
  attempt,
  begin,
  kindsOf,
  order,
  phaseOf,
  replies,
  resolve,
  stateOf,
} from "../fixtures/course.fixture.ts";
import { answer, dueFor, dueNow, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import { viewRun } from "../tell/view.ts";

const lost = { kind: "unknown", problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } } as const;

/** A run with a write in the air, and whatever it wrote before that. */
function inTheAir(sketch: Parameters<typeof begin>[0][number]): TestDriver {
  const driver = begin([{ id: "first" }, { ...sketch, id: "a", after: ["first"] }]);
  attempt(driver, "first", acknowledged(null));
  read(driver, dueFor(driver, "observe", "first"));
  if (sketch.kind !== "probe") read(driver, dueFor(driver, "observe", "a"));
  return driver;
}

describe("a stop while a call is in the air", () => {
  it("ends the run as stopped if the call then turns out to have done nothing", () => {
    const driver = inTheAir({ id: "a", onFailure: "stop" });

    order(driver, "stop");
    answer(driver, dueFor(driver, "send", "a"), replies.rejected);

    expect({ phase: phaseOf(driver), a: stateOf(driver, "a").kind }).toEqual({ phase: "stopped", a: "failed" });
  });

  it("ends the run as stopped if the call hangs, times out, and a person says that it did not happen", () => {
    const driver = inTheAir({ id: "a", onFailure: "escalate", idempotency: "none" });

    order(driver, "stop");
    answer(driver, dueFor(driver, "send", "a"), lost);
    const doubt = viewRun(driver.run ?? expect.fail()).waitingFor;
    resolve(driver, "a", "not_applied");
    // What is said is read back first.
    read(driver, dueFor(driver, "observe", "a"));

    expect(doubt).toMatchObject([{ stepId: "a", kind: "person", owner: "alice" }]);
    expect(phaseOf(driver)).toBe("stopped");
  });

  it("still leads to the way back that the plan declares for a failure of that step", () => {
    const driver = inTheAir({ id: "a", onFailure: "rollback" });

    order(driver, "stop");
    answer(driver, dueFor(driver, "send", "a"), replies.rejected);

    expect(phaseOf(driver)).toBe("compensating");
  });

  it("still escalates if the call did something else than was promised", () => {
    const driver = inTheAir({ id: "a", onFailure: "stop", landsWithinMs: 0 });

    order(driver, "stop");
    answer(driver, dueFor(driver, "send", "a"), acknowledged(null));
    driver.levels.set("a", 7);
    const command = dueFor(driver, "observe", "a");
    driver.nowMs = command.untilMs;
    read(driver, command);

    expect(phaseOf(driver)).toBe("escalated");
  });
});

describe("a stop of a run that begins nothing new anyway", () => {
  const inPhase: Readonly<Record<string, () => TestDriver>> = {
    draining: () => {
      const driver = inTheAir({ id: "a" });
      order(driver, "stop");
      return driver;
    },
    "in doubt beyond its time": () => {
      const driver = inTheAir({ id: "a", idempotency: "none", landsWithinMs: 700 });
      answer(driver, dueFor(driver, "send", "a"), lost);
      order(driver, "rollback");
      return driver;
    },
    compensating: () => {
      const driver = inTheAir({ id: "a" });
      order(driver, "rollback");
      answer(driver, dueFor(driver, "send", "a"), replies.rejected);
      return driver;
    },
    killed: () => {
      const driver = inTheAir({ id: "a" });
      order(driver, "kill");
      return driver;
    },
  };

  it.each(Object.keys(inPhase))("is on record and changes nothing: %s", (name) => {
    const driver = inPhase[name]?.() ?? expect.fail();
    const [phase, due] = [driver.run?.phase, dueNow(driver)];

    const decision = order(driver, "stop");

    expect({ kind: decision.kind, events: kindsOf(decision) }).toEqual({ kind: "accepted", events: ["stop_noted"] });
    expect(driver.run?.phase).toEqual(phase);
    expect(dueNow(driver)).toEqual(due);
  });
});

describe("a killed run", () => {
  it("does not wait for a read that was lost", () => {
    const driver = inTheAir({ id: "a", kind: "probe", attemptsMax: 3 });
    answer(driver, dueFor(driver, "send", "a"), lost);

    order(driver, "kill");

    expect(phaseOf(driver)).toBe("stopped");
  });

  it("names a person for a key that it does not send again, and that person can close it", () => {
    const driver = inTheAir({ id: "a", idempotency: "keyed", attemptsMax: 3 });
    answer(driver, dueFor(driver, "send", "a"), lost);

    order(driver, "kill");
    const waits = viewRun(driver.run ?? expect.fail()).waitingFor;
    order(driver, "close");

    expect(waits).toMatchObject([{ stepId: null, kind: "person", owner: "alice" }]);
    expect(waits[0]?.reason).toContain("`a` may have happened");
    expect(phaseOf(driver)).toBe("closed");
  });
});
