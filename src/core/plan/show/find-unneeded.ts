import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { parsePlanGuard, readBy } from "../../guard/plan-guard.ts";
import { countedFleets, fleetOf } from "../branches/counted-fleets.ts";
import { guardsOf, isCallStep } from "../kinds/index.ts";
import type { CallStep, Plan } from "../plan.ts";

/**
 * The writes that the goal does not need, by id, in the order of the plan. A write is named only if the declared
 * effects make that certain: the goal, the invariants, and the conditions and post-conditions of other steps read
 * nothing that it changes, nothing but an ending reads its outcome or its output, and no step looks at its object. A
 * write that declares no effect is not named, and in a plan without a goal none is.
 */
export function findUnneeded(plan: Plan): readonly string[] {
  const guards = [plan.goal, ...plan.invariants.map(({ holds }) => holds), ...plan.steps.flatMap(guardsOf)];
  // A review is written of every plan. Of one with a guard that does not parse nothing is certain.
  if (plan.goal === "" || guards.some((guard) => guard !== "" && !parseCompiledGuard(guard).ok)) return [];
  const uses = usesOf(plan);
  return plan.steps.flatMap((step) => (isCallStep(step) && isUnneeded(step, uses) ? [step.id] : []));
}

interface Uses {
  /** For each fact, the steps that read it; `null` for the goal and the invariants. */
  readonly readers: ReadonlyMap<string, ReadonlySet<string | null>>;
  /** Steps whose outcome or output another one reads. */
  readonly asked: ReadonlySet<string>;
  /** The objects that a read looks at; with `null` among them, a read that names none may look at any. */
  readonly looks: ReadonlySet<string | null>;
}

function isUnneeded(step: CallStep, { readers, asked, looks }: Uses): boolean {
  if (step.class === "read" || step.effect.length === 0 || asked.has(step.id)) return false;
  if (looks.has(null) || looks.has(step.target)) return false;
  const changed = [...step.effect, ...step.during].map(({ fact }) => fact);
  return !changed.some((fact) => [...(readers.get(fact) ?? [])].some((reader) => reader !== step.id));
}

function usesOf(plan: Plan): Uses {
  const readers = new Map<string, Set<string | null>>();
  const note = (guard: string, reader: string | null): void => {
    for (const fact of readBy(parsePlanGuard(guard))) readers.set(fact, (readers.get(fact) ?? new Set()).add(reader));
  };
  const asked = new Set<string>();
  const looks = new Set<string | null>();
  note(plan.goal, null);
  for (const { holds } of plan.invariants) note(holds, null);
  const fleets = countedFleets(plan.steps);
  for (const step of plan.steps) {
    // A barrier asks of every step of its fleet whether it failed.
    if (fleetOf(step, fleets) !== null) asked.add(step.id);
    // That a plan ends says nothing about what its steps are for.
    if (step.kind !== "end" || step.world === "rollback")
      for (const id of readBy(parsePlanGuard(step.when))) asked.add(id);
    if (!isCallStep(step)) continue;
    note(step.pre, step.id);
    note(step.post?.expect ?? "", step.id);
    for (const { value } of step.args) if (value.kind === "output") asked.add(value.stepId);
    if (step.class === "read") looks.add(step.target);
  }
  return { readers, asked, looks };
}
