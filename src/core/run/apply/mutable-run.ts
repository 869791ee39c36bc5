import { invariant } from "../../value/invariant.ts";
import { vectorAt, vectorUpdate, vectorWith } from "../collections/persistent-vector.ts";
import { dequeue, emptyQueue, enqueue } from "../collections/queue.ts";
import { firstTimer, withTimer } from "../collections/timers.ts";
import { stepAt } from "../ready/prepare.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { Others, RunState } from "../words/state.ts";
import { type AttemptState, isActive, type StepState } from "../words/step.ts";

/**
 * The copy of a run that one `applyRun` builds. Its fields are replaced, never changed in place. It becomes a
 * `RunState` when the event is applied; until then nothing else holds it.
 */
export type MutableRun = { -readonly [Field in keyof RunState]: RunState[Field] };

/** Calls of one run that may be under way at once: a bound on work in flight, and on the cost of `due`. */
export const inFlightMax = 16;

/** The others of a run in which no wait, question or ending has come up, or none is left. */
export const noOthers: Others = { count: 0, timers: null, ending: null, all: null };

/** Shared by all steps that have not been tried, because thousands of steps may come up in one event. */
const noAttempts: readonly AttemptState[] = [];

/** Puts a step into a state, and keeps the run's counts, calls and timers in step with it. */
export function setStep(next: MutableRun, index: number, state: StepState): void {
  const before = vectorAt(next.steps, index);
  next.steps = vectorWith(next.steps, index, state);
  follow(next, index, before, state);
}

function follow(next: MutableRun, index: number, before: StepState, state: StepState): void {
  invariant(before.kind !== "pending", "a step comes up before anything becomes of it");
  next.doubtCount += (state.kind === "in_doubt" ? 1 : 0) - (before.kind === "in_doubt" ? 1 : 0);
  next.timedCount += (isTimedCall(state) ? 1 : 0) - (isTimedCall(before) ? 1 : 0);
  if (state.kind === "waiting" || state.kind === "asking")
    next.others = { ...next.others, timers: withTimer(next.others.timers, { atMs: state.untilMs, index }) };
  if (isActive(before) && !isActive(state)) leave(next, index);
}

/** Forgets what a person said of a step, once a reading has refuted it. */
export function dropClaim(next: MutableRun, index: number): void {
  const state = vectorAt(next.steps, index);
  if ((state.kind !== "in_doubt" && state.kind !== "undo_ready") || state.claim === undefined) return;
  const { claim: _, ...rest } = state;
  setStep(next, index, rest);
}

/** Begins the run: the steps that wait for no other come up. */
export function enterRoots(next: MutableRun, atMs: number): void {
  countDown(next, next.prepared.roots, { by: 0, atMs, over: null });
}

/**
 * Ends a step. Its successors wait for one step less, and those that waited for it alone come up. Cost: the successors.
 */
export function endStep(next: MutableRun, step: PreparedStep, state: StepState, atMs: number): void {
  if (next.phase.kind !== "running") return setStep(next, step.index, state);
  follow(next, step.index, vectorAt(next.steps, step.index), state);
  countDown(next, step.withSuccessors, { by: 1, atMs, over: { index: step.index, state } });
}

interface Countdown {
  readonly by: 0 | 1;
  readonly atMs: number;
  /** The step that is over. It is written together with its successors, because their paths are largely the same. */
  readonly over: { readonly index: number; readonly state: StepState } | null;
}

/**
 * Lowers each step's wait count by `by`. Steps that reach zero come up: calls as long as there are places among the
 * `inFlightMax` under way, everything else at once. Calls without a place are queued.
 *
 * @param indexes - ascending
 */
function countDown(next: MutableRun, indexes: readonly number[], { by, atMs, over }: Countdown): void {
  const risen: number[] = [];
  const queued: number[] = [];
  let places = inFlightMax - next.calls.length;
  let ready: StepState | null = null;
  next.steps = vectorUpdate(next.steps, indexes, (state, index) => {
    if (over !== null && index === over.index) return over.state;
    invariant(state.kind === "pending" && state.waitingFor >= by, "a step comes up after all it waits for, once");
    if (state.waitingFor > by) return pendingFor(state.waitingFor - by);
    const isCall = stepAt(next.prepared, index).call !== null;
    if (isCall && places === 0) {
      queued.push(index);
      return waitsForPlace;
    }
    if (isCall) places -= 1;
    risen.push(index);
    ready ??= readyAt(atMs);
    return ready;
  });
  if (queued.length > 0) next.queue = enqueue(next.queue, queued);
  if (risen.length > 0) arrive(next, risen);
}

