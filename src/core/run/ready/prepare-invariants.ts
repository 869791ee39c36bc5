import { conjunctsOf, judgeConjunct } from "../../guard/conjuncts.ts";
import { factName } from "../../plan/compile/read-object.ts";
import { isCallStep } from "../../plan/kinds/index.ts";
import type { Assignment, CallStep, EndStep, ObjectRef, Plan } from "../../plan/plan.ts";
import type { InvariantFact, InvariantPart, PreparedInvariants, StepInvariants } from "../words/prepared-invariants.ts";

/**
 * How many objects are read beside those of a step because an invariant reads them. Of a condition over more of them
 * the run uses the reading that it has.
 */
export const alongsideMax = 16;

/**
 * Prepares the invariants of a plan; `null` where the plan has none, or writes nothing, so that it cannot break any.
 *
 * Cost: O(invariants), once a plan.
 */
export function prepareInvariants(plan: Plan): PreparedInvariants | null {
  if (plan.invariants.length === 0 || !plan.steps.some((step) => isCallStep(step) && step.call.access === "write"))
    return null;
  const pinned = new Map(plan.pins.targets.flatMap(({ facts }) => facts.map(({ name, value }) => [name, value])));
  const parts = plan.invariants.flatMap(conjunctsOf).map((part, index) => ({
    ...part,
    index,
    wasBroken: judgeConjunct(part, (name) => pinned.get(name)) === "broken",
  }));
  const objects = new Map(
    plan.observations.flatMap(({ object, facts }) =>
      facts.map(({ fact }) => [factName(object, fact), object] as const),
    ),
  );
  const facts = new Map<string, InvariantFact & { readonly parts: InvariantPart[] }>();
  for (const part of parts) {
    for (const fact of part.facts) {
      const known = facts.get(fact) ?? { index: facts.size, object: objects.get(fact) ?? null, parts: [] };
      known.parts.push(part);
      facts.set(fact, known);
    }
  }
  return { parts, facts };
}

/** The conditions that read one of these facts, in their order. */
export function partsReading({ facts }: PreparedInvariants, names: readonly string[]): readonly InvariantPart[] {
  const parts = new Set(names.flatMap((name) => facts.get(name)?.parts ?? []));
  return [...parts].sort((left, right) => left.index - right.index);
}

/** The step of a plan without invariants, and every read. */
export const noInvariants: StepInvariants = { changes: [], alongside: [] };

/** Finds what a write has to do with the invariants. Cost: the conditions that read what it changes. */
export function stepInvariants(invariants: PreparedInvariants, call: CallStep): StepInvariants {
  const isRead = ({ fact }: Assignment): boolean => invariants.facts.has(fact);
  const changes = [call.during, call.effect]
    .map((changed) => changed.filter(isRead))
    .filter(({ length }) => length > 0);
  const changed = changes.flat().map(({ fact }) => fact);
  return { changes, alongside: alongsideOf(invariants, changed, call.reads) };
}

/**
 * Finds what is read for the invariants when the plan comes to this ending: the other objects of each condition that
 * reads what the plan changes, or an object of the goal.
 *
 * Cost: the writes of the plan, and the conditions that read what they change.
 */
export function endInvariants(invariants: PreparedInvariants, { steps }: Plan, { reads }: EndStep): StepInvariants {
  const changed = steps.flatMap((step) =>
    isCallStep(step) && step.call.access === "write" ? [...step.during, ...step.effect].map(({ fact }) => fact) : [],
  );
  const seen = [...invariants.facts].flatMap(([fact, { object }]) =>
    object !== null && reads.includes(object) ? [fact] : [],
  );
  return { changes: [], alongside: alongsideOf(invariants, [...changed, ...seen], reads) };
}

/** The objects of the conditions that read one of these facts, without those that are read anyway. */
function alongsideOf(
  invariants: PreparedInvariants,
  facts: readonly string[],
  reads: readonly ObjectRef[],
): readonly ObjectRef[] {
  const beside = new Set<ObjectRef>();
  for (const part of partsReading(invariants, facts)) {
    const objects = new Set(part.facts.flatMap((fact) => invariants.facts.get(fact)?.object ?? []));
    for (const object of reads) objects.delete(object);
    if (objects.size <= alongsideMax) for (const object of objects) beside.add(object);
  }
  return [...beside].sort().slice(0, alongsideMax);
}
