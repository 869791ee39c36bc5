import { holds } from "../../guard/plan-guard.ts";
import type { CallStep, Compensation, EndStep, ObjectRef } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isQueueEmpty } from "../collections/queue.ts";
import { landingMs, readBackRule, tellsUndo } from "../ready/direction.ts";
import { demandFacts, lookupIn } from "../ready/facts.ts";
import { stepAt } from "../ready/prepare.ts";
import type { AskCommand, Command, ObserveCommand, SendCommand, TimerCommand } from "../words/command.ts";
import { hasEndedBadly } from "../words/operation.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { RunState } from "../words/state.ts";
import { type EffortState, isEffort, operationOf, type StepState, wasApplied } from "../words/step.ts";
import { askOf } from "./ask.ts";

/*
 * What the drivers have to do next: a function of the state alone, so a crash loses nothing and repeats nothing. After
 * `kill` and after the end nothing is due (I24 names kill as the one thing that stops the way back). Cost: the calls
 * under way, at most `inFlightMax`, whatever the size of the plan.
 */

/** How long a driver tries to read the world before a step, in milliseconds. */
export const readWithinMs = 30_000;

/** How long a driver reads for a doubt, at least, where nothing bounds how late the effect lands, in milliseconds. */
export const doubtPollMs = 10_000;

/** How long it reads at least where something does. Readings that fail at once would have no pause otherwise. */
export const boundedPollMs = 1_000;

/**
 * How long a driver reads for a doubt before it answers that the effect is not seen, in milliseconds. By then nothing
 * can land any more, if the target bounds that. An effect that is there has had the time to hold as long as it has to.
 */
export function doubtQuietMs(call: CallStep, state: EffortState): number {
  const rule = readBackRule(call, state);
  const holdMs = "holdMs" in rule ? rule.holdMs : 0;
  const withinMs = landingMs(call, state);
  return Math.max(withinMs ?? doubtPollMs, boundedPollMs, holdMs);
}

/** What a step can wait for. */
export type StepCommand = ObserveCommand | SendCommand | AskCommand;

