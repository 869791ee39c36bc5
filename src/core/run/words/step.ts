import type { Principal } from "../../approval/approval.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Fact } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { SendCommand } from "./command.ts";
import type { ChangedFact, PersonsWord } from "./event.ts";
import type { Attempt } from "./input.ts";
import { isUnderWay, type OperationState } from "./operation.ts";

/**
 * One step. `serial` counts the states of a step that wait for a reading, so that an answer to an older command is
 * never taken for an answer to the newer one. `claim`: what a person said of the step, until a reading has confirmed or
 * refuted it. `onWordOf`: what a person said and nothing could confirm.
 */
export type StepState =
  /** Waits for `waitingFor` other steps. At 0 it waits for a place, because `inFlightMax` calls are under way. */
  | { readonly kind: "pending"; readonly waitingFor: number }
  /**
   * Has come up. It waits for its `when` to be evaluated, for a reading, or for a doubt elsewhere in the run to end.
   */
  | {
      readonly kind: "ready";
      readonly serial: number;
      readonly sinceMs: number;
      readonly attempts: readonly AttemptState[];
    }
  /** Waits until `untilMs`, or with `null` until a freeze is lifted. */
  | {
      readonly kind: "held";
      readonly serial: number;
      readonly sinceMs: number;
      readonly untilMs: number | null;
      readonly problem: Problem;
      readonly attempts: readonly AttemptState[];
    }
  | { readonly kind: "waiting"; readonly sinceMs: number; readonly untilMs: number }
  | { readonly kind: "asking"; readonly sinceMs: number; readonly untilMs: number; readonly question: string }
  | EffortState
  | { readonly kind: "settled"; readonly outcome: string; readonly output: JsonValue; readonly done: Done | null }
  | {
      readonly kind: "failed";
      readonly outcome: "failed" | null;
      readonly touched: boolean;
      readonly problem: Problem;
      readonly done: Done | null;
      readonly onWordOf?: PersonsWord;
    }
  /** Runs once another step is undone. `done`: the world just before that step. */
  | { readonly kind: "undo_waiting"; readonly done: Done }
  | { readonly kind: "skipped" }
  /** Came up, and was given up before anything was sent. */
  | { readonly kind: "abandoned" }
  | {
      readonly kind: "undo_ready";
      readonly serial: number;
      readonly sinceMs: number;
      readonly attempts: readonly AttemptState[];
      readonly done: Done;
      readonly claim?: PersonsWord;
    }
  | {
      readonly kind: "undone";
      /** `covered`: what runs after the undo of another step has put it right. */
      readonly how: "undone" | "nothing_happened" | "by_person" | "covered";
      /** Values that the way back overwrote and that this run had not written. */
      readonly over?: readonly Fact[];
      /** It was read back, and its target never said that it is done. */
      readonly unacknowledged?: true;
      readonly onWordOf?: PersonsWord;
    };

/**
 * What a run keeps of a write that touched the world. It is kept for every such write until the run is over, so it is
 * small.
 */
export interface Done {
  /** The world just before the write, which is what an undo puts back. */
  readonly baseline: readonly ObservedObject[];
  /**
   * It ran and failed, or it must run whatever the facts show. So facts that are as before do not show that nothing is
   * left to do.
   */
  readonly hasRun?: true;
  /** It was read back, and its target never said that it is done. */
  readonly unacknowledged?: true;
  /** What it overwrote and was not as planned, or as the run had left it. */
  readonly overwrote?: readonly ChangedFact[];
  /** Values that were read after it, and that this run did not write. The way back overwrites them. */
  readonly foreign?: readonly Fact[];
}

/**
 * A step with an effect under way. `done` is null while going forward, and holds the forward write while undoing it.
 * `sent`: a call is in the air.
 */
export type EffortState = {
  readonly serial: number;
  readonly sinceMs: number;
  readonly effort: Effort;
  readonly done: Done | null;
} & (
  | { readonly kind: "sent"; readonly command: SendCommand }
  /** The call has started an operation, and the system is asked how it goes until it has ended. */
  | { readonly kind: "operating" }
  /**
   * A try failed. The next is due at `untilMs`: with the same key if one may have landed, from the start if none has.
   */
  | { readonly kind: "backing_off"; readonly untilMs: number; readonly mayHaveLanded: boolean }
  /** The target acknowledged. Its word is not enough (I20): the effect is read back. */
  | { readonly kind: "verifying"; readonly untilMs: number }
  | {
      readonly kind: "in_doubt";
      readonly owner: string;
      readonly dueAtMs: number;
      readonly problem: Problem;
      readonly claim?: PersonsWord;
    }
);

