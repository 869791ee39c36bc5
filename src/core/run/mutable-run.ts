import { invariant } from "../value/invariant.ts";
import { dequeue, enqueue } from "./chain.ts";
import { vectorAt, vectorWith } from "./persistent-vector.ts";
import { type PreparedStep, stepAt } from "./prepare.ts";
import type { AttemptState, RunState, StepState } from "./state.ts";

/**
 * The copy of a run that one `applyRun` builds. Its fields are replaced, never changed in place, and it is given away as a
 * `RunState` when the event is applied: nobody else holds it before.
 */
export type MutableRun = { -readonly [Field in keyof RunState]: RunState[Field] };

/** Calls of one run that may be under way at once: a bound on work in flight, and on the cost of `due`. */
export const inFlightMax = 16;

/** Shared by all steps that have not been tried: thousands may come up in one event. */
const noAttempts: readonly AttemptState[] = [];

/** Puts a step into a state; `active` and `doubtCount` follow. */
export function setStep(next: MutableRun, index: number, state: StepState): void {
  const before = vectorAt(next.steps, index);
  invariant(before.kind !== "pending", "a step comes up before anything becomes of it");
  next.steps = vectorWith(next.steps, index, state);
  next.doubtCount += (state.kind === "in_doubt" ? 1 : 0) - (before.kind === "in_doubt" ? 1 : 0);
  if (isActive(before) && !isActive(state)) leave(next, index);
}

/** A step whose predecessors are all over comes up: into `active`, or behind the calls that came up before it. */
export function enter(next: MutableRun, index: number, atMs: number): void {
  next.steps = vectorWith(next.steps, index, { kind: "ready", serial: 0, sinceMs: atMs, attempts: noAttempts });
  if (stepAt(next.prepared, index).call !== null && isFull(next)) {
    next.queue = enqueue(next.queue, index);
    return;
  }
  activate(next, index);
}

/** Counts a step that is over for its successors; those that waited for it last come up. */
export function releaseSuccessors(next: MutableRun, step: PreparedStep, atMs: number): void {
  if (next.phase.kind !== "running") return;
  for (const index of step.successors) {
    const state = vectorAt(next.steps, index);
    invariant(state.kind === "pending" && state.waitingFor > 0, "a step comes up after all it waits for, once");
    if (state.waitingFor === 1) enter(next, index, atMs);
    else next.steps = vectorWith(next.steps, index, { kind: "pending", waitingFor: state.waitingFor - 1 });
  }
}

/** Brings the next step to undo into play; `undefined` when all are undone. */
export function readyUndo(next: MutableRun, index: number | undefined, atMs: number): void {
  if (index === undefined) return;
  const state = vectorAt(next.steps, index);
  invariant((state.kind === "settled" || state.kind === "failed") && state.effort !== null, "only a touched step is undone, once (I4)");
  setStep(next, index, { kind: "undo_ready", serial: 0, sinceMs: atMs, attempts: [], done: state.effort });
  next.active = [index];
  next.entered = [index];
}

/** A step that has come up and is not over. */
export type ActiveState = Exclude<StepState, { readonly kind: "pending" | "settled" | "failed" | "skipped" | "abandoned" | "undone" }>;

/** Whether a step has come up and is not over. */
export function isActive(state: StepState): state is ActiveState {
  const { kind } = state;
  return kind !== "pending" && kind !== "settled" && kind !== "failed" && kind !== "skipped" && kind !== "abandoned" && kind !== "undone";
}

function leave(next: MutableRun, index: number): void {
  next.active = next.active.filter((other) => other !== index);
  if (stepAt(next.prepared, index).call === null || isFull(next)) return;
  const first = dequeue(next.queue);
  if (first === null) return;
  next.queue = first.queue;
  activate(next, first.index);
}

function activate(next: MutableRun, index: number): void {
  next.active = [...next.active, index];
  next.entered = [...next.entered, index];
}

function isFull(next: MutableRun): boolean {
  // Fewer steps than places leave one free, whatever they are.
  if (next.active.length < inFlightMax) return false;
  let count = 0;
  for (const index of next.active) if (stepAt(next.prepared, index).call !== null) count += 1;
  return count >= inFlightMax;
}
