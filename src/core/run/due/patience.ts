import type { CallStep } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { callIn, landingMs, readBackRule } from "../ready/direction.ts";
import { operationIn } from "../ready/operation.ts";
import { stepAt } from "../ready/prepare.ts";
import type { RunState } from "../words/state.ts";
import { type EffortState, hasOpenAttempt, isEffort, operationOf, wasApplied } from "../words/step.ts";
import { boundedPollMs, doubtQuietMs } from "./due.ts";

/** A reading takes time too: a doubt is given at least this long, whatever its post-condition declares. */
const patienceMsMin = 1_000;

/** How long after the time of a call its reply is still waited for; longer than any driver does. */
const replyMarginMs = 15_000;

/**
 * How long it is worth waiting for a run that only doubts hold up, or that was killed. After that the run needs the
 * person whom its doubts name, and an engine that was started for this run alone may leave (I21).
 *
 * Reading can always show that an effect happened. That it did not happen can be shown only if the target bounds an
 * effect's landing, and only as long as the target can be read. So a bounded doubt gets the time of one whole round of
 * readings. If it is still a doubt then, those readings failed.
 *
 * A killed run is not read for. It gets the time in which the calls that it has in the air are answered.
 *
 * @returns milliseconds, or `null` if something else will move the run, and in bounded time
 */
export function doubtPatienceMs(run: RunState): number | null {
  if (run.phase.kind === "killed") return replyPatienceMs(run);
  // A wait or a question will move the run on. A run that a person closed in doubt has no calls, and nobody reads for
  // it.
  if (run.doubtCount === 0 || run.calls.length === 0 || run.others.timers !== null) return null;
  let patienceMs = patienceMsMin;
  for (const index of run.calls) {
    const state = vectorAt(run.steps, index);
    const { call } = stepAt(run.prepared, index);
    // A person has said something, and the reading that follows moves the run.
    if (state.kind === "in_doubt" && state.claim !== undefined) return null;
    // A step that has come up but is not sent waits for the doubt to end: until then no new intent is written.
    if (state.kind === "ready" || state.kind === "held" || state.kind === "undo_ready") continue;
    // So does a read that is to be tried again.
    if (state.kind === "backing_off" && state.effort.access === "read") continue;
    if (state.kind !== "in_doubt" || !isEffort(state) || call === null) return null;
    patienceMs = Math.max(patienceMs, readingMs(run, call, state));
  }
  return patienceMs;
}

/** How long a killed run may still be told what became of its calls: no driver waits longer for a connector. */
function replyPatienceMs(run: RunState): number {
  let patienceMs = 0;
  for (const index of run.calls) {
    const state = vectorAt(run.steps, index);
    if (!isEffort(state) || !hasOpenAttempt(state.effort)) continue;
    const { call } = stepAt(run.prepared, index);
    invariant(call !== null, "only a call is in the air");
    patienceMs = Math.max(patienceMs, callIn(call, state).timeoutMs + replyMarginMs);
  }
  return patienceMs;
}

/** What reading can tell of a doubt, and how long that takes. */
export interface DoubtCourse {
  /**
   * After how many milliseconds a reading settles it, whatever it shows; `null` where only the effect itself could be
   * seen, because nothing bounds how late it may land.
   */
  readonly settlesInMs: number | null;
  /** How long it is read for by an engine that was started for this run alone, in milliseconds. */
  readonly readForMs: number;
  /**
   * The declared time that decides. `acknowledged`: it had all its time before it came to be in doubt. `operation`: its
   * system is asked, and nothing is read before that says that the operation has ended.
   */
  readonly decidedBy: "landsWithin" | "hold" | "within" | "acknowledged" | "operation";
}

/** What reading can tell of a step in doubt. */
export function doubtCourse(run: RunState, call: CallStep, state: EffortState): DoubtCourse {
  const readForMs = readingMs(run, call, state);
  if (operationOf(state) !== undefined) return { settlesInMs: null, readForMs, decidedBy: "operation" };
  const withinMs = landingMs(call, state);
  if (withinMs === null)
    return { settlesInMs: null, readForMs, decidedBy: wasApplied(state.effort) ? "acknowledged" : "within" };
  const settlesInMs = doubtQuietMs(call, state);
  return {
    settlesInMs,
    readForMs,
    decidedBy: settlesInMs > Math.max(withinMs, boundedPollMs) ? "hold" : "landsWithin",
  };
}

/** How long it takes to learn of one doubt what reading can tell, or one more question about an operation. */
function readingMs({ prepared }: RunState, call: CallStep, state: EffortState): number {
  const operation = operationIn(call, state);
  if (operation !== undefined && operationOf(state) !== undefined)
    return operation.everyMs + operation.ask.timeoutMs + patienceMsMin;
  const rule = readBackRule(call, state);
  // What was acknowledged had its time to be read back before it came to be in doubt.
  if (landingMs(call, state) === null)
    return wasApplied(state.effort) ? patienceMsMin : Math.max(patienceMsMin, rule.withinMs);
  const timeouts = prepared.plan.observations
    .filter(({ object }) => rule.reads.includes(object))
    .map((observation) => observation.call.timeoutMs);
  // A target that is down for a moment gets the time that its post-condition declares, however soon an effect lands.
  return Math.max(doubtQuietMs(call, state) + Math.max(0, ...timeouts) + patienceMsMin, rule.withinMs);
}
