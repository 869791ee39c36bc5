import type { Principal } from "../../approval/approval.ts";
import type { PlanOperation } from "../../plan/plan.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isNews, operationIn, readAnswer, readOperationId, sayTold } from "../ready/operation.ts";
import { stepAt } from "../ready/prepare.ts";
import type { AskCommand } from "../words/command.ts";
import type { AskedInput, Attempt, Reply } from "../words/input.ts";
import type { OperationEnd, OperationState, OperationTold } from "../words/operation.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { directionOf, type EffortState, isEffort, operationOf } from "../words/step.ts";
import { type Draft, emit } from "./draft.ts";
import { doubt } from "./turn.ts";
import { undoFailed } from "./undo.ts";

/*
 * A long operation: the call of a step starts it, and its system is asked until it has ended.
 *
 * | state       | what is said                   | then                                                              |
 * |-------------|--------------------------------|-------------------------------------------------------------------|
 * | sent        | acknowledged, with an id       | operating; the id is synced                                       |
 * | sent        | acknowledged, without an id    | as if nobody had answered: the same key again, or in doubt        |
 * | operating   | running                        | recorded if it is news; asked again                               |
 * | operating   | nothing that can be read       | asked again                                                       |
 * | operating   | succeeded                      | verifying: the target is read back (I20)                          |
 * | operating   | failed, cancelled              | read once, then failed and touched; on the way back, dirty        |
 * | operating   | its time is over               | cancelled if it can be, else in doubt                             |
 * | operating   | the run is stopped             | cancelled if it can be; asked on either way                       |
 * | cancelling  | its time is over               | in doubt                                                          |
 * | in doubt    | ended                          | as from operating                                                 |
 * | any         | the run is killed              | nothing is sent or asked; a person closes the run (I24)           |
 * | any         | another engine takes over      | asked again; what was started is never started again (I27)        |
 *
 * A way back is not cancelled: what it has begun is what puts the world right.
 */

/** Records what a call has started, if it says so. */
export function noteStart(draft: Draft, prepared: PreparedStep, reply: Reply): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  if (reply.kind !== "applied" || !isEffort(state)) return;
  const rule = ruleOf(prepared, state);
  if (rule === undefined || state.effort.operation !== undefined) return;
  const operationId = readOperationId(rule, reply.output);
  invariant(operationId !== null, "an answer that names no operation is no acknowledgement");
  const untilMs = draft.atMs + rule.withinMs;
  emit(draft, {
    kind: "operation_started",
    ...subjectOf(draft, prepared, state),
    operationId,
    askAtMs: askAt(draft.atMs, rule.everyMs, { reply, untilMs }),
    untilMs,
  });
}

/** Cancels what a call has started that was in the air when its run was stopped. */
export function cancelIfStopped(draft: Draft, prepared: PreparedStep): void {
  const { phase } = draft.run;
  if (phase.kind === "draining" && phase.then === "stopped") cancel(draft, prepared, { by: phase.by, problem: null });
}

/** A reply that starts an operation and does not say which is no acknowledgement: nobody can ask about it. */
export function readStart(prepared: PreparedStep, state: EffortState, reply: Reply): Reply {
  const rule = ruleOf(prepared, state);
  if (rule === undefined || reply.kind !== "applied" || state.effort.operation !== undefined) return reply;
  if (readOperationId(rule, reply.output) !== null) return reply;
  const { id } = prepared.step;
  const place = quote(rule.id.pointer);
  const message = `${quote(id)} was acknowledged, and the answer gives no id of an operation at ${place}`;
  return { kind: "unknown", problem: problem("E_OPERATION_UNNAMED", `/steps/${prepared.index}/operation/id`, message) };
}

function ruleOf({ call }: PreparedStep, state: EffortState): PlanOperation | undefined {
  invariant(call !== null, "only a call starts an operation");
  return operationIn(call, state);
}

function subjectOf(
  draft: Draft,
  { step }: PreparedStep,
  state: EffortState,
): { readonly runId: string; readonly stepId: string; readonly direction: Attempt["direction"] } {
  return { runId: draft.run.prepared.runId, stepId: step.id, direction: directionOf(state) };
}

/** When to ask next: after the plan's own pause, or when the system wants it, but not after the operation's time. */
function askAt(
  atMs: number,
  everyMs: number,
  { reply, untilMs }: { readonly reply: Reply; readonly untilMs: number },
): number {
  const askedMs = reply.kind === "not_sent" ? 0 : (reply.retryAfterMs ?? 0);
  return Math.max(atMs, Math.min(atMs + Math.max(everyMs, askedMs), untilMs));
}

