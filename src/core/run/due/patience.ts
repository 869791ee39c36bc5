import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { isEffort } from "../ready/effort.ts";
import { stepAt } from "../ready/prepare.ts";
import type { RunState } from "../words/state.ts";
import { landingMs } from "./due.ts";

/** A reading takes time too: a doubt is given at least this long, whatever its post-condition declares. */
const patienceMsMin = 1_000;

/**
 * How long it is worth reading on for a run that only doubts hold up, or `null` where something else will move it. Where nobody
 * knows how long an effect may take to land, reading alone never ends a doubt the bad way: once its post-condition has had the
 * time it declares, the run is a person's, and an engine that was started for it alone may leave.
 *
 * @returns milliseconds
 */
export function doubtPatienceMs(run: RunState): number | null {
  // A wait or a question that is over moves the run on; what a person closed in doubt has nobody reading for it.
  if (run.doubtCount === 0 || run.calls.length === 0 || run.others.timers !== null) return null;
  let patienceMs = patienceMsMin;
  for (const index of run.calls) {
    const state = vectorAt(run.steps, index);
    const { call } = stepAt(run.prepared, index);
    // What has come up and is not sent waits for the doubt to end: no new intent is written while there is one.
    if (state.kind === "ready" || state.kind === "held" || state.kind === "undo_ready") continue;
    if (state.kind !== "in_doubt" || !isEffort(state) || call === null || landingMs(call, state) !== null) return null;
    const rule = state.done === null ? call.post : call.compensation;
    invariant(rule !== null, "what is in doubt has a rule by which it is read back (I20)");
    patienceMs = Math.max(patienceMs, rule.withinMs);
  }
  return patienceMs;
}
