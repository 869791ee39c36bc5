import { assertNever } from "../../value/invariant.ts";
import { vectorAt } from "../collections/persistent-vector.ts";
import { stepAt } from "../ready/prepare.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { StepState } from "../words/step.ts";
import { durationUsed } from "./authority.ts";
import { type Draft, emit } from "./draft.ts";
import { findHold } from "./hold.ts";
import { retry } from "./retry.ts";
import { drain, settleStep } from "./turn.ts";

/** Decides a `tick`: everything in this run whose time has come. */
export function decideTick(draft: Draft): void {
  const { phase } = draft.run;
  if (phase.kind === "running" && draft.atMs >= draft.run.deadlineMs)
    drain(draft, { then: "escalated", problem: durationUsed(draft.run), by: null });
  if (draft.run.timedCount > 0) {
    for (const index of draft.run.calls) fireIfDue(draft, index);
  }
  // The event that each timer leads to takes it out of the heap.
  for (
    let { timers } = draft.run.others;
    timers !== null && timers.atMs <= draft.atMs;
    timers = draft.run.others.timers
  )
    fireIfDue(draft, timers.index);
}

/** Moves a step on if it waits for a time that has come, or for a freeze that was lifted. */
export function fireIfDue(draft: Draft, index: number): void {
  const state = vectorAt(draft.run.steps, index);
  if (isDue(state, draft.atMs)) fire(draft, stepAt(draft.run.prepared, index), state);
}

type TimedState = Extract<StepState, { readonly kind: "waiting" | "asking" | "backing_off" | "held" }>;

function isDue(state: StepState, atMs: number): state is TimedState {
  switch (state.kind) {
    case "waiting":
    case "asking":
    case "backing_off":
      return state.untilMs <= atMs;
    case "held":
      return state.untilMs === null || state.untilMs <= atMs;
    default:
      return false;
  }
}

function fire(draft: Draft, prepared: PreparedStep, state: TimedState): void {
  switch (state.kind) {
    case "waiting":
      return settleStep(draft, prepared, { outcome: "elapsed", problem: null, by: null });
    case "asking":
      return settleStep(draft, prepared, { outcome: "expired", problem: null, by: null });
    case "held":
      return releaseHeld(draft, prepared, state.untilMs);
    case "backing_off":
      return retry(draft, prepared, state);
    default:
      return assertNever(state);
  }
}

/** Releases a step, or holds it again: a freeze may have come meanwhile, or another run may have used the target. */
function releaseHeld(draft: Draft, prepared: PreparedStep, untilMs: number | null): void {
  const { runId } = draft.run.prepared;
  const hold = findHold(draft, prepared);
  if (hold !== null && hold.untilMs === untilMs) return;
  if (hold !== null) return emit(draft, { kind: "step_held", runId, stepId: prepared.step.id, ...hold });
  emit(draft, { kind: "step_released", runId, stepId: prepared.step.id });
}
