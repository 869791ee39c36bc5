import type { Plan, PlanIntent, PlanPreparer, Proposer } from "../plan.ts";
import { findUnneeded } from "./find-unneeded.ts";
import { type ChangeGroup, groupChanges } from "./group-changes.ts";
import { endingsOf, type PlanEnding } from "./plan-endings.ts";
import { type PlannedUndo, planWayBack } from "./way-back-order.ts";

/**
 * A plan as a difference: what it changes, and how it can end. A pure function of the plan, like the review, from which
 * it leaves out only what it says it leaves out.
 */
export interface PlanOutline {
  /** What was asked for, by whom, and who worded the goal; `null` where nobody recorded it. */
  readonly asked: PlanIntent | null;
  /** Who made the proposal. */
  readonly proposer: Proposer;
  /** Who gave the command; `null` where that is simply the person on whose behalf it was proposed. */
  readonly preparedBy: PlanPreparer | null;
  /** What the proposal was given. */
  readonly inputs: Plan["inputs"];
  /** What the proposer says of it. Nobody has checked that. */
  readonly summary: string;
  /** `""` for a plan without a goal. */
  readonly goal: string;
  /** Equal writes together, the irreversible ones first. */
  readonly changes: readonly ChangeGroup[];
  /** Ids of the writes that the goal certainly does not need. */
  readonly unneeded: readonly string[];
  /** What undoes a run that has made every write, in its order. */
  readonly wayBack: readonly PlannedUndo[];
  /** Every way in which a run can end. */
  readonly endings: readonly PlanEnding[];
}

/** Writes the outline of a plan. */
export function outlinePlan(plan: Plan): PlanOutline {
  const { intent = null, preparedBy = null, summary, proposer, inputs } = plan;
  return {
    asked: intent,
    proposer,
    preparedBy,
    inputs,
    summary,
    goal: plan.goal,
    changes: groupChanges(plan),
    unneeded: findUnneeded(plan),
    wayBack: planWayBack(plan),
    endings: endingsOf(plan),
  };
}
