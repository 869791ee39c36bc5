import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { undoLiterals } from "../ready/arguments.ts";
import { isKeyed } from "../ready/direction.ts";
import { sameObject } from "../ready/facts.ts";
import { bindTemplate } from "../ready/template.ts";
import type { SendCommand } from "../words/command.ts";
import type { RunEvent } from "../words/event.ts";
import type { PreparedStep } from "../words/prepared.ts";
import {
  type AttemptState,
  type Done,
  type Effort,
  isEffort,
  mayStillLand,
  type StepState,
  wasApplied,
} from "../words/step.ts";
import { type MutableRun, setStep } from "./mutable-run.ts";

type Intent = Extract<RunEvent, { readonly kind: "step_intent" }>;

/** Applies the permission to send. No other event makes a `send` command due. */
export function applyIntent(next: MutableRun, step: PreparedStep, event: Intent, atMs: number): void {
  const { call } = step;
  invariant(call !== null, "only a call has an effect");
  const state = vectorAt(next.steps, step.index);
  const past = pastOf(state);
  const isUndo = event.attempt.direction === "undo";
  invariant(isUndo === (past.done !== null), "an intent goes the way its step is going");
  invariant(
    isUndo || next.phase.kind === "running" || past.effort !== null,
    "a forward effect begins in a running run alone",
  );
  const mayRepeat = event.access === "read" || isKeyed(call, past);
  invariant(
    mayRepeat || past.effort === null || !(mayStillLand(past.effort) || wasApplied(past.effort)),
    "an effect that may have landed is never sent again (I3)",
  );
  invariant(
    past.attempts.every((known) => known.n < event.attempt.n),
    "attempts are numbered upwards",
  );
  const effort = effortOf(next, step, event, past);
  next.spent = spend(next, call, event, past);
  setStep(next, step.index, {
    kind: "sent",
    serial: past.serial + 1,
    sinceMs: atMs,
    effort,
    done: past.done,
    command: commandFor(step, call, event, effort),
  });
}

interface Past {
  readonly serial: number;
  readonly attempts: readonly AttemptState[];
  /** The effort this intent continues under the same key, or `null` for a fresh start. */
  readonly effort: Effort | null;
  readonly done: Done | null;
}

function pastOf(state: StepState): Past {
  if (state.kind === "ready") return { serial: state.serial, attempts: state.attempts, effort: null, done: null };
  if (state.kind === "undo_ready")
    return { serial: state.serial, attempts: state.attempts, effort: null, done: state.done };
  invariant(isEffort(state) && state.kind !== "verifying", "an intent is written for a step that is ready or in doubt");
  return { serial: state.serial, attempts: state.effort.attempts, effort: state.effort, done: state.done };
}

function effortOf(next: MutableRun, step: PreparedStep, event: Intent, past: Past): Effort {
  const attempts: readonly AttemptState[] = [
    ...past.attempts,
    { n: event.attempt.n, epoch: event.attempt.epoch, status: "open" },
  ];
  if (past.effort !== null) return { ...past.effort, attempts };
  const overwrites = event.changed?.filter(({ isOverwritten }) => isOverwritten) ?? [];
  return {
    key: event.idempotencyKey,
    access: event.access,
    args: event.args,
    baseline: sharedBaseline(next, step, event.baseline),
    attempts,
    output: null,
    ...(overwrites.length === 0 ? {} : { overwrites }),
  };
}

/**
 * The baseline, sharing the target's reading with the run's own if both are equal. A run keeps the baseline of each of
 * its writes to its end, and the garbage collector copies whatever lives that long.
 */
function sharedBaseline(
  next: MutableRun,
  { targetIndex }: PreparedStep,
  baseline: readonly ObservedObject[],
): readonly ObservedObject[] {
  const known = targetIndex < 0 ? null : vectorAt(next.baselines, targetIndex);
  return known === null ? baseline : baseline.map((seen) => (sameObject(seen, known) ? known : seen));
}

function spend(next: MutableRun, call: CallStep, event: Intent, past: Past): MutableRun["spent"] {
  const { spent } = next;
  if (event.attempt.direction === "undo") return { ...spent, callCount: spent.callCount + 1 };
  return {
    ...spent,
    stepCount: spent.stepCount + (past.attempts.length === 0 ? 1 : 0),
    callCount: spent.callCount + 1,
    writeCount: spent.writeCount + (event.access === "write" ? 1 : 0),
    costUsd: spent.costUsd + call.costUsd,
  };
}

function commandFor(step: PreparedStep, call: CallStep, event: Intent, effort: Effort): SendCommand {
  const isUndo = event.attempt.direction === "undo";
  const template = isUndo && call.compensation !== null ? call.compensation.call : call.call;
  const bound = isUndo ? step.bindsUndo : step.bindsCall;
  const fence = fenceOf(effort.baseline, call);
  const { runId, stepId, direction, n, epoch } = event.attempt;
  return {
    kind: "send",
    id: `${runId}/${stepId}/${direction}/${n}/${epoch}`,
    attempt: event.attempt,
    call: bound
      ? {
          ...template,
          with: bindTemplate(template.with, { args: boundArguments(call, event, effort), fence, key: effort.key }),
        }
      : template,
    idempotencyKey: effort.key,
    outcomes: isUndo ? [] : call.outcomes,
  };
}

/** All arguments of a call: literals from the plan, the others as the event that began the effort resolved them. */
function boundArguments(call: CallStep, event: Intent, effort: Effort): Effort["args"] {
  if (event.attempt.direction === "undo") {
    invariant(call.compensation !== null, "only a step with a way back is undone");
    return [...undoLiterals(call.compensation), ...effort.args];
  }
  const literals = call.args.flatMap((argument) =>
    argument.value.kind === "literal" ? [{ name: argument.name, value: argument.value.value }] : [],
  );
  return [...literals, ...effort.args];
}

function fenceOf(baseline: readonly ObservedObject[], call: CallStep): string | null {
  return baseline.find((seen) => seen.object === call.target)?.fence ?? null;
}
