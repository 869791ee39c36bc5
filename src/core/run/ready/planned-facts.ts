import { readBy } from "../../guard/plan-guard.ts";
import type { CallStep, Plan } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import type { PlannedFact, PreparedStep } from "../words/prepared.ts";

/** What a plan was made on: the value of each fact that was read for it, and the object that has it. */
export type PinnedFacts = ReadonlyMap<string, Pick<PlannedFact, "value" | "objectIndex">>;

/** Every fact that was read when the plan was made. Cost: the facts, once a run. */
export function pinnedFacts(plan: Plan, indexByObject: ReadonlyMap<string, number>): PinnedFacts {
  return new Map(
    plan.pins.targets.flatMap(({ object, facts }) => {
      const objectIndex = indexByObject.get(object);
      invariant(objectIndex !== undefined, "a run keeps a baseline of every pinned object");
      return facts.map(({ name, value }) => [name, { value, objectIndex }] as const);
    }),
  );
}

/** The facts that a write changes, and then those that its precondition reads, as the plan was made on them. */
export function plannedFacts(call: CallStep, pre: PreparedStep["pre"], pinned: PinnedFacts): readonly PlannedFact[] {
  const effect = new Map(call.effect.map(({ fact, value }) => [fact, value]));
  const names = new Set([...effect.keys(), ...readBy(pre)]);
  return [...names].flatMap((name) => {
    const pin = pinned.get(name);
    return pin === undefined ? [] : [{ name, ...pin, becomes: effect.get(name) ?? null }];
  });
}
