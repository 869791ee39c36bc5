import type { CallStep, ObjectRef } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { aloneEnding } from "../decide/advance.ts";
import { isEffort, wasApplied } from "../ready/effort.ts";
import { demandFacts, lookupIn } from "../ready/facts.ts";
import { type PreparedStep, stepAt } from "../ready/prepare.ts";
import { holds } from "../ready/run-guard.ts";
import type { Command, ObserveCommand, SendCommand, TimerCommand } from "../words/command.ts";
import type { EffortState, RunState, StepState } from "../words/state.ts";

/*
 * What the drivers have to do next: a function of the state alone, so that a crash loses nothing and repeats nothing. After
 * `kill` and after the end there is nothing (I24 names kill as the one thing that stops the way back). Cost: the calls under
 * way, of which there are at most `inFlightMax`, whatever the size of the plan.
 */

/** How long a driver tries to read the world before a step, when nothing else bounds it. */
export const readWithinMs = 30_000;

/** How long a driver goes on reading for a doubt before it answers what it saw: the pace at which a doubt is looked at. */
export const doubtPollMs = 10_000;

/** Every command that is due. */
export function due(run: RunState): readonly Command[] {
  const { kind } = run.phase;
  // A run that was killed sends nothing more, whatever it has in the air.
  if (kind === "created" || kind === "killed" || kind === "ended") return [];
  const commands: Command[] = [];
  for (const index of run.calls) {
    const command = commandOf(run, index);
    if (command !== null) commands.push(command);
  }
  const goal = run.others.ending === null ? null : commandOf(run, run.others.ending);
  if (goal !== null) commands.push(goal);
  const timer = timerOf(run);
  if (timer !== null) commands.push(timer);
  return commands;
}

/** Whether a command, which was due before, is due now. Cost: O(1), but for a timer. */
export function isDue(run: RunState, command: Command): boolean {
  const { kind } = run.phase;
  if (kind === "created" || kind === "killed" || kind === "ended") return false;
  if (command.kind === "timer") return timerAtMs(run) === command.atMs;
  const index = run.prepared.indexById.get(command.kind === "send" ? command.attempt.stepId : command.stepId);
  return index !== undefined && commandOf(run, index)?.id === command.id;
}

/** What a step waits for from the drivers, or `null`; asked of a run that has not ended and was not killed. */
export function commandOf(run: RunState, index: number): ObserveCommand | SendCommand | null {
  const state = vectorAt(run.steps, index);
  return sendIn(run, state) ?? observeIn(run, stepAt(run.prepared, index), state);
}

/** The timer of a run that something happens to by itself, or `null`. */
export function timerOf(run: RunState): TimerCommand | null {
  const atMs = timerAtMs(run);
  const { runId } = run.prepared;
  return atMs < Infinity ? { kind: "timer", id: `${runId}/timer/${atMs}`, runId, atMs } : null;
}

/** The time at which something happens to a run by itself; never, for some. */
export function timerAtMs(run: RunState): number {
  let atMs = Math.min(run.phase.kind === "running" ? run.deadlineMs : Infinity, run.others.timers?.atMs ?? Infinity);
  if (run.timedCount > 0)
    for (const index of run.calls) atMs = Math.min(atMs, wakesAtMs(run, vectorAt(run.steps, index)));
  return atMs;
}

/** The call of a step that is in the air and not yet answered. */
function sendIn(run: RunState, state: StepState): SendCommand | null {
  if (state.kind !== "sent" || run.phase.kind === "dirty") return null;
  const { attempt } = state.command;
  const isOpen =
    attempt.epoch === run.epoch &&
    state.effort.attempts.some((known) => known.n === attempt.n && known.status === "open");
  return isOpen ? state.command : null;
}

/** The reading a step waits for, or `null`. An answer counts only while this is what its command would be. */
export function observeOf(run: RunState, index: number): ObserveCommand | null {
  return observeIn(run, stepAt(run.prepared, index), vectorAt(run.steps, index));
}

function observeIn(run: RunState, prepared: PreparedStep, state: StepState): ObserveCommand | null {
  switch (run.phase.kind) {
    case "running":
      return beforeOf(run, prepared, state) ?? goalOf(run, prepared, state) ?? afterOf(run, prepared, state);
    case "draining":
      return afterOf(run, prepared, state);
    case "compensating":
      return undoBeforeOf(run, prepared, state) ?? afterOf(run, prepared, state);
    default:
      return null;
  }
}

function beforeOf(run: RunState, prepared: PreparedStep, state: StepState): ObserveCommand | null {
  if (state.kind !== "ready" || prepared.call === null || !prepared.readsFirst || run.doubtCount > 0) return null;
  if (prepared.isWrite && isTargetBusy(run, prepared)) return null;
  return observation(run, prepared, state, {
    purpose: "before",
    objects: prepared.call.reads,
    untilMs: state.sinceMs + readWithinMs,
  });
}

/**
 * Whether an earlier step of this run is writing, or about to write, what this one writes: two branches may share a target, and
 * a reading taken before one's write must not be compared with what that write leaves.
 */
