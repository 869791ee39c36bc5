import type { Formula } from "../guard/formula.ts";
import type { Code } from "../value/codes.ts";
import type { Course } from "./courses.ts";
import type { Moment } from "./interleave.ts";
import type { WorldStep } from "./world.ts";

/** Something that the plan does, or cannot do, by its own declared effects. */
export interface Finding {
  readonly code: Exclude<Extract<Code, `E_EFFECT_${string}`>, "E_EFFECT_UNSEEN">;
  /** The step it is about; `null` where it is about the plan. */
  readonly step: WorldStep | null;
  /** What it is about: the name of an invariant, or empty. */
  readonly name: string;
  /** The first conjunct that is false, and how many more of the same guard are. */
  readonly conjunct: Formula;
  readonly moreCount: number;
  readonly moment: Moment | null;
  readonly course: Course["outcomes"];
  /** The step that may run at the same time, or first, and makes the difference. */
  readonly other: WorldStep | null;
  /** Where on a way back it happens; `null` for what happens on the way forth. */
  readonly back: BackMoment | null;
}

/** A moment of a way back. */
export interface BackMoment {
  /** The step that begins the way back: it fails, or it is an ending that asks for it. */
  readonly trigger: WorldStep;
  readonly isEnding: boolean;
  /** Whether the failed step has left something behind, so that it is undone too. */
  readonly isTouched: boolean;
  /** The action that is sent then. */
  readonly action: string;
  /** Whether it runs after an undo, and does not undo the step itself. */
  readonly isThenRun: boolean;
  readonly phase: "before" | "during" | "after";
  /** Ids of the steps that are undone already, in this order. */
  readonly undone: readonly string[];
}

/**
 * An invariant, or a precondition, that the facts leave open. `undo_pre`: a part of the precondition of what undoes a
 * step, or runs after that. A run sends it all the same.
 */
export interface Undecided {
  readonly kind: "invariant" | "pre" | "undo_pre";
  /** The invariant's name, or the step's id. */
  readonly name: string;
  /** The part that is open, for `undo_pre` alone. */
  readonly condition?: string;
  readonly unknown: readonly {
    readonly fact: string;
    readonly why: "not_read" | "measured" | "undeclared" | "failed";
  }[];
}
