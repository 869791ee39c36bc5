import type { Call, CallStep, Compensation, Verification } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import type { PreparedStep } from "../words/prepared.ts";
import { type EffortState, wasApplied } from "../words/step.ts";
import { sameFacts } from "./facts.ts";

/*
 * A call declares its rules twice: for the way there and, in its compensation, for the way back. Each function answers
 * for the direction in which the effort goes.
 */

type Direction = Pick<EffortState, "done">;

/** The call that is made in this direction. */
export function callIn(call: CallStep, { done }: Direction): Call {
  if (done === null) return call.call;
  invariant(call.compensation !== null, "only a step with a way back is undone");
  return call.compensation.call;
}

/** Whether the target de-duplicates the calls of this direction. */
export function isKeyed(call: CallStep, { done }: Direction): boolean {
  return (done === null ? call.idempotency : call.compensation?.idempotency) === "keyed";
}

/** How long after it was sent an effect may still land, in milliseconds; `null` if nobody knows. */
export function landingMs(call: CallStep, { done }: Direction): number | null {
  return done === null ? call.landsWithinMs : (call.compensation?.landsWithinMs ?? null);
}

/** Whether the facts of before, read again, show that an undo was done: they were not so when it was sent. */
export function tellsUndo(call: CallStep, { done, effort }: Pick<EffortState, "done" | "effort">): boolean {
  invariant(call.compensation !== null && done !== null, "only a step with a way back is undone");
  return !sameFacts(call.compensation.restores, done.baseline, effort.baseline);
}

/** How often an effort is tried, and how long the first pause is. */
export function retryRule(call: CallStep, { done }: Direction): CallStep["retry"] {
  if (done === null) return call.retry;
  invariant(call.compensation !== null, "only a step with a way back is undone");
  return call.compensation.retry;
}

/**
 * Whether no reading can tell that an action after an undo has run: nobody answered for it, and the facts that it puts
 * back were as before when it was sent.
 */
export function tellsNothing({ call, thenRun }: PreparedStep, state: EffortState): boolean {
  if (thenRun === null || state.kind !== "in_doubt" || wasApplied(state.effort)) return false;
  invariant(
    state.done !== null && call !== null && call.compensation !== null,
    "what runs after an undo is a way back",
  );
  return sameFacts(call.compensation.restores, state.done.baseline, state.effort.baseline);
}

/** How an effect is read back, and for how long. */
export function readBackRule(call: CallStep, { done }: Direction): Verification | Compensation {
  const rule = done === null ? call.post : call.compensation;
  invariant(rule !== null, "every effect has a rule by which it is read back (I20)");
  return rule;
}