/** Every command that is due. Cost: the calls under way. */
export function due(run: RunState): readonly Command[] {
  const { kind } = run.phase;
  // A killed run sends nothing more, whatever it has in the air.
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

/** Whether a command that was due before is still due. Cost: O(1); for a timer, the calls under way. */
export function isDue(run: RunState, command: Command): boolean {
  const { kind } = run.phase;
  if (kind === "created" || kind === "killed" || kind === "ended") return false;
  if (command.kind === "timer") return timerAtMs(run) === command.atMs;
  const index = run.prepared.indexById.get(command.kind === "send" ? command.attempt.stepId : command.stepId);
  return index !== undefined && commandOf(run, index)?.id === command.id;
}

/** The command a step waits for, or `null`. The run must not have ended or been killed. */
export function commandOf(run: RunState, index: number): StepCommand | null {
  const state = vectorAt(run.steps, index);
  const prepared = stepAt(run.prepared, index);
  switch (state.kind) {
    case "sent":
      return sendIn(run, state);
    case "operating":
      return askOf(run, prepared, state);
    case "in_doubt":
      return askOf(run, prepared, state) ?? observeIn(run, prepared, state);
    default:
      return observeIn(run, prepared, state);
  }
}

/** The run's timer, or `null` if nothing in it waits for a time. */
export function timerOf(run: RunState): TimerCommand | null {
  const atMs = timerAtMs(run);
  const { runId } = run.prepared;
  return atMs < Infinity ? { kind: "timer", id: `${runId}/timer/${atMs}`, runId, atMs } : null;
}

/** The next time at which something in a run is over, in Unix milliseconds; `Infinity` if there is none. */
export function timerAtMs(run: RunState): number {
  let atMs = Math.min(run.phase.kind === "running" ? run.deadlineMs : Infinity, run.others.timers?.atMs ?? Infinity);
  if (run.timedCount > 0)
    for (const index of run.calls) atMs = Math.min(atMs, wakesAtMs(run, vectorAt(run.steps, index)));
  return atMs;
}

/** The call that a step has in the air, not yet answered. */
function sendIn(run: RunState, state: EffortState & { readonly kind: "sent" }): SendCommand | null {
  if (run.phase.kind === "dirty") return null;
  const { attempt } = state.command;
  const isOpen =
    attempt.epoch === run.epoch &&
    state.effort.attempts.some((known) => known.n === attempt.n && known.status === "open");
  return isOpen ? state.command : null;
}

/** The reading a step waits for, or `null`. An answer counts only while its command is the one returned here. */
export function observeOf(run: RunState, index: number): ObserveCommand | null {
  return observeIn(run, stepAt(run.prepared, index), vectorAt(run.steps, index));
}

/** By the state first, because most of the steps asked for wait for no reading. */
function observeIn(run: RunState, prepared: PreparedStep, state: StepState): ObserveCommand | null {
  const phase = run.phase.kind;
  if (phase !== "running" && phase !== "draining" && phase !== "compensating") return null;
  switch (state.kind) {
    case "ready":
      // Nothing begins once a run turns back, nor while something is in doubt.
      if (phase !== "running" || run.doubtCount > 0) return null;
      return beforeOf(run, prepared, state) ?? goalOf(run, prepared, state);
    case "verifying":
      return afterOf(run, prepared, state);
    case "in_doubt":
      // While an operation is under way, nothing that is read would show how it ends.
      if (operationOf(state) !== undefined) return null;
      return wordOf(run, prepared, state) ?? afterOf(run, prepared, state);
    case "undo_ready":
      return wordOf(run, prepared, state) ?? undoBeforeOf(run, prepared, state);
    default:
      return null;
  }
}

type StateOf<Kind extends StepState["kind"]> = StepState & { readonly kind: Kind };

function beforeOf(run: RunState, prepared: PreparedStep, state: StateOf<"ready">): ObserveCommand | null {
  if (prepared.call === null || !prepared.readsFirst) return null;
  if (prepared.isWrite && isTargetBusy(run, prepared, state.serial)) return null;
  return observation(run, prepared, state, {
    purpose: "before",
    objects: prepared.call.reads,
    alongside: prepared.alongside,
    untilMs: state.sinceMs + readWithinMs,
  });
}

/**
 * Whether another step of this run is writing the same target, or came up earlier and is about to. Two branches may
 * share a target, and a reading taken before the write of one must not be compared with what that write leaves. A held
 * step lets the steps behind it go first, and then has to wait for the one that did.
 */
function isTargetBusy(run: RunState, prepared: PreparedStep, serial: number): boolean {
  if (!prepared.sharesLocks) return false;
  invariant(prepared.call !== null, "only a call takes locks");
  const { locks } = prepared.call;
  let isBefore = true;
  for (const index of run.calls) {
    if (index === prepared.index) {
      // At serial 0 the step was never held, so no step behind it has gone first.
      if (serial === 0) return false;
      isBefore = false;
      continue;
    }
    const other = stepAt(run.prepared, index);
    const state = vectorAt(run.steps, index);
    const isInTheWay = isBefore ? state.kind !== "held" : isEffort(state);
    if (isInTheWay && other.isWrite && other.call?.locks.some((lock) => locks.includes(lock)) === true) return true;
  }
  return false;
}

/** The `end` step once nothing else is under way, or `null`. */
export function aloneEnding(run: RunState): EndStep | null {
  const { count, ending } = run.others;
  if (ending === null || count > 1 || run.calls.length > 0 || !isQueueEmpty(run.queue)) return null;
  const { step } = stepAt(run.prepared, ending);
  invariant(step.kind === "end", "an ending is an `end`");
  return step;
}

function goalOf(run: RunState, prepared: PreparedStep, state: StateOf<"ready">): ObserveCommand | null {
  const ending = aloneEnding(run);
  if (ending === null || ending.id !== prepared.step.id) return null;
  const untilMs = state.sinceMs + readWithinMs;
  return observation(run, prepared, state, {
    purpose: "goal",
    objects: ending.reads,
    alongside: prepared.alongside,
    untilMs,
    expect: run.prepared.plan.goal,
  });
}

/** The reading that confirms or refutes what a person said of a step. It covers all that was read before the write. */
function wordOf(
  run: RunState,
  prepared: PreparedStep,
  state: StateOf<"in_doubt" | "undo_ready">,
): ObserveCommand | null {
  if (state.claim === undefined) return null;
  const { call } = prepared;
  invariant(call !== null, "only a call is in doubt");
  const objects = [...new Set([...call.reads, ...(call.compensation?.reads ?? [])])].sort();
  return observation(run, prepared, state, { purpose: "word", objects, untilMs: state.sinceMs + readWithinMs });
}

function undoBeforeOf(run: RunState, prepared: PreparedStep, state: StateOf<"undo_ready">): ObserveCommand {
  const { call } = prepared;
  // A step without a way back makes the run dirty in the same commit, so nothing is due for it.
  invariant(call !== null && call.compensation !== null, "only a step with a way back is undone");
  const undo = call.compensation;
  return observation(run, prepared, state, {
    purpose: "undo_before",
    objects: undo.reads,
    alongside: besideUndo(prepared, undo),
    untilMs: state.sinceMs + readWithinMs,
  });
}

function afterOf(run: RunState, prepared: PreparedStep, state: StateOf<"verifying" | "in_doubt">): ObserveCommand {
  const { call } = prepared;
  invariant(call !== null, "only a call is read back");
  if (hasEndedBadly(state.effort.operation) && state.effort.word === undefined && state.done === null)
    return endedOf(run, prepared, state);
  const quietMs = state.kind === "in_doubt" ? doubtQuietMs(call, state) : 0;
  const untilMs = state.kind === "verifying" ? state.untilMs : state.sinceMs + quietMs;
  return state.done === null
    ? doneAfter(run, prepared, { state, call, quietMs, untilMs })
    : undoAfter(run, prepared, { state, call, quietMs, untilMs });
}

/** One reading of the target after an operation that ended otherwise than it should: whatever it shows is kept. */
function endedOf(run: RunState, prepared: PreparedStep, state: EffortState): ObserveCommand {
  const { call } = prepared;
  invariant(call !== null && call.post !== null, "only a write has an operation");
  const { post } = call;
  const isDoubt = state.kind === "in_doubt";
  return observation(run, prepared, state, {
    purpose: "ended",
    objects: post.reads,
    alongside: prepared.alongside,
    untilMs: state.sinceMs + (isDoubt ? doubtPollMs : readWithinMs),
    everyMs: post.everyMs,
    quietMs: isDoubt ? doubtPollMs : 0,
  });
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
  const { alongside } = prepared;
  // A post-condition that held before the write does not show the effect. It has to hold until nothing can land any
  // more.
  const tellsNothing =
    state.kind === "in_doubt" && !wasApplied(state.effort) && holds(prepared.expect, lookupIn(state.effort.baseline));
  return observation(run, prepared, state, {
    purpose: "after",
    objects: post.reads,
    alongside,
    untilMs,
    expect: post.expect,
    everyMs: post.everyMs,
    holdMs: tellsNothing ? Math.max(post.holdMs, quietMs) : post.holdMs,
    quietMs,
  });
}

function undoAfter(run: RunState, prepared: PreparedStep, { state, call, quietMs, untilMs }: Reading): ObserveCommand {
  const undo = call.compensation;
  invariant(undo !== null && state.done !== null, "only a step with a way back is undone");
  const tellsNothing = state.kind === "in_doubt" && !wasApplied(state.effort) && !tellsUndo(call, state);
  return observation(run, prepared, state, {
    purpose: "undo_after",
    objects: undo.reads,
    alongside: besideUndo(prepared, undo),
    untilMs,
    expect: demandFacts(undo.restores, state.done.baseline),
    everyMs: undo.everyMs,
    // It would hold at once, time and again.
    holdMs: tellsNothing ? quietMs : 0,
    quietMs,
  });
}

/** What is read for the invariants on the way back: it changes what the way forth has changed. */
function besideUndo({ alongside }: PreparedStep, { reads }: Compensation): readonly ObjectRef[] {
  return alongside.filter((object) => !reads.includes(object));
}

/** What one reading asks for. What is left out is empty. */
type Asked = Pick<ObserveCommand, "purpose" | "objects" | "untilMs"> &
  Partial<Pick<ObserveCommand, "alongside" | "expect" | "everyMs" | "holdMs" | "quietMs">>;

function observation(
  run: RunState,
  prepared: PreparedStep,
  { serial }: { readonly serial: number },
  { purpose, objects, untilMs, alongside = nothing, expect = "", everyMs = 0, holdMs = 0, quietMs = 0 }: Asked,
): ObserveCommand {
  const { runId } = run.prepared;
  const stepId = prepared.step.id;
  const id = `${runId}/${stepId}/${purpose}/${serial}`;
  return { kind: "observe", id, runId, stepId, purpose, objects, alongside, expect, everyMs, holdMs, quietMs, untilMs };
}

const nothing: readonly ObjectRef[] = [];

/** The time until which a call waits; `Infinity` for most. */
function wakesAtMs(run: RunState, state: StepState): number {
  // While something is in doubt no read is tried again. A timer for it would lead to nothing and be due for ever.
  if (state.kind === "backing_off" && state.effort.access === "read" && run.doubtCount > 0) return Infinity;
  return state.kind === "held" || state.kind === "backing_off" ? (state.untilMs ?? Infinity) : Infinity;
}
