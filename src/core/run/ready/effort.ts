import type { Attempt } from "../words/input.ts";
import type { AttemptState, Effort, EffortState, StepState } from "../words/state.ts";

/** A forward effort may become an undo's past; which of the two is under way is told by `done`. */
export function directionOf(state: EffortState): Attempt["direction"] {
  return state.done === null ? "do" : "undo";
}

/** Whether a step has an effort under way. */
export function isEffort(state: StepState): state is EffortState {
  return (
    state.kind === "sent" || state.kind === "backing_off" || state.kind === "verifying" || state.kind === "in_doubt"
  );
}

/** The try an answer belongs to, or `undefined`: a reply settles its own attempt and no other. */
export function findAttempt(effort: Effort, attempt: Attempt): AttemptState | undefined {
  return effort.attempts.find((known) => known.n === attempt.n && known.epoch === attempt.epoch);
}

/** The attempts with one of them in another status. */
export function attemptsWith(
  attempts: readonly AttemptState[],
  n: number,
  status: AttemptState["status"],
): readonly AttemptState[] {
  return attempts.map((known) => (known.n === n ? { ...known, status } : known));
}

/** Whether a call of this effort is in the air, as far as this engine knows. */
export function hasOpenAttempt(effort: Effort): boolean {
  return effort.attempts.some((attempt) => attempt.status === "open");
}

/** Whether an effect of this effort may have landed or may still land without anyone having said so. */
export function mayStillLand(effort: Effort): boolean {
  return effort.attempts.some((attempt) => attempt.status === "open" || attempt.status === "unknown");
}

/** Whether the target acknowledged one of the tries. */
export function wasApplied(effort: Effort): boolean {
  return effort.attempts.some((attempt) => attempt.status === "applied");
}
