import type { Plan } from "../../plan/plan.ts";
import type { Digest } from "../../value/digest.ts";
import { invariant } from "../../value/invariant.ts";
import { type PersistentVector, vectorAt, vectorOf } from "../collections/persistent-vector.ts";
import { emptyQueue } from "../collections/queue.ts";
import { preparePlan, stepAt } from "../ready/prepare.ts";
import { type Event, type RunEvent, reasonGiven } from "../words/event.ts";
import type { PreparedRun } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import { isEffort, type StepState } from "../words/step.ts";
import { applyStepEvent } from "./apply-step.ts";
import { checkWayBack, waitForUndos } from "./begin-way-back.ts";
import { beginHolding, breakPart, learnObjects, restorePart } from "./learn.ts";
import {
  abandonUnsent,
  dropClaim,
  enterRoots,
  type MutableRun,
  noOthers,
  pendingFor,
  readyUndo,
  setStep,
} from "./mutable-run.ts";

/*
 * The fold of one run's events. It evaluates no guard and reads no clock: the event holds what was decided, so that a
 * log of any release folds under every later one (I7). Its assertions are the invariants that no event may break,
 * whatever wrote it: I3 (no second effect), I4 (each step undone once), I11 (nothing in the air when compensation
 * begins or the run ends), I20 (a write is done only after it was read back).
 */

/** The run before its first event. Cost: O(plan), once. */
export function createRun(plan: Plan, planHash: Digest, runId: string): RunState {
  return runOf(preparePlan(plan, planHash, runId));
}

/** As `createRun`, for a plan that is prepared already. */
export function runOf(prepared: PreparedRun): RunState {
  return {
    prepared,
    phase: { kind: "created" },
    steps: initialSteps(prepared),
    calls: [],
    queue: emptyQueue,
    others: noOthers,
    entered: [],
    doubtCount: 0,
    timedCount: 0,
    failedCounts: Array.from({ length: prepared.fleetCount }, () => 0),
    touched: null,
    baselines: vectorOf(prepared.objects.map(() => null)),
    held: prepared.invariants === null ? null : beginHolding(prepared.invariants),
    authorization: null,
    owner: "",
    locks: [],
    epoch: 0,
    deadlineMs: 0,
    spent: { stepCount: 0, callCount: 0, writeCount: 0, outputBytes: 0, costUsd: 0 },
    lastSeenMs: 0,
  };
}

/**
 * The run after one of its events, recorded at `atMs`.
 *
 * Cost: does not grow with the plan, except at most once a run for its start, its drain and the start of its way back.
 */
export function applyRun(run: RunState, event: Event, atMs: number): RunState {
  if (event.kind === "input_refused") return { ...run, lastSeenMs: Math.max(run.lastSeenMs, atMs), entered: none };
  invariant(event.runId === run.prepared.runId, "a run folds its own events alone");
  invariant(run.phase.kind !== "ended" || event.kind === "reply_ignored", "ends absorb");
  invariant(
    (run.phase.kind === "created") === (event.kind === "run_started"),
    "a run starts once, and before all else",
  );
  const next: MutableRun = { ...run, entered: none, lastSeenMs: Math.max(run.lastSeenMs, atMs) };
  // The event has a run's id, and `input_refused` is handled above: it is a run event.
  applyEvent(next, event as RunEvent, atMs);
  return next;
}

const none: readonly number[] = [];

function initialSteps(prepared: PreparedRun): PersistentVector<StepState> {
  // What runs after an undo never comes up on the way forth.
  return vectorOf(prepared.steps.map((step) => pendingFor(step.thenRun === null ? step.after.length : 1)));
}

function applyEvent(next: MutableRun, event: RunEvent, atMs: number): void {
  switch (event.kind) {
    case "run_started":
      return startRun(next, event, atMs);
    case "epoch_changed":
      next.epoch = event.epoch;
      return;
    case "run_draining":
      invariant(next.phase.kind === "running" || next.phase.kind === "draining", "only what runs is drained");
      next.phase = {
        kind: "draining",
        sinceMs: atMs,
        then: event.then,
        problem: event.problem,
        by: event.by,
        ...reasonGiven(event.reason),
      };
      return dropUnsent(next);
    case "run_killed":
      next.phase = { kind: "killed", sinceMs: atMs, by: event.by, reason: event.reason };
      // A killed run reads nothing, so what a person said of a step is not read back any more.
      for (const index of next.calls) dropClaim(next, index);
      return dropUnsent(next);
    case "compensation_started":
      return startCompensation(next, event, atMs);
    case "run_dirty":
      return soil(next, event, atMs);
    case "run_ended":
      return endRun(next, event, atMs);
    case "invariant_broken":
      return breakPart(next, event);
    case "invariant_restored":
      return restorePart(next, event);
    case "reply_ignored":
    case "stop_noted":
      return;
    default:
      return applyStepEvent(next, event, atMs);
  }
}

