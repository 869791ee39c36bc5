import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/core/plan/plan.ts";
import {
  alice,
  answer,
  dueNow,
  give,
  land,
  read,
  startOf,
  type TestDriver,
  tell,
  testDriver,
} from "../../src/core/run/fixtures/driver.fixture.ts";
import { viewRun } from "../../src/core/run/tell/view.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import { createRng } from "../../src/core/value/rng.ts";
import { exitCodeOfRun } from "../../src/faces/cli/run-exit.ts";
import { drawPlan } from "./draw-plan.ts";

/*
 * No ending says more than its steps, for any plan. What the steps did is counted here a second time, from the
 * events alone; the sentence, the lists and the exit code are held against that.
 */

const rejected = {
  kind: "rejected",
  problem: { code: "E_STEP_REJECTED", pointer: "", message: "no", hint: "" },
  retryable: false,
} as const;

const ranAndFailed = {
  kind: "unknown",
  problem: { code: "E_TARGET_LOST", pointer: "", message: "`tool` ended with 3", hint: "" },
  output: { exitCode: 3 },
} as const;

/**
 * Runs a plan to its end by chance. A write lands, is refused, is acknowledged and does nothing, or lands and says that
 * it failed.
 */
function runByChance(plan: Plan, seed: number): TestDriver {
  const rng = createRng(seed);
  const driver = testDriver();
  give(driver, startOf(plan, driver));
  for (let round = 0; round < 1_000; round += 1) {
    const commands = dueNow(driver);
    const moves = commands.filter(({ kind }) => kind !== "timer");
    const among = moves.length > 0 ? moves : commands;
    const command = among.length === 0 ? undefined : among[rng.below(among.length)];
    if (command === undefined) break;
    if (command.kind === "timer") {
      driver.nowMs = command.atMs;
      give(driver, { kind: "tick", atMs: driver.nowMs, runId: command.runId });
      continue;
    }
    if (command.kind === "observe") {
      if (command.purpose === "after" || command.purpose === "undo_after")
        driver.nowMs = Math.max(driver.nowMs, command.untilMs);
      read(driver, command);
      continue;
    }
    if (command.kind === "ask") {
      tell(driver, command, { status: rng.below(4) === 0 ? "failed" : "done" });
      continue;
    }
    const fate = command.call.access === "write" ? rng.below(8) : 0;
    if (fate !== 1 && fate !== 2) land(driver, command);
    const outcome = ["low", "high", "other"][rng.below(3)] ?? null;
    const applied = { kind: "applied", output: { level: 1 }, outputBytes: 1, outcome } as const;
    answer(driver, command, fate === 1 ? rejected : fate === 3 ? ranAndFailed : applied);
    if (rng.below(20) === 0)
      give(driver, {
        kind: rng.below(2) === 0 ? "stop" : "rollback",
        atMs: driver.nowMs,
        runId: "run_1",
        by: alice,
        reason: "chance",
      });
  }
  return driver;
}

type Counted = Record<"verified" | "failed" | "touched" | "undone" | "unacknowledged", string[]>;

/** What the steps did, from the events alone. */
function count(plan: Plan, events: readonly Event[]): Counted {
  const writes = new Set(plan.steps.flatMap((step) => (step.kind === "act" ? [step.id] : [])));
  const undone = events.flatMap((event) => (event.kind === "step_compensated" ? [event.stepId] : []));
  const failures = events.flatMap((event) =>
    event.kind === "step_failed" && !undone.includes(event.stepId) ? [event] : [],
  );
  return {
    verified: events.flatMap((event) =>
      event.kind === "step_settled" && writes.has(event.stepId) ? [event.stepId] : [],
    ),
    failed: failures.map(({ stepId }) => stepId),
    touched: failures.flatMap(({ stepId, touched }) => (touched ? [stepId] : [])),
    undone,
    unacknowledged: events.flatMap((event) =>
      (event.kind === "step_settled" && writes.has(event.stepId) && !undone.includes(event.stepId)) ||
      (event.kind === "step_compensated" && event.how === "undone")
        ? saysSuccess(events, event.stepId, event.kind === "step_settled" ? "do" : "undo")
          ? []
          : [event.stepId]
        : [],
    ),
  };
}

/** Whether a call of a step reported success, or the operation that it started did. */
function saysSuccess(events: readonly Event[], stepId: string, direction: "do" | "undo"): boolean {
  const isMine = (event: Event): boolean =>
    "direction" in event && event.stepId === stepId && event.direction === direction;
  if (events.some((event) => event.kind === "operation_started" && isMine(event)))
    return events.some((event) => event.kind === "operation_ended" && isMine(event) && event.as === "succeeded");
  return events.some(
    (event) =>
      event.kind === "attempt_settled" &&
      event.attempt.stepId === stepId &&
      event.attempt.direction === direction &&
      event.reply.kind === "applied",
  );
}

