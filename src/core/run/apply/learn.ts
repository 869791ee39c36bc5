import type { ObservedFact, ObservedObject } from "../../plan/compile/read-object.ts";
import { invariant } from "../../value/invariant.ts";
import { vectorOf, vectorWith } from "../collections/persistent-vector.ts";
import type { RunEvent } from "../words/event.ts";
import type { PreparedInvariants } from "../words/prepared-invariants.ts";
import type { HeldState } from "../words/state.ts";
import type { MutableRun } from "./mutable-run.ts";

/*
 * What a run remembers for the invariants of its plan: the last reading of each fact that they read, and what the
 * kernel found out about them. A plan without invariants remembers nothing.
 */

type EventOf<Kind extends RunEvent["kind"]> = Extract<RunEvent, { readonly kind: Kind }>;

/** What is known before the first reading: nothing. */
export function beginHolding(rules: PreparedInvariants): HeldState {
  const { parts, facts } = rules;
  return {
    rules,
    known: vectorOf([...facts].map(() => null)),
    excused: vectorOf(parts.map(({ wasBroken }) => wasBroken)),
    broken: [],
  };
}

/** Remembers what a reading shows of the facts that invariants read. Cost: the facts. */
export function learnFacts(next: MutableRun, facts: readonly Pick<ObservedFact, "name" | "value">[]): void {
  if (next.held === null) return;
  const { rules } = next.held;
  let { known } = next.held;
  for (const { name, value } of facts) {
    const fact = rules.facts.get(name);
    if (fact !== undefined) known = vectorWith(known, fact.index, value);
  }
  next.held = { ...next.held, known };
}

/** As `learnFacts`, for whole objects. */
export function learnObjects(next: MutableRun, objects: readonly ObservedObject[]): void {
  if (next.held !== null) for (const { facts } of objects) learnFacts(next, facts);
}

/** Remembers that a condition broke. */
export function breakPart(next: MutableRun, { part, stepId, facts }: EventOf<"invariant_broken">): void {
  learnFacts(next, facts);
  const held = heldIn(next);
  next.held = { ...held, broken: [...held.broken, { part, stepId }] };
}

/** Remembers that a condition holds: from now on nothing excuses it. */
export function restorePart(next: MutableRun, { part, facts }: EventOf<"invariant_restored">): void {
  learnFacts(next, facts);
  const held = heldIn(next);
  const broken = held.broken.filter((known) => known.part !== part);
  next.held = { ...held, broken, excused: vectorWith(held.excused, part, false) };
}

function heldIn({ held }: MutableRun): HeldState {
  invariant(held !== null, "a condition is one of the plan's own");
  return held;
}
