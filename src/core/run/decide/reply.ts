import type { CallStep, PlanStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { hasOpenAttempt, isEffort, mayStillLand, wasApplied } from "../ready/effort.ts";
import { type PreparedStep, stepAt } from "../ready/prepare.ts";
import type { SettledReply } from "../words/event.ts";
import type { Attempt, ReplyInput } from "../words/input.ts";
import type { EffortState, RunState } from "../words/state.ts";
import { type Draft, emit } from "./draft.ts";
import { failStep } from "./fail.ts";
import { doubt } from "./observed.ts";
import { undoFailed } from "./undo.ts";

/*
 * What a reply leads to. It settles its own attempt and no other. A step fails untouched only when every one of its attempts
 * is known not to have happened. When tries are exhausted and one of them may have happened, the step is in doubt, not failed (I3).
 */

/** Decides a reply; one to an attempt that is settled or over is kept in the log and changes nothing. */
export function decideReply(draft: Draft, input: ReplyInput): Problem | null {
  const { attempt } = input;
  const index = draft.run.prepared.indexById.get(attempt.stepId);
  if (index === undefined || attempt.runId !== draft.run.prepared.runId)
    return problem("E_INPUT_STALE", "", `no step \`${attempt.stepId}\` in this run`);
  const ignored = reasonToIgnore(draft.run, index, attempt);
  const reply = settledReply(input);
  if (ignored !== null) {
    emit(draft, { kind: "reply_ignored", runId: attempt.runId, attempt, reply, reason: ignored });
    return null;
  }
  emit(draft, { kind: "attempt_settled", runId: attempt.runId, attempt, reply });
  concludeAttempt(draft, stepAt(draft.run.prepared, index), reply);
  return null;
}

function reasonToIgnore(run: RunState, index: number, attempt: Attempt): string | null {
  if (run.phase.kind === "ended") return "the run has ended";
  const state = vectorAt(run.steps, index);
  if (!isEffort(state)) return "nothing of this step is under way";
  if ((state.done === null) !== (attempt.direction === "do")) return "the step goes the other way by now";
  const known = state.effort.attempts.find(
    (candidate) => candidate.n === attempt.n && candidate.epoch === attempt.epoch,
  );
  if (known === undefined) return "no such attempt was made";
  return known.status === "open" || known.status === "unknown" ? null : "the attempt was settled before";
}

function settledReply(input: ReplyInput): SettledReply {
  const { reply } = input;
  switch (reply.kind) {
    case "applied":
      return reply;
    case "rejected":
      return reply;
    case "not_sent":
      return { ...reply, retryable: true };
    case "unknown":
      return { ...reply, retryable: false };
  }
}

/** What follows from what is now known of all attempts of an effort. */
export function concludeAttempt(draft: Draft, prepared: PreparedStep, reply: SettledReply): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(state) && prepared.call !== null, "a settled attempt belongs to an effort of a call");
  const { effort } = state;
  if (effort.access === "read") return concludeRead(draft, prepared, state, reply);
  if (wasApplied(effort) || hasOpenAttempt(effort)) return;
  invariant(reply.kind !== "applied", "an applied attempt is applied");
  if (mayStillLand(effort)) return retryKeyed(draft, prepared, state, reply.problem);
  if (reply.retryable && mayRetry(draft.run, prepared.call, state)) return scheduleRetry(draft, prepared, state);
  if (state.done !== null) return undoFailed(draft, prepared, reply.problem);
  failStep(draft, prepared, { problem: reply.problem, touched: false, left: null, authority: false });
}

function concludeRead(draft: Draft, prepared: PreparedStep, state: EffortState, reply: SettledReply): void {
  const { run } = draft;
  if (wasApplied(state.effort)) {
    return settleRead(draft, prepared, outcomeOf(prepared.step, reply), null);
  }
  invariant(reply.kind !== "applied", "an applied attempt is applied");
  if (hasOpenAttempt(state.effort)) return;
  invariant(prepared.call !== null, "only a call reads");
  const isFinal = reply.kind === "rejected" && !reply.retryable;
  if (run.phase.kind === "running" && !isFinal && state.effort.attempts.length < prepared.call.retry.attemptsMax)
    return scheduleRetry(draft, prepared, state);
  if (prepared.step.kind === "probe") return settleRead(draft, prepared, "no_answer", reply.problem);
  failStep(draft, prepared, { problem: reply.problem, touched: false, left: null, authority: false });
}

/** A probe's outcome is one that its plan declares; whatever else a classifier says is none of them. */
function outcomeOf(step: PlanStep, reply: SettledReply): string {
  if (step.kind !== "probe" || reply.kind !== "applied") return "done";
  return step.outcomes.some(({ name }) => name === reply.outcome) && reply.outcome !== null
    ? reply.outcome
    : "none_of_these";
}

function settleRead(draft: Draft, prepared: PreparedStep, outcome: string, found: Problem | null): void {
  emit(draft, {
    kind: "step_settled",
    runId: draft.run.prepared.runId,
    stepId: prepared.step.id,
    outcome,
    facts: [],
    left: null,
    problem: found,
    by: null,
  });
}

/** An attempt may have landed: the same key again where the target de-duplicates, and otherwise nothing (I3). */
function retryKeyed(draft: Draft, prepared: PreparedStep, state: EffortState, why: Problem): void {
  if (state.kind === "backing_off" || state.kind === "in_doubt") return;
  const { call } = prepared;
  invariant(call !== null, "only a call is retried");
  if (isKeyed(call, state) && mayRetry(draft.run, call, state)) return scheduleRetry(draft, prepared, state);
  doubt(draft, prepared, why);
}

/** Whether the target de-duplicates this direction's calls. */
export function isKeyed(call: CallStep, state: EffortState): boolean {
  return (state.done === null ? call.idempotency : call.compensation?.idempotency) === "keyed";
}

function mayRetry(run: RunState, call: CallStep, state: EffortState): boolean {
  if (run.phase.kind === "killed" || run.phase.kind === "dirty") return false;
  // A drain begins nothing: what has not happened is left undone. What may have happened is settled by its own key.
  if (run.phase.kind === "draining" && !mayStillLand(state.effort)) return false;
  return state.effort.attempts.length < retryRule(call, state).attemptsMax;
}

function retryRule(call: CallStep, state: EffortState): CallStep["retry"] {
  if (state.done === null) return call.retry;
  invariant(call.compensation !== null, "only a step with a way back is undone");
  return call.compensation.retry;
}

function scheduleRetry(draft: Draft, prepared: PreparedStep, state: EffortState): void {
  invariant(prepared.call !== null, "only a call is retried");
  const { backoffMs } = retryRule(prepared.call, state);
  const { runId } = draft.run.prepared;
  const direction = state.done === null ? "do" : "undo";
  // Pauses double from one try to the next, as the plan's bounds count them.
  const pauseMs = backoffMs * 2 ** (state.effort.attempts.length - 1);
  emit(draft, { kind: "retry_scheduled", runId, stepId: prepared.step.id, direction, atMs: draft.atMs + pauseMs });
}
