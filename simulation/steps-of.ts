import { isCallStep } from "../src/core/plan/kinds/index.ts";
import { thenStepsOf } from "../src/core/plan/kinds/undo-calls.ts";
import type { CallStep, Plan, PlanStep } from "../src/core/plan/plan.ts";

/** The steps of a plan, and behind them what runs after undos. */
export function stepsOf({ steps }: Plan): readonly PlanStep[] {
  return [...steps, ...steps.filter(isCallStep).flatMap(thenStepsOf)];
}

/** A call by its id, or `null`. */
export function callOf(plan: Plan, stepId: string): CallStep | null {
  const step = stepsOf(plan).find((candidate) => candidate.id === stepId);
  return step !== undefined && isCallStep(step) ? step : null;
}
