import { evaluateGuardPartial, type Lookup } from "../../guard/evaluate-guard.ts";
import { type Formula, type GuardValue, listReferences } from "../../guard/formula.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { invariant } from "../../value/invariant.ts";
import type { Plan } from "../plan.ts";

/**
 * Whether the plan's goal held already when its targets were read: then there is nothing to do (`plan` exits 0 and says so). A
 * plan without a goal, or whose goal asks for a fact that was not read, always has something to do.
 */
export function isGoalReached(plan: Plan): boolean {
  if (plan.goal === "") return false;
  const facts = new Map<string, GuardValue>(
    plan.pins.targets.flatMap((target) => target.facts.map((fact) => [fact.name, fact.value] as const)),
  );
  return holds(plan.goal, (key) => facts.get(key)) === true;
}

/**
 * Whether a guard of a plan holds as far as the facts given decide it (strong Kleene logic); `""` always does.
 *
 * @param text - as it stands in a plan: canonical, typed, without macros
 */
export function holds(text: string, lookup: Lookup): boolean | undefined {
  if (text === "") return true;
  const parsed = parseCompiledGuard(text);
  invariant(parsed.ok, "a plan's guard was compiled");
  // A plan's guards have no macros: they were unrolled.
  const formula = parsed.value as Formula;
  const reads = listReferences(formula).map(({ key, path }) => ({ key, path, type: { kind: "boolean" as const } }));
  return evaluateGuardPartial({ formula, reads }, lookup);
}
