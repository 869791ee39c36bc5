import { factsIn, parsePlanGuard } from "../../guard/plan-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { isCallStep } from "../kinds/index.ts";
import type { CallStep, Plan } from "../plan.ts";
import type { ObservedFact, ObservedObject } from "./read-object.ts";

/** The parts of a plan that need facts. */
export type PlanNeeds = Pick<Plan, "steps" | "goal" | "invariants" | "proposer">;

/**
 * One `E_FACT_TYPE` for each fact that was read as something else than its type and that a way back, a post-condition,
 * a guard or an invariant of the plan needs. Such a plan would promise what nobody can do: to put back a value that was
 * never seen, or to see one that the reading cannot show.
 *
 * An invariant does not refuse a rollback. The way back of the other objects must not wait until one object can be
 * read.
 */
export function refuseWrongTypes(plan: PlanNeeds, observed: readonly ObservedObject[]): readonly Problem[] {
  const wrong = observed.flatMap(({ facts }) => facts.filter(({ why }) => why !== undefined));
  if (wrong.length === 0) return [];
  const needs = needsOf(plan);
  return wrong.flatMap((fact) => {
    const need = needs.get(fact.name);
    return need === undefined ? [] : [wrongType(fact, `, and ${need} needs it`)];
  });
}

/** The problem of a fact that was read as something else. */
export function wrongType({ name, why = "" }: ObservedFact, needed = ""): Problem {
  return problem("E_FACT_TYPE", "", `${quote(name)} is unknown${needed}: ${why}`);
}

/** What needs each fact; the first need in the order of the plan. */
function needsOf({ steps, goal, invariants, proposer }: PlanNeeds): ReadonlyMap<string, string> {
  const needs = new Map<string, string>();
  const add = (facts: Iterable<string>, need: string): void => {
    for (const fact of facts) if (!needs.has(fact)) needs.set(fact, need);
  };
  for (const step of steps) {
    if (!isCallStep(step)) continue;
    add(restoredBy(step), `the way back of ${quote(step.id)}`);
    add(readBy(step.post?.expect ?? ""), `the post-condition of ${quote(step.id)}`);
    add(readBy(step.pre), `the precondition of ${quote(step.id)}`);
  }
  add(readBy(goal), "the goal");
  if (proposer.kind !== "recovery")
    for (const { name, holds } of invariants) add(readBy(holds), `the invariant ${quote(name)}`);
  return needs;
}

function restoredBy({ compensation }: CallStep): readonly string[] {
  if (compensation === null) return [];
  return [
    ...compensation.args.flatMap((argument) => (argument.from === "before" ? [argument.fact] : [])),
    ...compensation.restores,
  ];
}

function readBy(guard: string): readonly string[] {
  const formula = parsePlanGuard(guard);
  return formula === null ? [] : factsIn(formula);
}
