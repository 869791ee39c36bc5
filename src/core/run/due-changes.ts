import type { Command } from "./command.ts";
import { commandOf, due, timerAtMs, timerOf } from "./due.ts";
import { changedIndexes } from "./persistent-vector.ts";
import { stepAt } from "./prepare.ts";
import type { RunState } from "./state.ts";

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
  if (before === null || now === null || !isComparable(before, now)) return compare(before === null ? [] : due(before), now === null ? [] : due(now));
  const changed = changedIndexes(before.steps, now.steps);
  // A target that another step of the run is writing keeps a third one waiting.
  if (changed.some((index) => stepAt(now.prepared, index).sharesLocks)) return compare(due(before), due(now));
  const [was, is]: [Command[], Command[]] = [[], []];
  for (const index of changed) {
    if (stepAt(now.prepared, index).call === null) continue;
    push(was, commandOf(before, index));
    push(is, commandOf(now, index));
  }
  compareEndings(before, now, { was, is });
  if (timerAtMs(before) !== timerAtMs(now)) {
    push(was, timerOf(before));
    push(is, timerOf(now));
  }
  return compare(was, is);
}

interface Both {
  readonly was: Command[];
  readonly is: Command[];
}

const noChanges: DueChanges = { begun: [], over: [] };

/** Whether nothing has changed that the commands of all steps hang on. */
function isComparable(before: RunState, now: RunState): boolean {
  return before.phase.kind === "running" && now.phase.kind === "running" && before.epoch === now.epoch && (before.doubtCount > 0) === (now.doubtCount > 0);
}

/** An ending is read for once it is alone, whichever step's end made it so. */
function compareEndings(before: RunState, now: RunState, { was, is }: Both): void {
  if (before.others.ending !== null) push(was, commandOf(before, before.others.ending));
  if (now.others.ending !== null) push(is, commandOf(now, now.others.ending));
}

function push(commands: Command[], command: Command | null): void {
  if (command !== null) commands.push(command);
}

function compare(was: readonly Command[], is: readonly Command[]): DueChanges {
  return { begun: is.filter(({ id }) => !was.some((other) => other.id === id)), over: was.filter(({ id }) => !is.some((other) => other.id === id)).map(({ id }) => id) };
}
