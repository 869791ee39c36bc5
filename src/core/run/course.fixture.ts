import type { Plan } from "../plan/plan.ts";
import { invariant } from "../value/invariant.ts";
import type { Decision } from "./decision.ts";
import { type TestDriver, alice, answer, dueFor, give, land, read, startOf, testDriver } from "./driver.fixture.ts";
import type { Event } from "./event.ts";
import type { Reply } from "./input.ts";
import { vectorAt } from "./persistent-vector.ts";
import { type PlanSketch, type StepSketch, planOf } from "./plan.fixture.ts";
import type { StepState } from "./state.ts";

/* Courses of a run in a line each, for tests that are about one moment of it. */

const failed = { code: "E_TIMEOUT", pointer: "", message: "no answer", hint: "" } as const;

/** What a call may be answered. */
export const replies = {
  unknown: { kind: "unknown", problem: failed },
  rejected: { kind: "rejected", problem: failed, retryable: false },
  busy: { kind: "rejected", problem: failed, retryable: true },
  notSent: { kind: "not_sent", problem: failed },
  applied: { kind: "applied", output: null, outputBytes: 1, outcome: null },
} as const satisfies Readonly<Record<string, Reply>>;

/** A run of these steps that has just started. */
export function begin(steps: readonly StepSketch[], sketch: PlanSketch = {}): TestDriver {
  return beginPlan(planOf(steps, sketch));
}

/** A run of this plan that has just started. */
export function beginPlan(plan: Plan): TestDriver {
  const driver = testDriver();
  const decision = give(driver, startOf(plan, driver));
  invariant(decision.kind === "accepted", "nothing speaks against the start of a test");
  return driver;
}

/** Reads for a step where that comes first, sends it, and answers; what is acknowledged has landed. */
export function attempt(driver: TestDriver, stepId: string, reply: Reply): void {
  if (stateOf(driver, stepId).kind !== "sent") read(driver, dueFor(driver, "observe", stepId));
  const command = dueFor(driver, "send", stepId);
  if (reply.kind === "applied") land(driver, command);
  answer(driver, command, reply);
}

/** Does a write and reads it back, or its undo where the run is on its way back. */
export function finish(driver: TestDriver, stepId: string): void {
  attempt(driver, stepId, replies.applied);
  read(driver, dueFor(driver, "observe", stepId));
}

/** Time passes, and the run is told. */
export function tick(driver: TestDriver, inMs: number): Decision {
  driver.nowMs += inMs;
  return give(driver, { kind: "tick", atMs: driver.nowMs, runId: "run_1" });
}

/** Alice stops, kills, closes, or asks for the way back. */
export function order(driver: TestDriver, kind: "stop" | "kill" | "rollback" | "close"): Decision {
  return give(driver, { kind, atMs: driver.nowMs, runId: "run_1", by: alice, reason: "test" });
}

/** Alice says what became of a step. */
export function resolve(driver: TestDriver, stepId: string, as: "applied" | "not_applied" | "restored"): Decision {
  return give(driver, { kind: "resolve", atMs: driver.nowMs, runId: "run_1", stepId, as, by: alice, reason: "looked" });
}

/** A new engine takes over. */
export function takeOver(driver: TestDriver): Decision {
  const epoch = (driver.run?.epoch ?? 0) + 1;
  return give(driver, { kind: "epoch", atMs: driver.nowMs, runId: "run_1", epoch, standing: { kind: "permitted" } });
}

/** A step as the run knows it. */
export function stateOf(driver: TestDriver, stepId: string): StepState {
  invariant(driver.run !== null, "a run was started");
  return vectorAt(driver.run.steps, driver.run.prepared.indexById.get(stepId) ?? -1);
}

/** The run's phase, or how it ended. */
export function phaseOf(driver: TestDriver): string {
  invariant(driver.run !== null, "a run was started");
  return driver.run.phase.kind === "ended" ? driver.run.phase.outcome : driver.run.phase.kind;
}

/** Codes of every problem recorded so far, in order. */
export function codesOf(driver: TestDriver): readonly string[] {
  return driver.records.flatMap(({ event }) => ("problem" in event && event.problem !== null ? [event.problem.code] : []));
}

/** Kinds of what a decision recorded. */
export function kindsOf({ events }: { readonly events: readonly Event[] }): readonly string[] {
  return events.map(({ kind }) => kind);
}
