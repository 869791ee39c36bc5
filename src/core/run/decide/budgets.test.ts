import { describe, expect, it } from "vitest";
import { limits } from "../../value/limits.ts";
import { begin, codesOf, phaseOf } from "../fixtures/course.fixture.ts";
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
import { planOf } from "../fixtures/plan.fixture.ts";
import type { Reply } from "../words/input.ts";

const lost: Reply = { kind: "unknown", problem: { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } };

function takeOver(driver: TestDriver, epoch: number): void {
  give(driver, { kind: "epoch", atMs: driver.nowMs, runId: "run_1", epoch, standing: { kind: "permitted" } });
}

function over(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) =>
    "problem" in event && event.problem?.code === "E_BUDGET" ? [`${event.kind} ${event.problem.pointer}`] : [],
  );
}

describe("the bound of steps (I15)", () => {
  it.each(["act", "probe", "wait", "approve"] as const)(
    "ends a run that would begin one %s more, escalated or undone",
    (kind) => {
      const driver = begin([{ id: "a" }, { id: "more", kind, after: ["a"] }], { bounds: { stepCount: 1 } });

      runToRest(driver);

      expect(over(driver)[0]).toMatch(/\/bounds\/stepCount$/);
      expect(
        driver.records
          .filter(({ event }) => event.kind === "step_intent" && event.attempt.direction === "do")
          .map(({ event }) => (event.kind === "step_intent" ? event.attempt.stepId : "")),
      ).toEqual(["a"]);
      expect(driver.run?.phase).toMatchObject({ kind: "ended" });
    },
  );

  it("counts a step once, however often it was tried", () => {
    const driver = begin([{ id: "a", attemptsMax: 3 }], { bounds: { stepCount: 1 } });
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), { ...lost, kind: "not_sent" });

    runToRest(driver);

    expect({ end: driver.run?.phase, spent: driver.run?.spent }).toMatchObject({
      end: { outcome: "succeeded" },
      spent: { stepCount: 1, callCount: 2 },
    });
  });
});

describe("a repeat of what is under way (I15)", () => {
  it("of a key beyond the plan's money is not sent: the step is in doubt, and a person decides", () => {
    const driver = begin([{ id: "a", attemptsMax: 9, costUsd: 2 }], { bounds: { costUsd: 5 } });
    read(driver, dueFor(driver, "observe", "a"));

    for (const epoch of [2, 3]) takeOver(driver, epoch);

    expect(dueNow(driver).filter(({ kind }) => kind === "send")).toEqual([]);
    expect({ over: over(driver), costUsd: driver.run?.spent.costUsd }).toEqual({
      over: ["step_in_doubt /bounds/costUsd"],
      costUsd: 4,
    });
  });

  it("of a read beyond the plan's calls fails the read, however many engines were lost meanwhile", () => {
    const driver = begin(
      [
        { id: "r", kind: "probe", attemptsMax: 9 },
        { id: "a", after: ["r"] },
      ],
      { bounds: { callCount: 3 } },
    );

    for (const epoch of [2, 3, 4]) takeOver(driver, epoch);

    expect({ over: over(driver)[0], callCount: driver.run?.spent.callCount }).toEqual({
      over: "step_failed /bounds/callCount",
      callCount: 3,
    });
  });

  it("comes after a pause that doubles, as the plan's time bound assumes", () => {
    const driver = begin([{ id: "a", attemptsMax: 4 }]);
    read(driver, dueFor(driver, "observe", "a"));
    const pauses: number[] = [];

    for (let round = 0; round < 3; round += 1) {
      answer(driver, dueFor(driver, "send", "a"), lost);
      const scheduled = driver.records.at(-1);
      if (scheduled?.event.kind !== "retry_scheduled") expect.fail("a retry was scheduled");
      pauses.push(scheduled.event.atMs - scheduled.atMs);
      driver.nowMs = scheduled.event.atMs;
      give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
    }

    expect(pauses).toEqual([100, 200, 400]);
  });
});

