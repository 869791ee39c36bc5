import { invariant } from "../value/invariant.ts";
import { dequeue, emptyQueue, enqueue } from "./chain.ts";
import { vectorAt, vectorUpdate, vectorWith } from "./persistent-vector.ts";
import { type PreparedStep, stepAt } from "./prepare.ts";
import type { AttemptState, Others, RunState, StepState } from "./state.ts";
import { firstTimer, withTimer } from "./timers.ts";

/**
 * The copy of a run that one `applyRun` builds. Its fields are replaced, never changed in place, and it is given away as a
 * `RunState` when the event is applied: nobody else holds it before.
 */
export type MutableRun = { -readonly [Field in keyof RunState]: RunState[Field] };

/** Calls of one run that may be under way at once: a bound on work in flight, and on the cost of `due`. */
export const inFlightMax = 16;

/** No wait, question or ending has come up, or none is left. */
export const noOthers: Others = { count: 0, timers: null, ending: null, all: null };

/** Shared by all steps that have not been tried: thousands may come up in one event. */
const noAttempts: readonly AttemptState[] = [];

/** Puts a step into a state; who is under way, in doubt or waits for a time follows. */
export function setStep(next: MutableRun, index: number, state: StepState): void {
  const before = vectorAt(next.steps, index);
  invariant(before.kind !== "pending", "a step comes up before anything becomes of it");
  next.steps = vectorWith(next.steps, index, state);
  next.doubtCount += (state.kind === "in_doubt" ? 1 : 0) - (before.kind === "in_doubt" ? 1 : 0);
  next.timedCount += (isTimedCall(state) ? 1 : 0) - (isTimedCall(before) ? 1 : 0);
  if (state.kind === "waiting" || state.kind === "asking") next.others = { ...next.others, timers: withTimer(next.others.timers, { atMs: state.untilMs, index }) };
  if (isActive(before) && !isActive(state)) leave(next, index);
}

/** Steps come up in one event, in ascending order: calls as far as there are places, the others all. */
export function enterAll(next: MutableRun, indexes: readonly number[], atMs: number): void {
  if (indexes.length === 0) return;
  const queued: number[] = [];
  const taken: number[] = [];
  let free = inFlightMax - next.calls.length;
  for (const index of indexes) {
    const isCall = stepAt(next.prepared, index).call !== null;
    if (isCall) free -= 1;
    (isCall && free < 0 ? queued : taken).push(index);
  }
  next.queue = enqueue(next.queue, queued);
  activate(next, taken, atMs);
}

/** Counts a step that is over for its successors; those that waited for it last come up. Cost: the successors, together. */
export function releaseSuccessors(next: MutableRun, step: PreparedStep, atMs: number): void {
  if (next.phase.kind !== "running") return;
  const risen: number[] = [];
  next.steps = vectorUpdate(next.steps, step.successors, (state, index) => {
    invariant(state.kind === "pending" && state.waitingFor > 0, "a step comes up after all it waits for, once");
    if (state.waitingFor === 1) risen.push(index);
    return pendingFor(state.waitingFor - 1);
  });
  enterAll(next, risen, atMs);
}

/** A step that waits for so many others: those that wait for one or none are all one. */
export function pendingFor(waitingFor: number): StepState {
  return waitingFor === 0 ? waitsForPlace : waitingFor === 1 ? waitsForOne : { kind: "pending", waitingFor };
}

const waitsForPlace: StepState = { kind: "pending", waitingFor: 0 };
const waitsForOne: StepState = { kind: "pending", waitingFor: 1 };

/** Brings the next step to undo into play; `undefined` when all are undone. */
export function readyUndo(next: MutableRun, index: number | undefined, atMs: number): void {
  if (index === undefined) return;
  const state = vectorAt(next.steps, index);
  invariant((state.kind === "settled" || state.kind === "failed") && state.effort !== null, "only a touched step is undone, once (I4)");
  setStep(next, index, { kind: "undo_ready", serial: 0, sinceMs: atMs, attempts: [], done: state.effort });
  next.calls = [index];
}

/** What has come up without being a call, and what waits for a place, is given up. Cost: the steps that are no calls, once. */
export function abandonUnsent(next: MutableRun): void {
  next.queue = emptyQueue;
  const left: number[] = [];
  for (let link = next.others.all; link !== null; link = link.rest) if (isActive(vectorAt(next.steps, link.index))) left.push(link.index);
  next.others = noOthers;
  next.steps = vectorUpdate(next.steps, left.sort((one, other) => one - other), () => abandoned);
}

const abandoned: StepState = { kind: "abandoned" };

/** A step that has come up and is not over. */
export type ActiveState = Exclude<StepState, { readonly kind: "pending" | "settled" | "failed" | "skipped" | "abandoned" | "undone" }>;

/** Whether a step has come up and is not over. */
export function isActive(state: StepState): state is ActiveState {
  const { kind } = state;
  return kind !== "pending" && kind !== "settled" && kind !== "failed" && kind !== "skipped" && kind !== "abandoned" && kind !== "undone";
}

function isTimedCall(state: StepState): boolean {
  return state.kind === "held" || state.kind === "backing_off";
}

function leave(next: MutableRun, index: number): void {
  const { call } = stepAt(next.prepared, index);
  if (call === null) return leaveOthers(next, index);
  next.calls = next.calls.filter((other) => other !== index);
  // The latest event's time is this one's.
  const first = dequeue(next.queue);
  if (first === null) return;
  next.queue = first.queue;
  activate(next, [first.index], next.lastSeenMs);
}

function leaveOthers(next: MutableRun, index: number): void {
  const { steps } = next;
  const { count, ending, timers, all } = next.others;
  const isAwaited = (other: number): boolean => {
    const { kind } = vectorAt(steps, other);
    return kind === "waiting" || kind === "asking";
  };
  next.others = { count: count - 1, ending: ending === index ? null : ending, timers: firstTimer(timers, isAwaited), all };
}

function activate(next: MutableRun, indexes: readonly number[], atMs: number): void {
  const ready: StepState = { kind: "ready", serial: 0, sinceMs: atMs, attempts: noAttempts };
  next.steps = vectorUpdate(next.steps, indexes, () => ready);
  next.entered = next.entered.length === 0 ? indexes : [...next.entered, ...indexes];
  const calls: number[] = [];
  let { count, ending, all } = next.others;
  for (const index of indexes) {
    const { call, step } = stepAt(next.prepared, index);
    if (call !== null) {
      calls.push(index);
      continue;
    }
    count += 1;
    all = { index, rest: all };
    if (step.kind === "end") ending = index;
  }
  if (calls.length > 0) next.calls = [...next.calls, ...calls];
  if (count !== next.others.count) next.others = { ...next.others, count, ending, all };
}
