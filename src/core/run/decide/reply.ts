import type { PlanStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isKeyed } from "../ready/direction.ts";
import { stepAt } from "../ready/prepare.ts";
import type { SettledReply } from "../words/event.ts";
import type { Attempt, Reply, ReplyInput } from "../words/input.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import {
  directionOf,
  type EffortState,
  findAttempt,
  hasOpenAttempt,
  isEffort,
  mayStillLand,
  wasApplied,
} from "../words/step.ts";
import { type Draft, emit } from "./draft.ts";
import { cancelIfStopped, noteStart, readStart } from "./operate.ts";
import { mayRetry, mayWait, scheduleRetry } from "./retry.ts";
import { doubt, failStep, settleStep } from "./turn.ts";
import { undoFailed } from "./undo.ts";

/*
 * What a reply leads to. It settles its own attempt and no other. A step fails untouched only when every one of its
 * attempts is known not to have happened. When tries are exhausted and one of them may have happened, the step is in
 * doubt, not failed (I3).
 */

/** Decides a reply. One to an attempt that is settled or over is recorded and changes nothing. */
export function decideReply(draft: Draft, input: ReplyInput): Problem | null {
  const { attempt } = input;
  const index = draft.run.prepared.indexById.get(attempt.stepId);
  if (index === undefined || attempt.runId !== draft.run.prepared.runId)
    return problem("E_INPUT_STALE", "", `no step \`${attempt.stepId}\` in this run`);
  const prepared = stepAt(draft.run.prepared, index);
  const ignored = reasonToIgnore(draft.run, index, attempt);
  const state = vectorAt(draft.run.steps, index);
  const given = ignored === null && isEffort(state) ? readStart(prepared, state, input.reply) : input.reply;
  const reply = settledReply(given);
  if (ignored !== null) {
    emit(draft, { kind: "reply_ignored", runId: attempt.runId, attempt, reply, reason: ignored });
    return null;
  }
  emit(draft, { kind: "attempt_settled", runId: attempt.runId, attempt, reply });
  noteStart(draft, prepared, given);
  cancelIfStopped(draft, prepared);
  concludeAttempt(draft, prepared, reply, askedMsOf(given));
  return null;
}

/** For how long the target does not want to be asked again; 0 if it did not say. */
function askedMsOf(reply: Reply): number {
  return reply.kind === "rejected" || reply.kind === "unknown" ? (reply.retryAfterMs ?? 0) : 0;
}

function reasonToIgnore(run: RunState, index: number, attempt: Attempt): string | null {
  if (run.phase.kind === "ended") return "the run has ended";
  const state = vectorAt(run.steps, index);
  if (!isEffort(state)) return "nothing of this step is under way";
  if (directionOf(state) !== attempt.direction) return "the step goes the other way by now";
  const known = findAttempt(state.effort, attempt);
  if (known === undefined) return "no such attempt was made";
  return known.status === "open" || known.status === "unknown" ? null : "the attempt was settled before";
}

function settledReply(reply: Reply): SettledReply {
  switch (reply.kind) {
    case "applied": {
      const { retryAfterMs: _, ...settled } = reply;
      return settled;
    }
    case "rejected":
      return { kind: "rejected", problem: reply.problem, retryable: reply.retryable, ...outputGiven(reply) };
    case "not_sent":
      return { ...reply, retryable: true };
    case "unknown":
      return { kind: "unknown", problem: reply.problem, retryable: false, ...outputGiven(reply) };
  }
}

function outputGiven({ output }: { readonly output?: JsonValue }): { readonly output?: JsonValue } {
  return output === undefined ? {} : { output };
}

/**
 * What follows, now that one more attempt of an effort is settled. `askedMs` is for how long the target does not want
 * to be asked again.
 */
function concludeAttempt(draft: Draft, prepared: PreparedStep, reply: SettledReply, askedMs: number): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  invariant(isEffort(state) && prepared.call !== null, "a settled attempt belongs to an effort of a call");
  const { effort } = state;
  if (effort.access === "read") return concludeRead(draft, prepared, { state, reply, askedMs });
  if (wasApplied(effort) || hasOpenAttempt(effort)) return;
  invariant(reply.kind !== "applied", "an applied attempt is applied");
  if (mayStillLand(effort)) return retryKeyed(draft, prepared, { state, why: reply.problem, askedMs });
  if (reply.retryable && mayRetry(draft.run, prepared.call, state) && mayWait(draft, prepared.call, state, askedMs))
    return scheduleRetry(draft, prepared, state, askedMs);
  if (state.done !== null) return undoFailed(draft, prepared, reply.problem);
  failStep(draft, prepared, { problem: reply.problem, touched: false, left: null, authority: false });
}

function concludeRead(
  draft: Draft,
  prepared: PreparedStep,
  { state, reply, askedMs }: { readonly state: EffortState; readonly reply: SettledReply; readonly askedMs: number },
): void {
  const { run } = draft;
  if (wasApplied(state.effort)) {
    return settleStep(draft, prepared, { outcome: outcomeOf(prepared.step, reply), problem: null, by: null });
  }
  invariant(reply.kind !== "applied", "an applied attempt is applied");
  if (hasOpenAttempt(state.effort)) return;
  invariant(prepared.call !== null, "only a call reads");
  const isFinal = reply.kind === "rejected" && !reply.retryable;
  const isLeft = state.effort.attempts.length < prepared.call.retry.attemptsMax;
  if (run.phase.kind === "running" && !isFinal && isLeft && mayWait(draft, prepared.call, state, askedMs))
    return scheduleRetry(draft, prepared, state, askedMs);
  if (prepared.step.kind === "probe")
    return settleStep(draft, prepared, { outcome: "no_answer", problem: reply.problem, by: null });
  failStep(draft, prepared, { problem: reply.problem, touched: false, left: null, authority: false });
}

/**
 * The outcome of an answered read. A probe's plan declares its outcomes; any other answer of a classifier is none of
 * these.
 */
function outcomeOf(step: PlanStep, reply: SettledReply): string {
  if (step.kind !== "probe" || reply.kind !== "applied") return "done";
  return step.outcomes.some(({ name }) => name === reply.outcome) && reply.outcome !== null
    ? reply.outcome
    : "none_of_these";
}

/**
 * An attempt may have landed. The same key is sent again if the target de-duplicates, and otherwise nothing is (I3).
 */
function retryKeyed(
  draft: Draft,
  prepared: PreparedStep,
  { state, why, askedMs }: { readonly state: EffortState; readonly why: Problem; readonly askedMs: number },
): void {
  if (state.kind === "backing_off" || state.kind === "in_doubt") return;
  const { call } = prepared;
  invariant(call !== null, "only a call is retried");
  if (isKeyed(call, state) && mayRetry(draft.run, call, state) && mayWait(draft, call, state, askedMs))
    return scheduleRetry(draft, prepared, state, askedMs);
  doubt(draft, prepared, why);
}
