import type { FactValue } from "../../domain/domain.ts";
import type { PlanGuard } from "../../guard/plan-guard.ts";
import type { ThenRunPlace, ThenRuns } from "../../plan/branches/way-back.ts";
import type { CallStep, ObjectRef, Plan, PlanStep } from "../../plan/plan.ts";
import type { Digest } from "../../value/digest.ts";
import type { PreparedInvariants, StepInvariants } from "./prepared-invariants.ts";

/**
 * A plan made ready to run: names turned into indexes, guards parsed, successors listed. A pure function of the plan.
 */
export interface PreparedRun {
  readonly runId: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  /** The steps of the plan, in its order. Behind them stand the actions that run after undos. */
  readonly steps: readonly PreparedStep[];
  readonly indexById: ReadonlyMap<string, number>;
  /** Steps that wait for no other step. */
  readonly roots: readonly number[];
  readonly goal: PlanGuard;
  /** Every pinned or written object, sorted: the objects a run keeps a baseline of. */
  readonly objects: readonly ObjectRef[];
  /** Every lock of every step, sorted, without repeats. */
  readonly locks: readonly string[];
  readonly hasWrites: boolean;
  /** How many fleets there are whose failures a barrier counts. */
  readonly fleetCount: number;
  readonly thenRuns: ThenRuns;
  /** `null` where no invariant is held: the plan has none, or writes nothing. */
  readonly invariants: PreparedInvariants | null;
}

/** A fact that a plan was made on. */
export interface PlannedFact {
  readonly name: string;
  readonly value: FactValue;
  /** Its object's place among the run's `objects`. */
  readonly objectIndex: number;
  /** What the write makes of it; `null` if only its precondition reads it. */
  readonly becomes: FactValue | null;
}

/** One step of a prepared plan. */
export interface PreparedStep extends StepInvariants {
  readonly index: number;
  readonly step: PlanStep;
  /** The step as a call, or `null` when it is not one. */
  readonly call: CallStep | null;
  readonly isWrite: boolean;
  /** Index of the step's target among the run's `objects`; -1 without a target. */
  readonly targetIndex: number;
  /** The step itself, then the steps that wait for it, ascending: the states that change when it is over. */
  readonly withSuccessors: readonly number[];
  readonly when: PlanGuard;
  readonly after: readonly number[];
  readonly pre: PlanGuard;
  /** Facts that a write changes or that its precondition reads, as the plan was made on them. */
  readonly planned: readonly PlannedFact[];
  readonly expect: PlanGuard;
  /** Whether another write of the plan takes one of this step's locks. Only such steps can get in each other's way. */
  readonly sharesLocks: boolean;
  /** Whether the world is read before the intent: before every write, and before a read that has a precondition. */
  readonly readsFirst: boolean;
  /** The fleet in which its failure counts, by its place in `RunState.failedCounts`; -1 if nobody counts it. */
  readonly fleet: number;
  /** How many failures of which fleet it lets pass; `null` for a step that counts none. */
  readonly failures: { readonly fleet: number; readonly max: number } | null;
  /** Whether a later argument takes a value from this step's output. */
  readonly keepsOutput: boolean;
  /** Whether the call's template has values that are bound at run time. A template without any is sent as it stands. */
  readonly bindsCall: boolean;
  readonly bindsUndo: boolean;
  /** What runs once this step is undone, in this order. */
  readonly thenRuns: readonly ThenRunPlace[];
  /** What an action after undos does, and the step whose undo it follows. `null` for a step of the plan. */
  readonly thenRun: { readonly key: string; readonly behind: number } | null;
  /** Name under which the site remembers intents for cooldown and rate, or `null`. */
  readonly paceKey: string | null;
}