/** Decides what the system answered about an operation, or to the try to cancel it. */
export function decideAsked(draft: Draft, prepared: PreparedStep, command: AskCommand, { reply }: AskedInput): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  const operation = operationOf(state);
  invariant(isEffort(state) && operation !== undefined, "a question is about an operation");
  const rule = ruleOf(prepared, state);
  invariant(rule !== undefined, "only a declared operation is asked about");
  const at: Asked = { state, operation, rule, reply };
  if (command.purpose === "cancel") return cancelAnswered(draft, prepared, at);
  const reading = reply.kind === "applied" ? readAnswer(rule, reply.output) : null;
  if (reading !== null && reading.is !== "running" && reading.is !== "unclear")
    return end(draft, prepared, at, { as: reading.is, told: reading.told });
  if (reading !== null && (reading.is === "running" || reading.is === "unclear") && isNews(operation.last, reading)) {
    const askAtMs = askAt(draft.atMs, rule.everyMs, { reply, untilMs: limitOf(at) });
    const { is, told } = reading;
    emit(draft, { kind: "operation_told", ...subjectOf(draft, prepared, state), is, told, askAtMs });
  }
  if (state.kind === "operating" && draft.atMs >= operation.untilMs) overdue(draft, prepared, at);
}

interface Asked {
  readonly state: EffortState;
  readonly operation: OperationState;
  readonly rule: PlanOperation;
  readonly reply: Reply;
}

/** Nothing limits how long a doubt is asked about. */
function limitOf({ state, operation }: Asked): number {
  return state.kind === "operating" ? operation.untilMs : Infinity;
}

function end(
  draft: Draft,
  prepared: PreparedStep,
  { state, operation }: Asked,
  { as, told }: { readonly as: OperationEnd; readonly told: OperationTold },
): void {
  emit(draft, { kind: "operation_ended", ...subjectOf(draft, prepared, state), as, told });
  if (as === "succeeded" || state.done === null) return;
  undoFailed(draft, prepared, problemOfEnd(prepared, operation, { as, told }));
}

/** Why a step failed whose operation ended otherwise than it should, with what the system says of it. */
export function problemOfEnd(
  { step, index }: PreparedStep,
  { id }: Pick<OperationState, "id">,
  { as, told }: NonNullable<OperationState["ended"]>,
): Problem {
  const said = sayTold(told);
  const message = `the operation ${quote(id)} of ${quote(step.id)} ${as === "cancelled" ? "was cancelled" : "failed"}`;
  const code = as === "cancelled" ? "E_OPERATION_CANCELLED" : "E_OPERATION_FAILED";
  return problem(code, `/steps/${index}/operation`, said === "" ? message : `${message}: ${said}`);
}

/** Its time is over, and it has not ended. Going forward it is cancelled if that can be done; else it is in doubt. */
function overdue(draft: Draft, prepared: PreparedStep, at: Asked): void {
  const { state, operation, rule, reply } = at;
  const { step, index } = prepared;
  const tookMs = draft.atMs - operation.startedAtMs;
  const isCancelling = operation.cancel !== null;
  const last = sayLast(operation, reply);
  const what = `the operation ${quote(operation.id)} of ${quote(step.id)} has not ended after ${tookMs} ms`;
  const message = `${what}${isCancelling ? ", although it was to be cancelled" : ""}${last === "" ? "" : `; ${last}`}`;
  const late = problem("E_OPERATION_OVERDUE", `/steps/${index}/operation`, message);
  if (!isCancelling && rule.cancel !== null && state.done === null)
    return cancel(draft, prepared, { by: null, problem: late });
  doubt(draft, prepared, late);
}

/** What was heard last, for a sentence. */
function sayLast({ last }: OperationState, reply: Reply): string {
  if (reply.kind !== "applied") return `the last question was not answered: ${reply.problem.message}`;
  return last === null ? "" : sayTold(last.told);
}

/** Records that an operation is to be cancelled, where it can be and nobody asked for it yet. */
function cancel(
  draft: Draft,
  prepared: PreparedStep,
  why: { readonly by: Principal | null; readonly problem: Problem | null },
): void {
  const state = vectorAt(draft.run.steps, prepared.index);
  const operation = operationOf(state);
  if (state.kind !== "operating" || state.done !== null || operation === undefined || operation.cancel !== null) return;
  const rule = ruleOf(prepared, state);
  if (rule === undefined || rule.cancel === null) return;
  const untilMs = draft.atMs + rule.cancel.withinMs;
  emit(draft, { kind: "operation_cancelling", ...subjectOf(draft, prepared, state), ...why, untilMs });
}

/** Cancels every operation of a stopped run that can be cancelled. The others are asked on until they have ended. */
export function cancelOperations(draft: Draft, by: Principal): void {
  for (const index of draft.run.calls) cancel(draft, stepAt(draft.run.prepared, index), { by, problem: null });
}

function cancelAnswered(draft: Draft, prepared: PreparedStep, at: Asked): void {
  const { state, operation, rule, reply } = at;
  emit(draft, {
    kind: "cancel_answered",
    ...subjectOf(draft, prepared, state),
    answer: reply.kind,
    problem: reply.kind === "applied" ? null : reply.problem,
    // A system that refuses for good is not told again. Whether the operation ends is asked either way.
    isOver: reply.kind === "applied" || (reply.kind === "rejected" && !reply.retryable),
    askAtMs: askAt(draft.atMs, rule.everyMs, { reply, untilMs: operation.untilMs }),
  });
}
