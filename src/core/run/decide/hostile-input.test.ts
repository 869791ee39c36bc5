import { describe, expect, it } from "vitest";
import {
  alice,
  answer,
  dueFor,
  dueNow,
  give,
  read,
  runToRest,
  startOf,
  testDriver,
} from "../fixtures/driver.fixture.ts";
import { planOf } from "../fixtures/plan.fixture.ts";
import type { Input } from "../words/input.ts";
import { decide } from "./decide.ts";

describe("an input without a valid time", () => {
  const times = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 8_640_000_000_000_001];

  it.each(times)("is refused, and recorded at the last valid time (%d)", (atMs) => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }]), driver));
    const start = startOf(planOf([{ id: "z" }]), driver, "run_2");
    const inputs: readonly Input[] = [
      { kind: "tick", atMs, runId: "run_1" },
      { kind: "stop", atMs, runId: "run_1", by: alice, reason: "" },
      { kind: "freeze", atMs, runId: null, scope: "*", by: alice, reason: "" },
    ];

    const decisions = [...inputs.map((input) => give(driver, input)), decide(driver.site, null, { ...start, atMs })];

    expect(
      decisions.map(({ kind, atMs: recordedAtMs, events }) => [kind, recordedAtMs, events.map((event) => event.kind)]),
    ).toEqual(decisions.map(() => ["refused", 1_000, ["input_refused"]]));
    runToRest(driver);
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "succeeded" });
  });
});

describe("an invalid epoch", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5])(
    "is refused, because no later one could follow it (%d)",
    (epoch) => {
      const driver = testDriver();
      give(driver, startOf(planOf([{ id: "a" }]), driver));

      expect(
        give(driver, { kind: "epoch", atMs: 1_000, runId: "run_1", epoch, standing: { kind: "permitted" } }),
      ).toMatchObject({ kind: "refused", problem: { code: "E_INPUT_UNEXPECTED" } });
    },
  );
});

describe("an outcome that the plan does not declare", () => {
  it("counts as `none_of_these`", () => {
    const driver = testDriver();
    give(
      driver,
      startOf(
        planOf([
          { id: "p", kind: "probe", outcomes: ["yes"] },
          { id: "esc", kind: "escalate", after: ["p"], when: "p == 'none_of_these'" },
          { id: "a", after: ["p"], when: "p == 'yes'" },
        ]),
        driver,
      ),
    );

    answer(driver, dueFor(driver, "send", "p"), { kind: "applied", output: null, outputBytes: 0, outcome: "surely" });

    expect(driver.run?.phase).toMatchObject({
      kind: "ended",
      outcome: "escalated",
      reason: "the plan says “a person takes over”",
    });
  });
});

describe("a way back that was refused, and then put right by a person", () => {
  it("is not called our work once it is read back", () => {
    const driver = testDriver();
    give(driver, startOf(planOf([{ id: "a" }, { id: "q", kind: "approve", after: ["a"] }]), driver));
    for (const stepId of ["a", "a", "a"]) {
      if (dueNow(driver).some(({ kind }) => kind === "observe")) read(driver, dueFor(driver, "observe", stepId));
      else {
        driver.levels.set("a", 1);
        answer(driver, dueFor(driver, "send", stepId), {
          kind: "applied",
          output: null,
          outputBytes: 0,
          outcome: null,
        });
      }
    }
    give(driver, { kind: "rollback", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "" });
    read(driver, dueFor(driver, "observe", "a"));
    answer(driver, dueFor(driver, "send", "a"), {
      kind: "rejected",
      problem: { code: "E_TARGET_REFUSED", pointer: "", message: "no", hint: "" },
      retryable: false,
    });
    driver.levels.set("a", 0);

    give(driver, {
      kind: "resolve",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "a",
      as: "applied",
      by: alice,
      reason: "put back by hand",
    });
    read(driver, dueFor(driver, "observe", "a"));

    expect(driver.records.flatMap(({ event }) => (event.kind === "step_compensated" ? [event.how] : []))).toEqual([
      "nothing_happened",
    ]);
    expect(driver.run?.phase).toMatchObject({ kind: "ended", outcome: "compensated" });
  });
});

describe("a person's reason", () => {
  it("is in the log with what was asked: a stop, an answer", () => {
    const driver = testDriver();
    give(
      driver,
      startOf(
        planOf([
          { id: "q", kind: "approve" },
          { id: "a", after: ["q"], when: "q == 'approved'" },
        ]),
        driver,
      ),
    );

    give(driver, {
      kind: "answer",
      atMs: driver.nowMs,
      runId: "run_1",
      stepId: "q",
      answer: "approved",
      by: alice,
      reason: "the window is open",
    });
    give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "the window closed" });

    expect(
      driver.records.flatMap(({ event }) =>
        "reason" in event && "by" in event ? [[event.kind, event.by?.id, event.reason]] : [],
      ),
    ).toEqual([
      ["step_settled", "alice", "the window is open"],
      ["run_draining", "alice", "the window closed"],
    ]);
  });
});
