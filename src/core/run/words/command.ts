import type { Call, ObjectRef } from "../../plan/plan.ts";
import type { Attempt } from "./input.ts";
import type { AnswerRule, OperationReading } from "./operation.ts";

/**
 * What the drivers have to do next. Commands are never stored: `due` computes them from the state, so a crash loses
 * nothing and repeats nothing. `id` is a function of the state; a driver that is already working on an id does not
 * begin it again.
 */
export type Command = ObserveCommand | SendCommand | AskCommand | TimerCommand;

/**
 * What a reading is for: the state before a write and after it, or after an operation that ended otherwise than it
 * should; the state before and after an undo; the plan's goal, or what
 * a person said of a step.
 */
export type ReadingPurpose = "before" | "after" | "ended" | "goal" | "undo_before" | "undo_after" | "word";

/**
 * Read objects. If `expect` is not empty, go on reading until it has held for `holdMs`, until a reading shows that it
 * no longer can before `untilMs` (`isTooLate`), or until `untilMs`.
 */
export interface ObserveCommand {
  readonly kind: "observe";
  readonly id: string;
  readonly runId: string;
  readonly stepId: string;
  readonly purpose: ReadingPurpose;
  readonly objects: readonly ObjectRef[];
  /**
   * Objects to read once more after that, because an invariant reads them. The answer leaves out those that cannot be
   * read: none of them makes a reading fail.
   */
  readonly alongside: readonly ObjectRef[];
  readonly expect: string;
  readonly everyMs: number;
  readonly holdMs: number;
  /**
   * A negative reading (`expect` has not held for `holdMs`) counts only if it began at least this long after the
   * command was received, on the driver's monotonic clock.
   */
  readonly quietMs: number;
  /** Unix milliseconds at which the driver stops reading and answers with what it saw. It always reads once. */
  readonly untilMs: number;
}

/**
 * Whether `expect`, which does not hold now, can no longer hold for `holdMs` before the reading is over: the break of a
 * hold ends the reading then. While a negative reading has to wait for `quietMs`, it is never too late.
 *
 * @param atMs - now, in Unix milliseconds
 */
export function isTooLate({ holdMs, quietMs, untilMs }: ObserveCommand, atMs: number): boolean {
  return quietMs === 0 && atMs + holdMs > untilMs;
}

/** Carry out one call once. Its intent is already durable; the reply comes back with the same attempt. */
export interface SendCommand {
  readonly kind: "send";
  readonly id: string;
  readonly attempt: Attempt;
  /** All bindings are resolved except `$secret`. */
  readonly call: Call;
  /** The same for every attempt at this step in this direction. */
  readonly idempotencyKey: string;
  /** CEL classifiers of a probe, in order; empty for an act. */
  readonly outcomes: readonly { readonly name: string; readonly when: string }[];
}

/**
 * Ask the system how an operation goes, again and again, and answer as soon as it says something new (`isNews`), or
 * once `untilMs` has passed. For `cancel`, make the one call that asks it to stop, and answer with its reply.
 *
 * A driver waits until `firstAtMs`, and at least `everyMs` before each question: longer where the system asks for it,
 * but never past `untilMs`. It asks once more then.
 */
export interface AskCommand {
  readonly kind: "ask";
  readonly purpose: "ask" | "cancel";
  readonly id: string;
  readonly runId: string;
  readonly stepId: string;
  /** All bindings are resolved except `$secret`. */
  readonly call: Call;
  readonly rule: AnswerRule;
  /** What the system said last. */
  readonly last: OperationReading | null;
  readonly everyMs: number;
  readonly firstAtMs: number;
  readonly untilMs: number;
}

/** Send a `tick` for the run at this time, or later. */
export interface TimerCommand {
  readonly kind: "timer";
  readonly id: string;
  readonly runId: string;
  readonly atMs: number;
}
