import type { FactValue } from "../../domain/domain.ts";
import type { Lookup } from "../../guard/evaluate-guard.ts";
import { formatText } from "../../guard/formula.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Fact } from "../../plan/plan.ts";

/** Looks facts up in a reading. A fact that was not seen, or had a value outside its domain, is not known. */
export function lookupIn(objects: readonly ObservedObject[]): Lookup {
  return (name) => factIn(objects, name) ?? undefined;
}

/** The value of a fact in a reading; `null` if it was not seen, or had a value outside its domain. */
export function factIn(objects: readonly ObservedObject[], name: string): FactValue | null {
  for (const seen of objects) for (const fact of seen.facts) if (fact.name === name) return fact.value;
  return null;
}

/** What a reading showed of a fact in place of a value of its type; `undefined` if it showed a value or nothing. */
export function whyUnknown(objects: readonly ObservedObject[], name: string): string | undefined {
  for (const seen of objects) for (const fact of seen.facts) if (fact.name === name) return fact.why;
  return undefined;
}

/** Every fact of a reading that has a value. */
export function knownFacts(objects: readonly ObservedObject[]): readonly Fact[] {
  const known: Fact[] = [];
  for (const { facts } of objects) for (const { name, value } of facts) if (value !== null) known.push({ name, value });
  return known;
}

/** Facts with their values in a reading, for people. */
export function describeFacts(names: readonly string[], objects: readonly ObservedObject[]): string {
  return names.map((name) => `\`${name}\` = ${describeFact(objects, name)}`).join(", ");
}

/** A value of a fact, as a guard would write it. */
export function sayFact(value: FactValue): string {
  return typeof value === "string" ? formatText(value) : String(value);
}

function describeFact(objects: readonly ObservedObject[], name: string): string {
  const value = factIn(objects, name);
  if (value !== null) return sayFact(value);
  const why = whyUnknown(objects, name);
  return why === undefined ? "unknown" : `unknown (${why})`;
}

/** Whether each of the facts is known in both readings, with the same value. */
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

/** An object of a reading, or `null` if it was not read. */
export function objectIn(objects: readonly ObservedObject[], name: string | null): ObservedObject | null {
  for (const seen of objects) if (seen.object === name) return seen;
  return null;
}

/** Whether two readings show the same object in the same state. */
export function sameObject(left: ObservedObject, right: ObservedObject): boolean {
  return (
    left.object === right.object &&
    left.fingerprint === right.fingerprint &&
    left.fence === right.fence &&
    left.facts.length === right.facts.length &&
    left.facts.every((fact, index) => fact.name === right.facts[index]?.name && fact.value === right.facts[index].value)
  );
}

/** A guard that demands the values of an earlier reading. A driver needs it to know how long to go on reading. */
export function demandFacts(names: readonly string[], before: readonly ObservedObject[]): string {
  return names.map((name) => demandFact(name, factIn(before, name))).join(" && ");
}

/** A guard that demands one value of a fact. */
export function demandFact(name: string, value: FactValue | null): string {
  return `${name} == ${typeof value === "string" ? formatText(value) : String(value)}`;
}