describe("a read that no step waits for any more", () => {
  const stopping = (): TestDriver => {
    const driver = begin([{ id: "a" }, { id: "r", kind: "probe", onFailure: "rollback", attemptsMax: 3 }]);
    read(driver, dueFor(driver, "observe", "a"));
    const command = dueFor(driver, "send", "a");
    land(driver, command);
    answer(driver, command, { kind: "applied", output: null, outputBytes: 0, outcome: null });
    read(driver, dueFor(driver, "observe", "a"));
    return driver;
  };
  const stop = (driver: TestDriver): void =>
    void give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "enough" });

  it("is forgotten by the engine that takes over, and does not turn a stop into a rollback", () => {
    const driver = stopping();
    stop(driver);

    takeOver(driver, 2);

    expect(driver.run?.phase).toMatchObject({
      kind: "ended",
      outcome: "stopped",
      reason: "asked by alice, who says “enough”",
      wrote: ["a"],
    });
  });

  it("is not sent again after its pause", () => {
    const driver = stopping();
    answer(driver, dueFor(driver, "send", "r"), lost);
    stop(driver);

    driver.nowMs += 1_000;
    give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });

    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "stopped" });
  });
});

describe("bounds", () => {
  it("of time escalate a run that takes too long", () => {
    const driver = begin([{ id: "a" }], { bounds: { durationMs: 500 } });

    give(driver, { kind: "tick", atMs: 1_500, runId: "run_1" });

    expect(phaseOf(driver)).toBe("escalated");
    expect(codesOf(driver)).toEqual(["E_BUDGET"]);
  });

  it("of calls, money, output and time are each checked before a step begins (I15)", () => {
    for (const bounds of [{ callCount: 1 }, { costUsd: 1 }, { outputBytes: 0 }, { durationMs: 0 }]) {
      const driver = begin(
        [
          { id: "p", kind: "probe", costUsd: 1 },
          { id: "q", kind: "probe", after: ["p"], costUsd: 1 },
        ],
        { bounds },
      );

      runToRest(driver);

      expect(codesOf(driver).slice(0, 1)).toEqual(["E_BUDGET"]);
    }
  });
});

describe("a run that nobody has approved (I15)", () => {
  const beginUnapproved = (probeCount: number, attemptsMax = 1): TestDriver => {
    const probes = Array.from({ length: probeCount }, (_, index) => ({
      id: `p${index}`,
      kind: "probe" as const,
      attemptsMax,
      after: index === 0 ? [] : [`p${index - 1}`],
    }));
    const driver = testDriver();
    const start = startOf(planOf(probes, { bounds: { outputBytes: 1e9, callCount: 1e6 } }), driver);
    give(driver, { ...start, authorization: { kind: "read_only", policies: null } });
    return driver;
  };

  it("returns at most so much, whatever its plan would allow", () => {
    const driver = beginUnapproved(8);
    const answered = { kind: "applied", output: null, outputBytes: 10_000_000, outcome: "yes" } as const;
    let count = 0;
    for (let [next] = dueNow(driver); next?.kind === "send"; [next] = dueNow(driver)) {
      count += 1;
      answer(driver, next, answered);
    }

    expect([count, phaseOf(driver), over(driver)[0]]).toEqual([
      1 + limits.unapprovedOutputBytesMax / 10_000_000,
      "escalated",
      expect.stringMatching(/\/bounds\/outputBytes$/),
    ]);
    expect(JSON.stringify(driver.records)).toContain("nobody has approved it");
  });

  it("makes at most so many calls, the repeated ones included", () => {
    const driver = beginUnapproved(400, 3);
    let count = 0;
    for (let [next] = dueNow(driver); next?.kind === "send"; [next] = dueNow(driver)) {
      count += 1;
      answer(driver, next, { ...lost, kind: "not_sent" });
      driver.nowMs += 10_000;
      give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
    }

    expect([count, phaseOf(driver)]).toEqual([limits.unapprovedCallsCountMax, "escalated"]);
  });
});
