import type { PlanStep } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isKeyed } from "../ready/direction.ts";
import { stepAt } from "../ready/prepare.ts";
import type { SettledReply } from "../words/event.ts";
import type { Attempt, ReplyInput } from "../words/input.ts";
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
import { mayRetry, scheduleRetry } from "./retry.ts";
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
  if (directionOf(state) !== attempt.direction) return "the step goes the other way by now";
  const known = findAttempt(state.effort, attempt);
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

/** What follows, now that one more attempt of an effort is settled. */
function concludeAttempt(draft: Draft, prepared: PreparedStep, reply: SettledReply): void {
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
    return settleStep(draft, prepared, { outcome: outcomeOf(prepared.step, reply), problem: null, by: null });
  }
  invariant(reply.kind !== "applied", "an applied attempt is applied");
  if (hasOpenAttempt(state.effort)) return;
  invariant(prepared.call !== null, "only a call reads");
  const isFinal = reply.kind === "rejected" && !reply.retryable;
  if (run.phase.kind === "running" && !isFinal && state.effort.attempts.length < prepared.call.retry.attemptsMax)
    return scheduleRetry(draft, prepared, state);
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
function retryKeyed(draft: Draft, prepared: PreparedStep, state: EffortState, why: Problem): void {
  if (state.kind === "backing_off" || state.kind === "in_doubt") return;
  const { call } = prepared;
  invariant(call !== null, "only a call is retried");
  if (isKeyed(call, state) && mayRetry(draft.run, call, state)) return scheduleRetry(draft, prepared, state);
  doubt(draft, prepared, why);
}
