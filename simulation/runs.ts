import type { Plan } from "../src/core/plan/plan.ts";
import { runOf } from "../src/core/run/apply/apply.ts";
import { testDigest } from "../src/core/run/fixtures/plan.fixture.ts";
import { preparePlan } from "../src/core/run/ready/prepare.ts";
import type { Authorization } from "../src/core/run/words/input.ts";
import type { PreparedRun } from "../src/core/run/words/prepared.ts";
import type { RunState } from "../src/core/run/words/state.ts";
import type { ChoiceTape } from "./choice-tape.ts";
import type { KnownRun } from "./oracle/memory.ts";
import type { NamedPlan } from "./plans/box-plans.ts";

/** The plan hash of a simulated run. */
export function planHashOf(runId: string): ReturnType<typeof testDigest> {
  return testDigest(`plan of ${runId}`);
}

/** A run that a person has approved. */
export function approvedRun(
  runId: string,
  plan: Plan,
  approval: { readonly approvalId: string; readonly expiresAtMs: number },
): KnownRun {
  const authorization: Authorization = {
    kind: "approval",
    planHash: planHashOf(runId),
    principal: { kind: "person", id: "alice", keyId: null },
    attended: true,
    solo: false,
    ...approval,
  };
  return { runId, plan, authorization };
}

/** A run before its first event. A prepared plan never changes, so every schedule and every new process shares one. */
export function createdRun({ plan, runId }: Pick<KnownRun, "plan" | "runId">): RunState {
  const byRun = preparedPlans.get(plan) ?? new Map<string, PreparedRun>();
  const prepared = byRun.get(runId) ?? preparePlan(plan, planHashOf(runId), runId);
  preparedPlans.set(plan, byRun.set(runId, prepared));
  return runOf(prepared);
}

const preparedPlans = new WeakMap<Plan, Map<string, PreparedRun>>();

/**
 * The runs of a schedule: one, or two of one plan. A second run contends for the locks of the first. If it has the same
 * approval it must never start.
 */
export function chooseRuns(tape: ChoiceTape, plans: readonly NamedPlan[]): readonly KnownRun[] {
  const first = plans[tape.pick(plans.length)] ?? plans[0];
  const expiresAtMs = [1e9, 20_000, 1_200][tape.pick(3)] ?? 1e9;
  const second = tape.pick(4);
  if (first === undefined) return [];
  const runs = [approvedRun("run_1", first.plan, { approvalId: "ap_1", expiresAtMs })];
  if (second < 2) return runs;
  return [...runs, approvedRun("run_2", first.plan, { approvalId: second === 3 ? "ap_1" : "ap_2", expiresAtMs: 1e9 })];
}