/**
 * The state of a step that waits for `waitingFor` others. All steps that wait for one share an object, and so do those
 * for none.
 */
export function pendingFor(waitingFor: number): StepState {
  return waitingFor === 0 ? waitsForPlace : waitingFor === 1 ? waitsForOne : { kind: "pending", waitingFor };
}

const waitsForPlace: StepState = { kind: "pending", waitingFor: 0 };
const waitsForOne: StepState = { kind: "pending", waitingFor: 1 };

/** Makes the next step ready to be undone; `undefined` means all are undone. */
export function readyUndo(next: MutableRun, index: number | undefined, atMs: number): void {
  if (index === undefined) return;
  const state = vectorAt(next.steps, index);
  invariant(
    (state.kind === "settled" || state.kind === "failed" || state.kind === "undo_waiting") && state.done !== null,
    "only a touched step is undone, once (I4)",
  );
  setStep(next, index, { kind: "undo_ready", serial: 0, sinceMs: atMs, attempts: noAttempts, done: state.done });
  next.calls = [index];
}

/**
 * Gives up the calls that wait for a place and the other steps that have come up. Cost: the steps that are not calls,
 * once a run.
 */
export function abandonUnsent(next: MutableRun): void {
  next.queue = emptyQueue;
  const left: number[] = [];
  for (let link = next.others.all; link !== null; link = link.rest)
    if (isActive(vectorAt(next.steps, link.index))) left.push(link.index);
  next.others = noOthers;
  next.steps = vectorUpdate(
    next.steps,
    left.sort((one, other) => one - other),
    () => abandoned,
  );
}

const abandoned: StepState = { kind: "abandoned" };

function isTimedCall(state: StepState): boolean {
  return state.kind === "held" || state.kind === "backing_off";
}

function leave(next: MutableRun, index: number): void {
  const { call } = stepAt(next.prepared, index);
  if (call === null) return leaveOthers(next, index);
  next.calls = next.calls.filter((other) => other !== index);
  const first = dequeue(next.queue);
  if (first === null) return;
  next.queue = first.queue;
  // `lastSeenMs` is already the time of this event.
  next.steps = vectorWith(next.steps, first.index, readyAt(next.lastSeenMs));
  next.calls = [...next.calls, first.index];
  next.entered = [...next.entered, first.index];
}

function leaveOthers(next: MutableRun, index: number): void {
  const { steps } = next;
  const { count, ending, timers, all } = next.others;
  const isAwaited = (other: number): boolean => {
    const { kind } = vectorAt(steps, other);
    // The new state of the step that leaves may not have been written yet.
    return other !== index && (kind === "waiting" || kind === "asking");
  };
  next.others = {
    count: count - 1,
    ending: ending === index ? otherEnding(next, index) : ending,
    timers: firstTimer(timers, isAwaited),
    all,
  };
}

/**
 * An ending that is still active, or `null`. Several may come up at once; all but one are skipped. Cost: the steps that
 * are not calls.
 */
function otherEnding({ prepared, steps, others }: MutableRun, left: number): number | null {
  for (let link = others.all; link !== null; link = link.rest) {
    if (
      link.index !== left &&
      stepAt(prepared, link.index).step.kind === "end" &&
      isActive(vectorAt(steps, link.index))
    )
      return link.index;
  }
  return null;
}

/** Counts steps that were made ready as under way. */
function arrive(next: MutableRun, risen: readonly number[]): void {
  next.entered = [...next.entered, ...risen];
  const calls: number[] = [];
  let { count, ending, all } = next.others;
  for (const index of risen) {
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

function readyAt(atMs: number): StepState {
  return { kind: "ready", serial: 0, sinceMs: atMs, attempts: noAttempts };
}