/**
 * All tries at a step in one direction that have one key. `attempts` also lists those before, of which nothing could
 * land any more when a person asked for another try.
 */
export interface Effort {
  readonly key: string;
  readonly access: "read" | "write";
  readonly args: readonly { readonly name: string; readonly value: JsonValue }[];
  /** The world just before the first try that may have landed. */
  readonly baseline: readonly ObservedObject[];
  readonly attempts: readonly AttemptState[];
  /** What it overwrites and was not as planned, or as the run had left it. */
  readonly overwrites?: readonly ChangedFact[];
  /** Output of the try that was applied, kept only if a later argument needs it. */
  readonly output: JsonValue;
  /** A person said that it happened, and nothing was read since. `attempts`: what was known before. */
  readonly word?: { readonly by: Principal; readonly attempts: readonly AttemptState[] };
  /** The operation that the call has started. */
  readonly operation?: OperationState;
}

/** What is known of one try. An `open` or `unknown` one may still land. */
export interface AttemptState {
  readonly n: number;
  readonly epoch: number;
  readonly status: "open" | "applied" | "not_applied" | "unknown";
  /** It is known to have begun, and not to have ended well: it may have done more than its action declares. */
  readonly hasRun?: true;
  /**
   * Nothing of it can land any more: the operation that its key started has ended by the word of its system, or the
   * time is over that its target declares for landing. Nothing is sent under that key again.
   */
  readonly hasEnded?: true;
}

/** A step that has come up and is not over. */
export type ActiveState = Exclude<
  StepState,
  { readonly kind: "pending" | "settled" | "failed" | "undo_waiting" | "skipped" | "abandoned" | "undone" }
>;

/** Whether a step has come up and is not over. */
export function isActive(state: StepState): state is ActiveState {
  const { kind } = state;
  return (
    kind !== "pending" &&
    kind !== "settled" &&
    kind !== "failed" &&
    kind !== "undo_waiting" &&
    kind !== "skipped" &&
    kind !== "abandoned" &&
    kind !== "undone"
  );
}

/** Whether a step has an effort under way. */
export function isEffort(state: StepState): state is EffortState {
  return (
    state.kind === "sent" ||
    state.kind === "operating" ||
    state.kind === "backing_off" ||
    state.kind === "verifying" ||
    state.kind === "in_doubt"
  );
}

/** The operation that a step still waits for, or `undefined`. */
export function operationOf(state: StepState): OperationState | undefined {
  if (state.kind !== "operating" && state.kind !== "in_doubt") return undefined;
  const { operation } = state.effort;
  return isUnderWay(operation) ? operation : undefined;
}

/** Whether an effort goes forward or undoes. */
export function directionOf(state: EffortState): Attempt["direction"] {
  return state.done === null ? "do" : "undo";
}

/** The try that an answer belongs to, or `undefined`. A reply settles its own attempt and no other. */
export function findAttempt(effort: Effort, attempt: Attempt): AttemptState | undefined {
  return effort.attempts.find((known) => known.n === attempt.n && known.epoch === attempt.epoch);
}

/** The attempts with the status of one of them changed. */
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

/** Whether a try of this effort may have landed, or may still land, without our having been told. */
export function mayStillLand(effort: Effort): boolean {
  return effort.attempts.some((attempt) => attempt.status === "open" || attempt.status === "unknown");
}

/** Whether one of the tries began and failed, whatever became of the effect that its action declares. */
export function hasRunAndFailed(effort: Effort): boolean {
  return effort.attempts.some((attempt) => attempt.hasRun === true);
}

/** Whether the target acknowledged one of the tries. */
export function wasApplied(effort: Effort): boolean {
  return effort.attempts.some((attempt) => attempt.status === "applied");
}

/**
 * Whether the target itself said that it is done: it acknowledged one of the tries, and an operation that was started
 * has ended well. A person who says that it happened does not count.
 */
export function wasAcknowledged({ attempts, word, operation }: Effort): boolean {
  if (operation !== undefined) return operation.ended?.as === "succeeded";
  return (word?.attempts ?? attempts).some(({ status }) => status === "applied");
}

/** The tries so far at a step that may be tried now, in its present direction. */
export function attemptsOf(state: StepState): readonly AttemptState[] {
  if (state.kind === "ready" || state.kind === "undo_ready") return state.attempts;
  invariant(isEffort(state), "an intent is written for a step that is ready or under way");
  return state.effort.attempts;
}
