import { assertNever, invariant } from "../../value/invariant.ts";
import { readBackRule } from "../ready/direction.ts";
import { operationIn } from "../ready/operation.ts";
import { isUnderWay, type OperationState } from "../words/operation.ts";
import type { OperationEvent } from "../words/operation-event.ts";
import type { PreparedStep } from "../words/prepared.ts";
import {
  type Done,
  type Effort,
  type EffortState,
  hasOpenAttempt,
  isEffort,
  type StepState,
  wasApplied,
} from "../words/step.ts";
import { type MutableRun, setStep } from "./mutable-run.ts";

/*
 * The fold of an operation that a step has started. It is started once, and over only by the word of its system or of a
 * person. Then the target is read, whatever the word was (I20).
 */

/** Applies an event about an operation to the step that started it. */
export function applyOperation(
  next: MutableRun,
  step: PreparedStep,
  from: { readonly state: StepState; readonly event: OperationEvent; readonly atMs: number },
): void {
  const { state, event, atMs } = from;
  invariant(isEffort(state), "an operation belongs to an effort");
  invariant((event.direction === "undo") === (state.done !== null), "an operation goes the way its step is going");
  if (event.kind === "operation_started") return start(next, step, { state, event, atMs });
  const { operation } = state.effort;
  invariant(isUnderWay(operation), "an operation that has ended is over (I27)");
  const follow = (changed: Partial<OperationState>): void => {
    const effort = { ...state.effort, operation: { ...operation, ...changed } };
    setStep(next, step.index, { ...state, serial: state.serial + 1, effort });
  };
  switch (event.kind) {
    case "operation_told":
      return follow({ last: { is: event.is, told: event.told }, askAtMs: event.askAtMs });
    case "operation_cancelling":
      invariant(operation.cancel === null, "an operation is cancelled once");
      return follow({ cancel: { triedCount: 0, isOver: false }, askAtMs: atMs, untilMs: event.untilMs });
    case "cancel_answered":
      invariant(operation.cancel !== null, "an answer to a cancellation follows one");
      return follow({
        cancel: { triedCount: operation.cancel.triedCount + 1, isOver: event.isOver },
        askAtMs: event.askAtMs,
      });
    case "operation_ended":
      return end(next, step, { state, operation, event, atMs });
    default:
      return assertNever(event);
  }
}

type EventOf<Kind extends OperationEvent["kind"]> = Extract<OperationEvent, { readonly kind: Kind }>;

function start(
  next: MutableRun,
  step: PreparedStep,
  from: { readonly state: EffortState; readonly event: EventOf<"operation_started">; readonly atMs: number },
): void {
  const { state, event, atMs } = from;
  const { effort, done, serial } = state;
  invariant(step.call !== null && operationIn(step.call, state) !== undefined, "only a declared operation is started");
  invariant(effort.operation === undefined && wasApplied(effort), "an operation is started once (I27)");
  const { operationId: id, askAtMs, untilMs } = event;
  const operation: OperationState = {
    id,
    startedAtMs: atMs,
    askAtMs,
    untilMs,
    last: null,
    cancel: null,
    ended: null,
  };
  const started = { ...effort, operation };
  // Another try of the same key is in the air. Until it is answered it has a place of its own.
  if (state.kind === "sent" && hasOpenAttempt(effort)) return setStep(next, step.index, { ...state, effort: started });
  operate(next, step, { effort: started, done, serial }, atMs);
}

/** Puts an effort to where its operation is asked about. */
export function operate(
  next: MutableRun,
  step: PreparedStep,
  { effort, done, serial }: Pick<EffortState, "effort" | "done" | "serial">,
  atMs: number,
): void {
  setStep(next, step.index, { kind: "operating", serial: serial + 1, sinceMs: atMs, effort, done });
}

function end(
  next: MutableRun,
  step: PreparedStep,
  from: {
    readonly state: EffortState;
    readonly operation: OperationState;
    readonly event: EventOf<"operation_ended">;
    readonly atMs: number;
  },
): void {
  const { state, event, atMs } = from;
  const operation: OperationState = { ...from.operation, ended: { as: event.as, told: event.told } };
  const attempts = state.effort.attempts.map((known) => ({
    ...known,
    // What ran and did not end well may have done more than its action declares.
    ...(event.as !== "succeeded" && known.status === "applied" ? { hasRun: true as const } : {}),
    hasEnded: true as const,
  }));
  verify(
    next,
    step,
    { effort: { ...state.effort, attempts, operation }, done: state.done, serial: state.serial },
    atMs,
  );
}

/** Puts an effort to where its target is read back. */
export function verify(
  next: MutableRun,
  step: PreparedStep,
  from: { readonly effort: Effort; readonly done: Done | null; readonly serial: number },
  atMs: number,
): void {
  invariant(step.call !== null, "only a call has an effect");
  const rule = readBackRule(step.call, from);
  const holdMs = "holdMs" in rule ? rule.holdMs : 0;
  setStep(next, step.index, {
    kind: "verifying",
    serial: from.serial + 1,
    sinceMs: atMs,
    effort: from.effort,
    done: from.done,
    untilMs: atMs + rule.withinMs + holdMs,
  });
}
