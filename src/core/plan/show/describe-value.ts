import type { Charset, FactExtraction, ValueType } from "../../domain/domain.ts";
import { canonicalText } from "../../value/canonical.ts";
import { assertNever } from "../../value/invariant.ts";

/**
 * A type in words for a review: unlike the words of a refusal it leaves nothing out, for a value that comes while the plan runs
 * is held against exactly this (I16).
 */
export function describeWholeType(type: ValueType): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "values":
      return `one of ${type.values.map(canonicalText).join(", ")}`;
    case "integer":
      return `a whole number from ${type.min} to ${type.max}`;
    case "number":
      return `a number from ${type.min} to ${type.max}`;
    case "string":
      return `${texts[type.charset]} of at most ${counted(type.lengthMax, "character")}`;
    case "object":
      return `any ${type.of} of the inventory`;
    case "path":
      return `a relative path of at most ${counted(type.lengthMax, "character")}`;
    case "url":
      return `an address at ${type.hosts.map(canonicalText).join(" or ")}`;
    case "list":
      return `a list of at most ${type.countMax}, each ${describeWholeType(type.of)}`;
    case "record":
      return `an object with ${type.fields.map((field) => `${canonicalText(field.name)} (${describeWholeType(field.type)})`).join(", ")}`;
    default:
      return assertNever(type);
  }
}

const texts: Readonly<Record<Charset, string>> = {
  identifier: "an identifier",
  line: "a line of text",
  text: "a text",
};

/** How raw values become a fact's: `"ON" means true, "OFF" means false`. */
export function describeMap(map: NonNullable<FactExtraction["map"]>): string {
  return map.map(({ from, to }) => `${canonicalText(from)} means ${canonicalText(to)}`).join(", ");
}

/** A duration in the units people think in, to the millisecond: no two read the same. */
export function describeDuration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1_000} s`;
  const parts = [
    [Math.floor(ms / 3_600_000), "h"],
    [Math.floor(ms / 60_000) % 60, "min"],
    [(ms % 60_000) / 1_000, "s"],
  ] as const;
  return parts
    .filter(([count]) => count !== 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** A size in decimal units, to the byte. */
export function describeSize(bytes: number): string {
  if (bytes < 1_000) return counted(bytes, "byte");
  return bytes < 1_000_000 ? `${bytes / 1_000} kB` : `${bytes / 1_000_000} MB`;
}

/** A number and its noun: `1 step`, `2 steps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
