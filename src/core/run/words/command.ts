import type { Call, ObjectRef } from "../../plan/plan.ts";
import type { Attempt } from "./input.ts";

/**
 * What the drivers have to do next. Never stored: computed from the state by `due`, so that a crash loses nothing and
 * repeats nothing. `id` is a function of the state; a driver that already works on an id does not start it twice.
 */
export type Command = ObserveCommand | SendCommand | TimerCommand;

/** Read objects, and where `expect` is given go on reading until it has held for `holdMs` or `untilMs` has come. */
export interface ObserveCommand {
  readonly kind: "observe";
  readonly id: string;
  readonly runId: string;
  readonly stepId: string;
  readonly purpose: "before" | "after" | "goal" | "undo_before" | "undo_after";
  readonly objects: readonly ObjectRef[];
  readonly expect: string;
  readonly everyMs: number;
  readonly holdMs: number;
  /** A reading by which `expect` has not held for `holdMs` decides only when begun this long after the command was first received (monotonic clock). */
  readonly quietMs: number;
  /** Unix milliseconds at which the driver stops asking again and answers what it saw; it always reads once. */
  readonly untilMs: number;
}

/** Carry out one call once. Its intent is durable; the reply comes back with the same attempt. */
export interface SendCommand {
  readonly kind: "send";
  readonly id: string;
  readonly attempt: Attempt;
  /** All bindings resolved save `$secret`. */
  readonly call: Call;
  /** The same for every attempt at this step in this direction. */
  readonly idempotencyKey: string;
  /** CEL classifiers for a probe, in order; empty for an act. */
  readonly outcomes: readonly { readonly name: string; readonly when: string }[];
}

/** Send a `tick` for the run at this time, or later. */
export interface TimerCommand {
  readonly kind: "timer";
  readonly id: string;
  readonly runId: string;
  readonly atMs: number;
}
