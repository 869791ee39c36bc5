import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep } from "../../plan/plan.ts";
import { digest } from "../../value/digest.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { resolveArguments } from "../ready/arguments.ts";
import type { ChangedFact, Pace, RunEvent } from "../words/event.ts";
import type { Attempt } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { type AttemptState, attemptsOf, type Effort, type StepState } from "../words/step.ts";
import { checkBudget } from "./authority.ts";
import { type Draft, emit } from "./draft.ts";
import { failStep } from "./turn.ts";

/** What an intent says beside its attempt and key. */
interface Intent {
  readonly direction: Attempt["direction"];
  readonly args: Effort["args"];
  readonly baseline: readonly ObservedObject[];
  readonly pace: Pace | null;
  readonly changed?: readonly ChangedFact[];
}

/** Records an intent: the next attempt at a step, under the key that keeps it apart from everything else. */
export function emitIntent(draft: Draft, prepared: PreparedStep, intent: Intent): void {
  const { run } = draft;
  const runId = run.prepared.runId;
  const stepId = prepared.step.id;
  const state = vectorAt(run.steps, prepared.index);
  const known = attemptsOf(state);
  const { changed = [] } = intent;
  const event: Extract<RunEvent, { readonly kind: "step_intent" }> = {
    kind: "step_intent",
    runId,
    attempt: { runId, stepId, direction: intent.direction, n: (known.at(-1)?.n ?? 0) + 1, epoch: run.epoch },
    idempotencyKey: keyOf(state) ?? idempotencyKey({ runId, stepId, direction: intent.direction }, known),
    access: intent.direction === "undo" || prepared.isWrite ? "write" : "read",
    pace: intent.pace,
    args: intent.args,
    baseline: intent.baseline,
    ...(changed.length === 0 ? {} : { changed }),
  };
  emit(draft, event);
}

/** Records the intent of a read that needs no reading before it, unless the run may start nothing now. */
export function sendRead(draft: Draft, prepared: PreparedStep, call: CallStep): void {
  if (draft.run.doubtCount > 0) return;
  const over = checkBudget(draft.run, prepared, draft.atMs);
  if (over !== null) return failStep(draft, prepared, { problem: over, touched: false, left: null, authority: true });
  const args = resolveArguments(draft.run, call);
  if (!args.ok) return failStep(draft, prepared, { problem: args.error, touched: false, left: null, authority: false });
  emitIntent(draft, prepared, { direction: "do", args: args.value, baseline: [], pace: paceOf(prepared) });
}

/**
 * Records an intent to send the same key again: a read, or a write that may have landed and that its target
 * de-duplicates.
 */
export function resend(draft: Draft, prepared: PreparedStep, direction: Attempt["direction"]): void {
  emitIntent(draft, prepared, { direction, args: [], baseline: [], pace: null });
}

/** What the site has to remember of an intent of this step. */
export function paceOf({ call, paceKey }: PreparedStep): Pace | null {
  if (call === null || paceKey === null) return null;
  return {
    key: paceKey,
    windowMs: Math.max(call.cooldownMs, call.rate?.perMs ?? 0),
    countMax: Math.max(1, call.rate?.count ?? 1),
  };
}

function keyOf(state: StepState): string | null {
  return state.kind === "backing_off" || state.kind === "sent" || state.kind === "in_doubt" ? state.effort.key : null;
}

/**
 * The key by which a target de-duplicates: one for all attempts at a step in one direction (I3). Once nothing that was
 * sent under a key can land any more, the next attempt gets another one: under the old one the target would drop it, or
 * answer with the operation that has ended.
 */
function idempotencyKey(
  { runId, stepId, direction }: Pick<Attempt, "runId" | "stepId" | "direction">,
  attempts: readonly AttemptState[],
): string {
  const ended = attempts.findLast(({ hasEnded }) => hasEnded === true);
  return digest("interlock.key/1", [runId, stepId, direction, ...(ended === undefined ? [] : [ended.n])]);
}
