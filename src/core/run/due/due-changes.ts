import { changedIndexes } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import type { Command } from "../words/command.ts";
import type { RunState } from "../words/state.ts";
import { commandOf, due, timerAtMs, timerOf } from "./due.ts";

/** What a driver has to begin, and to give up, when a run goes from one state to a later one. */
interface DueChanges {
  /** Commands that are due now and were not. */
  readonly begun: readonly Command[];
  /** Ids of commands that were due and no longer are. */
  readonly over: readonly string[];
}

/**
 * How what is due differs between two states of one run. The answer is that of comparing `due` of both by id; the cost
 * is that of the steps that changed, not of all steps under way. A step's command depends on its own state and on
 * little else. If more has changed, everything is compared.
 *
 * @param before, now - `null` if there is no state, or the run belongs to another engine: nothing is due
 */
export function dueChanges(before: RunState | null, now: RunState | null): DueChanges {
  if (before === now) return noChanges;
  if (before === null || now === null || !isComparable(before, now))
    return compare(before === null ? [] : due(before), now === null ? [] : due(now));
  const changed = changedIndexes(before.steps, now.steps);
  const changes: Changes = { begun: [], over: [] };
  let isSharing = false;
  for (const index of changed) {
    const { call, sharesLocks } = stepAt(now.prepared, index);
    isSharing ||= sharesLocks;
    if (call !== null) note(changes, commandOf(before, index), commandOf(now, index));
  }
  if (isSharing) noteWaiting(changes, changed, before, now);
  // An ending is read for once it is alone, and the end of any step may make it so.
  note(changes, endingOf(before), endingOf(now));
  if (timerAtMs(before) !== timerAtMs(now)) note(changes, timerOf(before), timerOf(now));
  return changes;
}

interface Changes extends DueChanges {
  readonly begun: Command[];
  readonly over: string[];
}

const noChanges: DueChanges = { begun: [], over: [] };

/** Whether nothing has changed on which the commands of all steps depend. */
function isComparable(before: RunState, now: RunState): boolean {
  return (
    before.phase.kind === "running" &&
    now.phase.kind === "running" &&
    before.epoch === now.epoch &&
    before.doubtCount > 0 === now.doubtCount > 0
  );
}

/**
 * While a step writes a target, other steps of the run wait for it, and their commands change although their states do
 * not.
 */
function noteWaiting(changes: Changes, changed: readonly number[], before: RunState, now: RunState): void {
  for (const index of now.calls) {
    if (stepAt(now.prepared, index).sharesLocks && !changed.includes(index))
      note(changes, commandOf(before, index), commandOf(now, index));
  }
}

function endingOf(run: RunState): Command | null {
  return run.others.ending === null ? null : commandOf(run, run.others.ending);
}

function note(changes: Changes, was: Command | null, is: Command | null): void {
  if (was?.id === is?.id) return;
  if (was !== null) changes.over.push(was.id);
  if (is !== null) changes.begun.push(is);
}

function compare(was: readonly Command[], is: readonly Command[]): DueChanges {
  return {
    begun: is.filter(({ id }) => !was.some((other) => other.id === id)),
    over: was.filter(({ id }) => !is.some((other) => other.id === id)).map(({ id }) => id),
  };
}
