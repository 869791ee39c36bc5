import type { Conjunct } from "../../guard/conjuncts.ts";
import type { Assignment, ObjectRef } from "../../plan/plan.ts";

/** The invariants of a plan, made ready to be judged: which of their conditions each fact has a part in. */
export interface PreparedInvariants {
  readonly parts: readonly InvariantPart[];
  /** The facts that they read, by name. */
  readonly facts: ReadonlyMap<string, InvariantFact>;
}

/** A fact that conditions read. */
export interface InvariantFact {
  /** Its place among the facts that the run remembers. */
  readonly index: number;
  /** The object that shows it; `null` if the plan does not say how to read it. */
  readonly object: ObjectRef | null;
  /** The conditions that read it, in their order. */
  readonly parts: readonly InvariantPart[];
}

/** A condition of an invariant, and whether it was false already when the plan was made. */
export interface InvariantPart extends Conjunct {
  /** Its place among the conditions of all invariants. */
  readonly index: number;
  readonly wasBroken: boolean;
}

/** What a write has to do with the invariants of its plan. */
export interface StepInvariants {
  /** What its effect makes of the facts that they read, and what it makes of them while it is under way. */
  readonly changes: readonly (readonly Assignment[])[];
  /** Objects that are read with it, because a condition reads them together with a fact that it changes. Sorted. */
  readonly alongside: readonly ObjectRef[];
}
