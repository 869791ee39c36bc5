import type { GuardValue } from "../../guard/formula.ts";
import { holds, parsePlanGuard } from "../../guard/plan-guard.ts";
import type { Plan } from "../plan.ts";

/**
 * Whether the plan's goal held already when its targets were read: then there is nothing to do. A plan without a goal
 * always has something to do, and so has one whose goal asks for a fact that was not read.
 */
export function isGoalReached(plan: Plan): boolean {
  if (plan.goal === "") return false;
  const facts = new Map<string, GuardValue>(
    plan.pins.targets.flatMap((target) => target.facts.map((fact) => [fact.name, fact.value] as const)),
  );
  return holds(parsePlanGuard(plan.goal), (key) => facts.get(key));
}
