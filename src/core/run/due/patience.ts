import { vectorAt } from "../collections/persistent-vector.ts";
import { landingMs, readBackRule } from "../ready/direction.ts";
import { stepAt } from "../ready/prepare.ts";
import type { RunState } from "../words/state.ts";
import { isEffort } from "../words/step.ts";

/** A reading takes time too: a doubt is given at least this long, whatever its post-condition declares. */
const patienceMsMin = 1_000;

/**
 * How long it is worth reading on for a run that only doubts hold up. If nobody knows how long an effect may take to
 * land, reading can show that it happened but never that it did not. Once its post-condition has had the time it
 * declares, the run needs a person, and an engine that was started for this run alone may leave.
 *
 * @returns milliseconds, or `null` if something else will move the run
 */
export function doubtPatienceMs(run: RunState): number | null {
  // A wait or a question will move the run on. A run that a person closed in doubt has no calls, and nobody reads for
  // it.
  if (run.doubtCount === 0 || run.calls.length === 0 || run.others.timers !== null) return null;
  let patienceMs = patienceMsMin;
  for (const index of run.calls) {
    const state = vectorAt(run.steps, index);
    const { call } = stepAt(run.prepared, index);
    // A step that has come up but is not sent waits for the doubt to end: until then no new intent is written.
    if (state.kind === "ready" || state.kind === "held" || state.kind === "undo_ready") continue;
    // So does a read that is to be tried again.
    if (state.kind === "backing_off" && state.effort.access === "read") continue;
    if (state.kind !== "in_doubt" || !isEffort(state) || call === null || landingMs(call, state) !== null) return null;
    patienceMs = Math.max(patienceMs, readBackRule(call, state).withinMs);
  }
  return patienceMs;
}
