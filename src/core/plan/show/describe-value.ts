import type { Charset, FactExtraction, ValueType } from "../../domain/domain.ts";
import { canonicalText } from "../../value/canonical.ts";
import { assertNever } from "../../value/invariant.ts";
import { counted } from "../../value/units.ts";

/**
 * A type in words for a review. Unlike the words of a refusal it leaves nothing out, because a value that arrives while
 * the plan runs is checked against exactly this (I16).
 */
export function describeWholeType(type: ValueType): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "values":
      return `one of ${type.values.map(canonicalText).join(", ")}`;
    case "releases":
      return `one of ${type.values.map(canonicalText).join(", ")}, from the oldest to the newest`;
    case "version":
      return "a semantic version";
    case "decimal":
      return `a number from ${type.min} to ${type.max} in steps of ${type.step}`;
    case "instant":
      return "an instant of RFC 3339";
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
      return `an object with ${type.fields.map(describeField).join(", ")}`;
    default:
      return assertNever(type);
  }
}

function describeField({ name, type }: { readonly name: string; readonly type: ValueType }): string {
  return `${canonicalText(name)} (${describeWholeType(type)})`;
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
