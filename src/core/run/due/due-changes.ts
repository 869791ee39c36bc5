import { changedIndexes } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import type { Command } from "../words/command.ts";
import type { RunState } from "../words/state.ts";
import { commandOf, due, timerAtMs, timerOf } from "./due.ts";

/** What a driver begins and gives up when a run goes from one state to a later one. */
export interface DueChanges {
  /** Commands that are due now and were not. */
  readonly begun: readonly Command[];
  /** Ids of commands that were due and no longer are. */
  readonly over: readonly string[];
}

/**
 * How what is due differs between two states of one run: what `due` says of both, compared by id, but at the cost of the steps
 * between the two and not of all that are under way. What a step waits for hangs on its own state and on little else; where more
 * has changed than steps, all of it is compared. `null` is a state of which nothing is due: there is none yet, or it is another's.
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
  // An ending is read for once it is alone, whichever step's end made it so.
  note(changes, endingOf(before), endingOf(now));
  if (timerAtMs(before) !== timerAtMs(now)) note(changes, timerOf(before), timerOf(now));
  return changes;
}

interface Changes extends DueChanges {
  readonly begun: Command[];
  readonly over: string[];
}

const noChanges: DueChanges = { begun: [], over: [] };

/** Whether nothing has changed that the commands of all steps hang on. */
function isComparable(before: RunState, now: RunState): boolean {
  return (
    before.phase.kind === "running" &&
    now.phase.kind === "running" &&
    before.epoch === now.epoch &&
    before.doubtCount > 0 === now.doubtCount > 0
  );
}

/** A target that one step of the run is writing keeps others waiting, which have not changed themselves. */
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
