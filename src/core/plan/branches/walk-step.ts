import type { FormulaId } from "./outcome-formula.ts";

/** A step as the walk sees it; its place in the list is its variable. */
export interface WalkStep {
  /** Every outcome that it can have when it runs, then `not_run`. */
  readonly outcomes: readonly string[];
  /** When it runs: a formula over the steps it waits for. */
  readonly runs: FormulaId;
  readonly isEnding: boolean;
  /**
   * When it runs, asked without anything that a no or a silence decided: `runs`, and that every question it waits for
   * was answered yes or was not asked.
   */
  readonly voiced: FormulaId;
  /** Outcomes, by their place, that are a no or a silence. */
  readonly silences: readonly number[];
  readonly isWrite: boolean;
  /** What running it costs at worst, in as many dimensions as the caller likes; the same number for all steps. */
  readonly cost: readonly number[];
  /** For a barrier that counts the failures of its fleet; absent for every other step. */
  readonly limit?: WalkLimit;
}

/**
 * A barrier that is skipped once too many steps of its fleet have failed. Whether they did is its own choice here: if
 * more stand before it than may fail, either may be so, until one barrier of the fleet was skipped for it. Then all
 * later ones are. So the failures need not be counted, and no outcome of a member has to be tried.
 */
export interface WalkLimit {
  readonly of: string;
  /** Whether more steps of the fleet stand before it than may fail. */
  readonly mayGiveUp: boolean;
  /** What it waits for. */
  readonly after: readonly number[];
}

/** Something that must never hold once step `at` is decided. */
export interface Watch {
  readonly at: number;
  readonly forbidden: FormulaId;
}