export function isTargetBusy(run: RunState, prepared: PreparedStep): boolean {
  if (!prepared.sharesLocks) return false;
  invariant(prepared.call !== null, "only a call takes locks");
  const { locks } = prepared.call;
  for (const index of run.calls) {
    if (index === prepared.index) return false;
    const other = stepAt(run.prepared, index);
    const state = vectorAt(run.steps, index);
    if (other.isWrite && state.kind !== "held" && other.call?.locks.some((lock) => locks.includes(lock)) === true)
      return true;
  }
  return false;
}

function goalOf(run: RunState, prepared: PreparedStep, state: StepState): ObserveCommand | null {
  if (state.kind !== "ready" || run.doubtCount > 0) return null;
  const ending = aloneEnding(run);
  if (ending === null || ending.id !== prepared.step.id) return null;
  const untilMs = state.sinceMs + readWithinMs;
  return {
    ...observation(run, prepared, state, { purpose: "goal", objects: ending.reads, untilMs }),
    expect: run.prepared.plan.goal,
  };
}

function undoBeforeOf(run: RunState, prepared: PreparedStep, state: StepState): ObserveCommand | null {
  if (state.kind !== "undo_ready") return null;
  const { call } = prepared;
  // Without a way back the run is dirty in the same commit, and nothing is due.
  invariant(call !== null && call.compensation !== null, "only a step with a way back is undone");
  const undo = call.compensation;
  return observation(run, prepared, state, {
    purpose: "undo_before",
    objects: undo.reads,
    untilMs: state.sinceMs + readWithinMs,
  });
}

function afterOf(run: RunState, prepared: PreparedStep, state: StepState): ObserveCommand | null {
  if (!isEffort(state) || (state.kind !== "verifying" && state.kind !== "in_doubt") || prepared.call === null)
    return null;
  const quietMs = state.kind === "in_doubt" ? Math.max(landingMs(prepared.call, state) ?? 0, doubtPollMs) : 0;
  const untilMs = state.kind === "verifying" ? state.untilMs : state.sinceMs + quietMs;
  return state.done === null
    ? doneAfter(run, prepared, { state, call: prepared.call, quietMs, untilMs })
    : undoAfter(run, prepared, { state, call: prepared.call, quietMs, untilMs });
}

interface Reading {
  readonly state: EffortState;
  readonly call: CallStep;
  readonly quietMs: number;
  readonly untilMs: number;
}

function doneAfter(run: RunState, prepared: PreparedStep, { state, call, quietMs, untilMs }: Reading): ObserveCommand {
  const { post } = call;
  invariant(post !== null, "only a write is read back, and it has a post-condition (I20)");
  const seen = observation(run, prepared, state, { purpose: "after", objects: post.reads, untilMs });
  // What held before the write tells nothing at first sight: it has to hold until nothing can land any more.
  const tellsNothing =
    state.kind === "in_doubt" && !wasApplied(state.effort) && holds(prepared.expect, lookupIn(state.effort.baseline));
  return {
    ...seen,
    expect: post.expect,
    everyMs: post.everyMs,
    holdMs: tellsNothing ? Math.max(post.holdMs, quietMs) : post.holdMs,
    quietMs,
  };
}

function undoAfter(run: RunState, prepared: PreparedStep, { state, call, quietMs, untilMs }: Reading): ObserveCommand {
  const undo = call.compensation;
  invariant(undo !== null && state.done !== null, "only a step with a way back is undone");
  const seen = observation(run, prepared, state, { purpose: "undo_after", objects: undo.reads, untilMs });
  return { ...seen, expect: demandFacts(undo.restores, state.done.baseline), everyMs: undo.everyMs, quietMs };
}

/** How long after it was sent an effect of this effort may still land; `null` when nobody knows. */
export function landingMs(call: CallStep, state: EffortState): number | null {
  return state.done === null ? call.landsWithinMs : (call.compensation?.landsWithinMs ?? null);
}

function observation(
  run: RunState,
  prepared: PreparedStep,
  state: StepState & { readonly serial: number },
  what: {
    readonly purpose: ObserveCommand["purpose"];
    readonly objects: readonly ObjectRef[];
    readonly untilMs: number;
  },
): ObserveCommand {
  const { runId } = run.prepared;
  const stepId = prepared.step.id;
  return {
    kind: "observe",
    id: `${runId}/${stepId}/${what.purpose}/${state.serial}`,
    runId,
    stepId,
    purpose: what.purpose,
    objects: what.objects,
    expect: "",
    everyMs: 0,
    holdMs: 0,
    quietMs: 0,
    untilMs: what.untilMs,
  };
}

/** The time at which something happens to a call by itself; never, for most. */
function wakesAtMs(run: RunState, state: StepState): number {
  // A read that would be tried again waits while something is in doubt: a timer that leads to nothing would be due for ever.
  if (state.kind === "backing_off" && state.effort.access === "read" && run.doubtCount > 0) return Infinity;
  return state.kind === "held" || state.kind === "backing_off" ? (state.untilMs ?? Infinity) : Infinity;
}
