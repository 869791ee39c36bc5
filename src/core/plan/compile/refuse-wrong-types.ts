import { parsePlanGuard, readBy } from "../../guard/plan-guard.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { isCallStep } from "../kinds/index.ts";
import { undoCallsOf } from "../kinds/undo-calls.ts";
import type { CallStep, Plan } from "../plan.ts";
import { factName, type ObservedFact, type ObservedObject } from "./read-object.ts";

/** The parts of a plan that need facts, and how they are read. */
export type PlanNeeds = Pick<Plan, "steps" | "goal" | "invariants" | "proposer" | "observations">;

/**
 * One `E_FACT_TYPE` for each fact that was read as something else than its type and that a way back, a post-condition,
 * a guard or an invariant of the plan needs. Such a plan would promise what nobody can do: to put back a value that was
 * never seen, or to see one that the reading cannot show.
 *
 * A `map` says which words have a meaning, and all others are unknown on purpose. Such a fact is refused only where a
 * way back would put it back: a step may well be there to change it.
 *
 * An invariant does not refuse a rollback. The way back of the other objects must not wait until one object can be
 * read.
 */
export function refuseWrongTypes(plan: PlanNeeds, observed: readonly ObservedObject[]): readonly Problem[] {
  const wrong = observed.flatMap(({ facts }) => facts.filter(({ why }) => why !== undefined));
  if (wrong.length === 0) return [];
  const restored = waysBackOf(plan);
  const read = guardsOf(plan);
  return wrong.flatMap((fact) => {
    const need = restored.get(fact.name) ?? (isMapped(plan.observations, fact.name) ? undefined : read.get(fact.name));
    return need === undefined ? [] : [wrongType(fact, `, and ${need} needs it`)];
  });
}

/** Whether a fact is read through a `map`. */
export function isMapped(observations: Plan["observations"], name: string): boolean {
  return observations.some(({ object, facts }) =>
    facts.some(({ fact, map }) => map !== null && factName(object, fact) === name),
  );
}

/** The problem of a fact that was read as something else. */
export function wrongType({ name, why = "" }: ObservedFact, needed = ""): Problem {
  return problem("E_FACT_TYPE", "", `${quote(name)} is unknown${needed}: ${why}`);
}

/** The way back that needs each fact; the first in the order of the plan. */
function waysBackOf({ steps }: PlanNeeds): ReadonlyMap<string, string> {
  return firstNeeds(
    steps.filter(isCallStep).map((step) => ({ facts: restoredBy(step), need: `the way back of ${quote(step.id)}` })),
  );
}

/** What reads each fact; the first in the order of the plan. */
function guardsOf({ steps, goal, invariants, proposer }: PlanNeeds): ReadonlyMap<string, string> {
  const held = proposer.kind === "recovery" ? [] : invariants;
  return firstNeeds([
    ...steps.filter(isCallStep).flatMap((step) => [
      { facts: readBy(parsePlanGuard(step.post?.expect ?? "")), need: `the post-condition of ${quote(step.id)}` },
      { facts: readBy(parsePlanGuard(step.pre)), need: `the precondition of ${quote(step.id)}` },
    ]),
    { facts: readBy(parsePlanGuard(goal)), need: "the goal" },
    ...held.map(({ name, holds }) => ({ facts: readBy(parsePlanGuard(holds)), need: `the invariant ${quote(name)}` })),
  ]);
}

function firstNeeds(
  needs: readonly { readonly facts: readonly string[]; readonly need: string }[],
): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { facts, need } of needs) for (const fact of facts) if (!first.has(fact)) first.set(fact, need);
  return first;
}

function restoredBy(step: CallStep): readonly string[] {
  return undoCallsOf(step).flatMap(({ args, restores }) => [
    ...args.flatMap((argument) => (argument.from === "before" ? [argument.fact] : [])),
    ...restores,
  ]);
}
