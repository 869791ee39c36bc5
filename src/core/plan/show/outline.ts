import type { Plan } from "../plan.ts";
import { findUnneeded } from "./find-unneeded.ts";
import { type ChangeGroup, groupChanges } from "./group-changes.ts";
import { endingsOf, type PlanEnding } from "./plan-endings.ts";

/**
 * A plan as a difference: what it changes, and how it can end. A pure function of the plan, like the review, from which
 * it leaves out only what it says it leaves out.
 */
export interface PlanOutline {
  /** What was asked for, in the words of who asked; the proposer's own summary where nothing else is known. */
  readonly asked: { readonly by: string; readonly text: string } | null;
  /** `""` for a plan without a goal. */
  readonly goal: string;
  /** Equal writes together, the irreversible ones first. */
  readonly changes: readonly ChangeGroup[];
  /** Ids of the writes that the goal certainly does not need. */
  readonly unneeded: readonly string[];
  /** Every way in which a run can end. */
  readonly endings: readonly PlanEnding[];
}

/** Writes the outline of a plan. */
export function outlinePlan(plan: Plan): PlanOutline {
  const { intent, summary } = plan;
  const said = summary === "" ? null : { by: "the proposer", text: summary };
  return {
    asked: intent === undefined ? said : { by: intent.by, text: intent.text },
    goal: plan.goal,
    changes: groupChanges(plan),
    unneeded: findUnneeded(plan),
    endings: endingsOf(plan),
  };
}
