import { describe, expect, it } from "vitest";
import { acknowledged, attempt, begin, finish, order, replies, resolve } from "../fixtures/course.fixture.ts";
import { alice, answer, dueFor, give, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import type { Decision } from "../words/decision.ts";
import { nextStepsOf, type RunStep, sayStanding, sayStep } from "./next-steps.ts";
import { type RunView, viewRun } from "./view.ts";

const viewOf = (driver: TestDriver): RunView => viewRun(driver.run ?? expect.fail());

const standings: Readonly<Record<string, () => TestDriver>> = {
  waits: () => begin([{ id: "w", kind: "wait", forMs: 500 }]),
  asks: () => begin([{ id: "q", kind: "approve" }]),
  "is in doubt": () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    attempt(driver, "a", replies.unknown);
    return driver;
  },
  "drains in doubt": () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    attempt(driver, "a", replies.unknown);
    order(driver, "stop");
    return driver;
  },
  "is dirty": () => {
    const driver = begin([
      { id: "a", irreversible: true },
      { id: "b", after: ["a"] },
    ]);
    attempt(driver, "a", acknowledged(null));
    read(driver, dueFor(driver, "observe", "a"));
    attempt(driver, "b", replies.rejected);
    return driver;
  },
  "was killed with a call in the air": () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    read(driver, dueFor(driver, "observe", "a"));
    order(driver, "kill");
    return driver;
  },
  "was killed in doubt": () => {
    const driver = begin([{ id: "a", idempotency: "none" }]);
    attempt(driver, "a", replies.unknown);
    order(driver, "kill");
    return driver;
  },
};

/** Does what a step says, as a person would; `null` for a step that only looks or goes on. */
function take(driver: TestDriver, step: RunStep): Decision | null {
  switch (step.do) {
    case "resolve":
      return resolve(driver, step.step ?? "", "not_applied");
    case "answer":
      return give(driver, {
        kind: "answer",
        atMs: driver.nowMs,
        runId: "run_1",
        stepId: step.step ?? "",
        answer: "approved",
        by: alice,
      });
    case "close":
      return order(driver, "close");
    case "resume":
    case "watch":
      return null;
  }
}

describe("the next step of a run", () => {
  it.each(Object.entries(standings))("that %s is one that the kernel takes", (_name, reach) => {
    for (const hasEngine of [true, false, null]) {
      const driver = reach();
      const [first] = nextStepsOf(viewOf(driver), hasEngine);

      expect(first).toBeDefined();
      expect(first === undefined ? null : take(driver, first)).not.toMatchObject({ kind: "refused" });
    }
  });

  it.each([
    ["waits", true, ["watch"]],
    ["waits", false, ["resume"]],
    ["asks", true, ["answer"]],
    ["asks", false, ["answer", "resume"]],
    ["is in doubt", true, ["resolve"]],
    ["is in doubt", false, ["resolve", "resume"]],
    ["is dirty", null, ["resolve"]],
    ["was killed with a call in the air", false, ["close"]],
    ["was killed in doubt", null, ["resolve"]],
  ])("that %s (an engine works on it: %s) is %s", (name, hasEngine, steps) => {
    const driver = standings[name]?.() ?? expect.fail();

    expect(nextStepsOf(viewOf(driver), hasEngine).map((step) => step.do)).toEqual(steps);
  });

  it.each(["restored", "not_applied"] as const)("that is dirty offers only words that the kernel takes: %s", (as) => {
    const driver = standings["is dirty"]?.() ?? expect.fail();
    const [step] = nextStepsOf(viewOf(driver), null);

    expect(step).toEqual({ do: "resolve", run: "run_1", step: "a", choices: ["restored", "not_applied"] });
    expect(resolve(driver, "a", as)).not.toMatchObject({ kind: "refused" });
    expect(resolve(standings["is dirty"]?.() ?? expect.fail(), "a", "applied")).toMatchObject({ kind: "refused" });
  });

  it("is none once the run has ended", () => {
    const driver = begin([{ id: "a" }]);
    finish(driver, "a");

    expect(nextStepsOf(viewOf(driver), false)).toEqual([]);
    expect(sayStanding(viewOf(driver), null)).toBe("has ended, succeeded");
  });
});

describe("how a run stands", () => {
  it.each([
    ["waits", false, "is running, and nobody works on it"],
    ["asks", true, "is running, and waits for alice to answer `q`"],
    ["is in doubt", false, "is running with `a` in doubt, and waits for alice to settle `a`; nobody works on it"],
    ["is dirty", null, "is dirty, and waits for alice to settle `a`"],
    ["was killed with a call in the air", null, "was killed, and waits for alice"],
  ])("is said of one that %s (an engine works on it: %s)", (name, hasEngine, said) => {
    expect(sayStanding(viewOf(standings[name]?.() ?? expect.fail()), hasEngine)).toBe(said);
  });

  it("has an instruction for every step", () => {
    const steps = (["resume", "watch", "resolve", "answer", "close"] as const).map((kind) => sayStep({ do: kind }));

    expect(new Set(steps).size).toBe(5);
  });
});

describe("how a run with several doubts stands", () => {
  const lost = {
    kind: "unknown",
    problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" },
  } as const;

  it.each([
    [2, "is running with `s0`, `s1` in doubt, and waits for alice to settle `s0`, `s1`"],
    [
      5,
      "is running with `s0`, `s1`, `s2` and 2 more in doubt, and waits for alice to settle `s0`, `s1`, `s2` and 2 more",
    ],
  ])("names %d of them, with a bound", (count, told) => {
    const ids = [...Array(count).keys()].map((index) => `s${index}`);
    const driver = begin(ids.map((id) => ({ id, idempotency: "none" })));
    for (const id of ids) read(driver, dueFor(driver, "observe", id));
    for (const id of ids) answer(driver, dueFor(driver, "send", id), lost);

    expect(sayStanding(viewRun(driver.run ?? expect.fail()), null)).toBe(told);
  });
});