/** The only way to RUNNING. Only `start.ts` emits `run_started`, after every check of an authorization (I1). */
function startRun(next: MutableRun, event: Extract<RunEvent, { readonly kind: "run_started" }>, atMs: number): void {
  invariant(event.planHash === next.prepared.planHash, "a run runs the plan it was authorized for (I1)");
  next.phase = { kind: "running", sinceMs: atMs };
  next.authorization = event.authorization;
  next.owner = event.owner;
  next.locks = event.locks;
  next.epoch = event.epoch;
  next.deadlineMs = event.deadlineMs;
  const seen = new Map(event.baseline.map((object) => [object.object, object]));
  next.baselines = vectorOf(next.prepared.objects.map((object) => seen.get(object) ?? null));
  learnObjects(next, event.baseline);
  enterRoots(next, atMs);
}

/** Gives up the steps that have nothing in the air. The others go on until they have settled. */
function dropUnsent(next: MutableRun): void {
  abandonUnsent(next);
  for (const index of next.calls) {
    const state = vectorAt(next.steps, index);
    const isClean = !isEffort(state) || (state.kind === "backing_off" && !state.mayHaveLanded && state.done === null);
    if (isClean && state.kind !== "undo_ready") setStep(next, index, { kind: "abandoned" });
  }
}

function startCompensation(
  next: MutableRun,
  event: Extract<RunEvent, { readonly kind: "compensation_started" }>,
  atMs: number,
): void {
  invariant(next.phase.kind === "draining" && next.phase.then === "compensated", "compensation follows a drain");
  invariant(next.calls.length === 0, "nothing is in the air when compensation begins (I11)");
  const order = event.order.map((stepId) => indexOfStep(next, stepId));
  const covered = (event.covered ?? []).map(({ by, steps }) => ({
    by: indexOfStep(next, by),
    steps: steps.map((stepId) => indexOfStep(next, stepId)),
  }));
  checkWayBack(next, { order, covered });
  waitForUndos(next, order);
  next.phase = {
    kind: "compensating",
    sinceMs: atMs,
    order,
    position: 0,
    ...(covered.length === 0 ? {} : { covered }),
  };
  readyUndo(next, order[0], atMs);
}

function soil(next: MutableRun, event: Extract<RunEvent, { readonly kind: "run_dirty" }>, atMs: number): void {
  const phase = next.phase;
  invariant(phase.kind === "compensating", "only the way back leaves a run dirty");
  invariant(
    phase.order[phase.position] === indexOfStep(next, event.stepId),
    "a run is dirty at the step it is undoing",
  );
  dropClaim(next, indexOfStep(next, event.stepId));
  next.phase = {
    ...phase,
    kind: "dirty",
    sinceMs: atMs,
    owner: event.owner,
    dueAtMs: event.dueAtMs,
    problem: event.problem,
  };
}

function endRun(next: MutableRun, event: Extract<RunEvent, { readonly kind: "run_ended" }>, atMs: number): void {
  invariant(event.outcome === "closed" || next.doubtCount === 0, "nothing is in doubt when a run ends by itself (I11)");
  invariant(sameItems(event.locks, next.locks), "the end releases every lock (I5)");
  next.phase = { kind: "ended", atMs, outcome: event.outcome, reason: event.reason, wrote: event.wrote };
  next.calls = [];
  next.queue = emptyQueue;
  next.others = noOthers;
}

function indexOfStep(next: MutableRun, stepId: string): number {
  const index = next.prepared.indexById.get(stepId);
  invariant(index !== undefined, "an event names a step of its plan");
  return stepAt(next.prepared, index).index;
}

function sameItems<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
