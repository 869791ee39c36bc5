import type { FactValue } from "../../domain/domain.ts";
import type { Lookup } from "../../guard/evaluate-guard.ts";
import { formatText } from "../../guard/formula.ts";
import type { Fact } from "../../plan/plan.ts";
import type { ObservedObject } from "../words/input.ts";

/** Looks facts up in a reading; one that no object showed in its domain is not known. */
export function lookupIn(objects: readonly ObservedObject[]): Lookup {
  return (name) => factIn(objects, name) ?? undefined;
}

/** The value of a fact in a reading, or `null` where it was not seen. */
export function factIn(objects: readonly ObservedObject[], name: string): FactValue | null {
  for (const seen of objects) for (const fact of seen.facts) if (fact.name === name) return fact.value;
  return null;
}

/** Every fact of a reading that has a value. */
export function knownFacts(objects: readonly ObservedObject[]): readonly Fact[] {
  return objects.flatMap((seen) =>
    seen.facts.flatMap((fact) => (fact.value === null ? [] : [{ name: fact.name, value: fact.value }])),
  );
}

/** Whether facts have, and are known to have, the values of an earlier reading. */
export function sameFacts(
  names: readonly string[],
  before: readonly ObservedObject[],
  now: readonly ObservedObject[],
): boolean {
  return names.every((name) => {
    const value = factIn(before, name);
    return value !== null && factIn(now, name) === value;
  });
}

/** The object of a reading, or `null` where it was not read. */
export function objectIn(objects: readonly ObservedObject[], name: string | null): ObservedObject | null {
  return objects.find((seen) => seen.object === name) ?? null;
}

/** Whether two readings of an object show the same. */
export function sameObject(left: ObservedObject, right: ObservedObject): boolean {
  return (
    left.object === right.object &&
    left.fingerprint === right.fingerprint &&
    left.fence === right.fence &&
    left.facts.length === right.facts.length &&
    left.facts.every((fact, index) => fact.name === right.facts[index]?.name && fact.value === right.facts[index].value)
  );
}

/** A guard that demands given values, as a driver needs it to know how long to go on reading. */
export function demandFacts(names: readonly string[], before: readonly ObservedObject[]): string {
  return names.map((name) => `${name} == ${literal(factIn(before, name))}`).join(" && ");
}

function literal(value: FactValue | null): string {
  return typeof value === "string" ? formatText(value) : String(value);
}