/** Everything in which an ending says more, or other, than its steps. */
function lies(plan: Plan, driver: TestDriver): readonly string[] {
  const events = driver.records.map(({ event }) => event);
  const ended = events.at(-1);
  // A run that waits for a person has not ended, and so says nothing of an end.
  if (ended?.kind !== "run_ended" || driver.run === null) return [];
  const { verified, failed, touched, undone, unacknowledged } = count(plan, events);
  const { outcome, reason } = ended;
  const left = [
    ...verified,
    ...events.flatMap((event) => (event.kind === "step_failed" && event.touched ? [event.stepId] : [])),
  ]
    .filter((stepId) => !undone.includes(stepId))
    .sort();
  const exitCode = exitCodeOfRun(viewRun(driver.run));
  const isReached = outcome === "succeeded" || outcome === "succeeded_in_part";
  const counts = /(\d+) of (\d+) done and verified/.exec(reason);
  const tolerated = Number(/(\d+) failed, tolerated/.exec(reason)?.[1] ?? 0);
  const writes = plan.steps.filter(({ kind }) => kind === "act").map(({ id }) => id);
  const checks: Readonly<Record<string, boolean>> = {
    "a plain success has no failed step": outcome !== "succeeded" || failed.length === 0,
    "a success in part has one": outcome !== "succeeded_in_part" || failed.length > 0,
    "what failed is listed": String((ended.failed ?? []).map(({ stepId }) => stepId).sort()) === String(failed.sort()),
    "what was touched is marked":
      String(
        (ended.failed ?? [])
          .filter((step) => step.touched)
          .map(({ stepId }) => stepId)
          .sort(),
      ) === String(touched.sort()),
    "what stays is listed": String([...ended.wrote].sort()) === String(left),
    "every step is claimed only if every step was done":
      !/^every step was done and verified/.test(reason) ||
      (verified.length > 0 &&
        failed.length === 0 &&
        !events.some((event) => event.kind === "step_skipped" && writes.includes(event.stepId))),
    "what reported no success is listed":
      String((ended.unacknowledged ?? []).map(({ stepId }) => stepId).sort()) === String(unacknowledged.sort()),
    "what reported no success is said, and only then":
      !["succeeded", "succeeded_in_part", "compensated"].includes(outcome) ||
      reason.includes(
        `${unacknowledged.length} call${unacknowledged.length === 1 ? "" : "s"} did not report success`,
      ) ===
        unacknowledged.length > 0,
    "no more is verified than was read back":
      counts === null ||
      (Number(counts[1]) === verified.length &&
        Number(counts[2]) === verified.length + failed.filter((id) => writes.includes(id)).length),
    "as many are tolerated as failed": !isReached || tolerated === failed.length,
    "touched is said if something is": !isReached || /touched and not restored/.test(reason) === touched.length > 0,
    "0 is for a plain success": (exitCode === 0) === (outcome === "succeeded"),
    "20 is for a run that left nothing": exitCode !== 20 || left.length === 0,
    "below 20 nothing is left, but for a success": exitCode === 0 || exitCode >= 20 || left.length === 0,
    "in part is 25, unless nothing was written":
      outcome !== "succeeded_in_part" || exitCode === (left.length > 0 ? 25 : 14),
  };
  return Object.entries(checks).flatMap(([name, holds]) =>
    holds ? [] : [`${name}: ${outcome} (${exitCode}): ${reason}`],
  );
}

describe("the ending of a run, whatever its plan", () => {
  it("says no more than its steps", () => {
    const runs = Array.from({ length: 800 }, (_, seed) => {
      const plan = drawPlan(seed % 300);
      const driver = runByChance(plan, seed);
      return { seed, lies: lies(plan, driver), end: driver.records.at(-1)?.event };
    });

    expect(runs.filter((run) => run.lies.length > 0).map(({ seed, lies: found }) => [seed, ...found])).toEqual([]);
    const outcomes = runs.map(({ end }) => (end?.kind === "run_ended" ? end.outcome : "waits"));
    for (const outcome of ["succeeded", "succeeded_in_part", "compensated", "escalated", "stopped", "waits"])
      expect([outcome, outcomes.filter((found) => found === outcome).length > 5]).toEqual([outcome, true]);
  });
});
