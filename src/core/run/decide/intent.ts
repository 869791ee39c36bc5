import { factName } from "../../plan/compile/read-object.ts";
import type { CallStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { resolveArguments } from "../ready/arguments.ts";
import { isEffort } from "../ready/effort.ts";
import { factIn } from "../ready/facts.ts";
import type { PreparedStep } from "../ready/prepare.ts";
import type { Pace, RunEvent } from "../words/event.ts";
import type { Attempt, ObservedObject } from "../words/input.ts";
import type { AttemptState, Effort, RunState } from "../words/state.ts";
import { type Draft, emit } from "./draft.ts";
import { failStep } from "./fail.ts";

type Arguments = Effort["args"];

/** The same for every attempt at a step in one direction: what the target de-duplicates by (I3). */
export function idempotencyKey(runId: string, stepId: string, direction: Attempt["direction"]): string {
  return digest("interlock.key/1", [runId, stepId, direction]);
}

/** Whether what a step's intent would use is still within the plan's bounds (I15); the way back has none. */
export function checkBudget(run: RunState, prepared: PreparedStep, atMs: number): Problem | null {
  const { bounds } = run.prepared.plan;
  invariant(prepared.call !== null, "only a call has an intent");
  if (atMs >= run.deadlineMs)
    return problem("E_BUDGET", "/bounds/durationMs", `the run has used its ${bounds.durationMs} ms`);
  const isBegun = attemptsOf(run, prepared.index).length > 0;
  return (isBegun ? null : checkStepCount(run)) ?? checkSpent(run, prepared.call);
}

/** Whether one more step may begin. */
export function checkStepCount({ spent, prepared }: RunState): Problem | null {
  const { stepCount } = prepared.plan.bounds;
  return spent.stepCount < stepCount
    ? null
    : problem("E_BUDGET", "/bounds/stepCount", `the run has begun its ${stepCount} steps`);
}

/** Whether one more call may be sent, time aside: what a repeat of a call under way is held against. */
export function checkSpent(run: RunState, call: CallStep): Problem | null {
  const { spent } = run;
  const { bounds } = run.prepared.plan;
  if (spent.callCount + 1 > bounds.callCount)
    return problem("E_BUDGET", "/bounds/callCount", `the run has used its ${bounds.callCount} calls`);
  if (spent.costUsd + call.costUsd > bounds.costUsd)
    return problem("E_BUDGET", "/bounds/costUsd", `the run has used its ${bounds.costUsd} USD`);
  if (spent.outputBytes > bounds.outputBytes)
    return problem("E_BUDGET", "/bounds/outputBytes", `the run has used its ${bounds.outputBytes} bytes of output`);
  return null;
}

/** Writes the intent of a read that needs no reading before it, unless the run may start nothing now. */
export function sendRead(draft: Draft, prepared: PreparedStep, call: CallStep): void {
  if (draft.run.doubtCount > 0) return;
  const over = checkBudget(draft.run, prepared, draft.atMs);
  if (over !== null) return failStep(draft, prepared, { problem: over, touched: false, left: null, authority: true });
  const args = resolveArguments(draft.run, call);
  if (!args.ok) return failStep(draft, prepared, { problem: args.error, touched: false, left: null, authority: false });
  emitIntent(draft, prepared, { direction: "do", args: args.value, baseline: [], pace: paceOf(prepared) });
}

/** Records an intent: the next attempt at a step, under its one key. */
export function emitIntent(
  draft: Draft,
  prepared: PreparedStep,
  intent: {
    readonly direction: Attempt["direction"];
    readonly args: Arguments;
    readonly baseline: readonly ObservedObject[];
    readonly pace: Pace | null;
  },
): void {
  const { run } = draft;
  const runId = run.prepared.runId;
  const stepId = prepared.step.id;
  const known = attemptsOf(run, prepared.index);
  const event: Extract<RunEvent, { readonly kind: "step_intent" }> = {
    kind: "step_intent",
    runId,
    attempt: { runId, stepId, direction: intent.direction, n: (known.at(-1)?.n ?? 0) + 1, epoch: run.epoch },
    idempotencyKey: keyOf(run, prepared.index) ?? idempotencyKey(runId, stepId, intent.direction),
    access: intent.direction === "undo" || prepared.isWrite ? "write" : "read",
    pace: intent.pace,
    args: intent.args,
    baseline: intent.baseline,
  };
  emit(draft, event);
}

/** Sends the same key again: for what may have landed and is de-duplicated by the target, and for reads. */
export function resend(draft: Draft, prepared: PreparedStep, direction: Attempt["direction"]): void {
  emitIntent(draft, prepared, { direction, args: [], baseline: [], pace: null });
}

/** What the site has to remember of an intent of this step. */
export function paceOf(prepared: PreparedStep): Pace | null {
  const { call, paceKey } = prepared;
  if (call === null || paceKey === null) return null;
  return {
    key: paceKey,
    windowMs: Math.max(call.cooldownMs, call.rate?.perMs ?? 0),
    countMax: Math.max(1, call.rate?.count ?? 1),
  };
}

function attemptsOf(run: RunState, index: number): readonly AttemptState[] {
  const state = vectorAt(run.steps, index);
  if (state.kind === "ready" || state.kind === "undo_ready") return state.attempts;
  invariant(isEffort(state), "an intent is written for a step that is ready or under way");
  return state.effort.attempts;
}

function keyOf(run: RunState, index: number): string | null {
  const state = vectorAt(run.steps, index);
  return state.kind === "backing_off" || state.kind === "sent" || state.kind === "in_doubt" ? state.effort.key : null;
}

/** The undo's arguments: literals stand in the plan, the rest are the target's facts of before. */
export function undoArguments(call: CallStep, before: readonly ObservedObject[]): Result<Arguments, Problem> {
  const found: { readonly name: string; readonly value: JsonValue }[] = [];
  invariant(call.compensation !== null, "only a step with a way back is undone");
  for (const argument of call.compensation.args) {
    if (argument.from === "literal") continue;
    const value =
      call.target === null
        ? null
        : (factIn(before, factName(call.target, argument.fact)) ?? factIn(before, argument.fact));
    if (value === null)
      return fail(
        problem(
          "E_COMPENSATION_FAILED",
          "",
          `\`${argument.fact}\` was not seen before the write, so it cannot be put back`,
        ),
      );
    found.push({ name: argument.name, value });
  }
  return ok(found.sort((left, right) => (left.name < right.name ? -1 : 1)));
}
