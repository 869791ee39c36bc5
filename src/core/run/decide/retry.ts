import type { CallStep } from "../../plan/plan.ts";
import { problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { isKeyed, retryRule } from "../ready/direction.ts";
import type { Standing } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import { directionOf, type EffortState, mayStillLand } from "../words/step.ts";
import { checkExpiry, checkSpent } from "./authority.ts";
import { type Draft, emit } from "./draft.ts";
import { findHold } from "./hold.ts";
import { resend, sendRead } from "./intent.ts";
import { doubt, failStep } from "./turn.ts";

/*
 * The next try. A write of which nothing landed starts again from the beginning; one that may have landed is sent again
 * only under its own key, to a target that de-duplicates (I3); a read is simply asked again.
 */

/** Whether an effort has tries left, and its run is in a phase that may make them. */
export function mayRetry(run: RunState, call: CallStep, state: EffortState): boolean {
  if (run.phase.kind === "killed" || run.phase.kind === "dirty") return false;
  // A drain begins nothing, so an effect that did not happen stays undone. One that may have happened is settled by its
  // own key.
  if (run.phase.kind === "draining" && !mayStillLand(state.effort)) return false;
  return state.effort.attempts.length < retryRule(call, state).attemptsMax;
}

/** The longest that a way back waits because its target asks for it, in milliseconds. A person is told then (I21). */
const undoWaitMsMax = 3_600_000;

/**
 * Whether a run can wait as long as a target asks for. The plan's own pauses are within its bounds, and a longer one
 * has to end before the run's time does. The way back has no such end (I24), so it gets a bound here.
 */
export function mayWait(draft: Draft, call: CallStep, state: EffortState, askedMs: number): boolean {
  if (askedMs <= ownPauseMs(call, state)) return true;
  return state.done === null ? draft.atMs + askedMs < draft.run.deadlineMs : askedMs <= undoWaitMsMax;
}

/** Pauses double from one try to the next, as the plan's bounds count them. */
function ownPauseMs(call: CallStep, state: EffortState): number {
  return retryRule(call, state).backoffMs * 2 ** (state.effort.attempts.length - 1);
}

/** Records when the next try is due: after the plan's own pause, or when the target wants it if that is later. */
export function scheduleRetry(draft: Draft, prepared: PreparedStep, state: EffortState, askedMs: number): void {
  invariant(prepared.call !== null, "only a call is retried");
  emit(draft, {
    kind: "retry_scheduled",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    direction: directionOf(state),
    atMs: draft.atMs + Math.max(ownPauseMs(prepared.call, state), askedMs),
  });
}

/** Makes the next try at an effort whose pause is over. */
export function retry(draft: Draft, prepared: PreparedStep, state: EffortState): void {
  const { phase } = draft.run;
  if (phase.kind === "killed" || phase.kind === "dirty") return;
  if (state.effort.access === "read") return retryRead(draft, prepared, state);
  if (mayStillLand(state.effort)) return repeatKey(draft, prepared, state, { kind: "permitted" });
  emit(draft, { kind: "step_released", runId: draft.run.prepared.runId, stepId: prepared.step.id });
}

function retryRead(draft: Draft, prepared: PreparedStep, state: EffortState): void {
  if (draft.run.phase.kind !== "running") return forgetRead(draft, prepared);
  if (draft.run.doubtCount > 0) return;
  if (state.kind === "backing_off" && !state.mayHaveLanded) {
    emit(draft, { kind: "step_released", runId: draft.run.prepared.runId, stepId: prepared.step.id });
    if (!prepared.readsFirst && prepared.call !== null) sendRead(draft, prepared, prepared.call);
    return;
  }
  resendRead(draft, prepared);
}

/** Asks a read again, within the plan's bounds. */
export function resendRead(draft: Draft, prepared: PreparedStep): void {
  invariant(prepared.call !== null, "only a call is asked again");
  const over = checkSpent(draft.run, prepared.call);
  if (over !== null) return failStep(draft, prepared, { problem: over, touched: false, left: null, authority: true });
  resend(draft, prepared, "do");
}

/**
 * Sends a key again. Going forward, that needs what every forward intent needs; the way back needs nothing (I1, I24).
 */
export function repeatKey(draft: Draft, prepared: PreparedStep, state: EffortState, standing: Standing): void {
  invariant(
    prepared.call !== null && isKeyed(prepared.call, state),
    "only a key the target de-duplicates is sent again (I3)",
  );
  if (state.done !== null) return resend(draft, prepared, "undo");
  const withdrawn = standing.kind === "withdrawn" ? standing.problem : null;
  const refused =
    withdrawn ??
    checkExpiry(draft) ??
    checkSpent(draft.run, prepared.call) ??
    findHold(draft, prepared)?.problem ??
    null;
  if (refused !== null) return doubt(draft, prepared, refused);
  resend(draft, prepared, "do");
}

/**
 * Closes a read that no step waits for any more. It takes no turn, because a lost read must not change how a run that
 * is ending already will end.
 */
export function forgetRead(draft: Draft, prepared: PreparedStep): void {
  const lost = `nothing waits for \`${prepared.step.id}\` any more`;
  emit(draft, {
    kind: "step_failed",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    touched: false,
    outcome: null,
    left: null,
    problem: problem("E_ENGINE_LOST", `/steps/${prepared.index}`, lost),
  });
}
