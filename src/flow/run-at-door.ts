import type { Run } from "./apply/run.ts";
import { arrow, arrowOn, type DoorState } from "./site/arrow.ts";
import { text, word } from "./site/intake.ts";
import type { WatchedRun } from "./tell/watch.ts";

/**
 * A run as the door gives it out: what is handed to it is taken like any request, and once the door is closed it does
 * nothing more.
 */
export function atDoor(state: DoorState, run: Run): Run {
  return {
    runId: run.runId,
    sinceSeq: run.sinceSeq,
    warning: run.warning,
    events: (from) => run.events({ fromSeq: recordNumber(from, "fromSeq") }),
    atRest: () => run.atRest(),
    steps: arrow(state, () => run.steps()),
    view: arrow(state, () => run.view()),
    stop: arrowOn(state, text(), (reason) => run.stop(reason)),
    callOff: arrowOn(state, word(["SIGINT", "SIGTERM", "called_off"], "cause"), (cause) => run.callOff(cause)),
    rollBack: arrowOn(state, text(), (reason) => run.rollBack(reason)),
    detach: () => run.detach(),
    onReading: (listener) =>
      run.onReading((reading) => {
        // Listeners are only told. Nothing may depend on them, least of all the engine that calls them.
        try {
          listener(reading);
        } catch (error) {
          state.onDefect(error);
        }
      }),
  };
}

/** As `atDoor`, for a run that this caller only watches. */
export function watchedAtDoor(state: DoorState, watched: WatchedRun): WatchedRun {
  return {
    runId: watched.runId,
    startedMs: watched.startedMs,
    events: (options) =>
      watched.events({
        fromSeq: recordNumber(options, "fromSeq"),
        follow: fieldOf(options, "follow") !== false,
      }),
    steps: arrow(state, () => watched.steps()),
    view: arrow(state, () => watched.view()),
    hasEngine: () => watched.hasEngine(),
    next: arrow(state, () => watched.next()),
    engineChanges: () => watched.engineChanges(),
    detach: () => watched.detach(),
  };
}

/** The number of a record. Anything else counts as the first, because a sequence of events cannot refuse. */
function recordNumber(options: unknown, name: string): number {
  const given = fieldOf(options, name);
  return typeof given === "number" && Number.isSafeInteger(given) && given >= 0 ? given : 0;
}

function fieldOf(options: unknown, name: string): unknown {
  try {
    return typeof options === "object" && options !== null ? Reflect.get(options, name) : undefined;
  } catch {
    return undefined;
  }
}
