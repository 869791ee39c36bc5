// The values that mutants and hostile proposers try for an argument: all of a short type, a few of a long one.
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { type Declarations, dataOf, isValue, listOf, textOf } from "../interpreter/declarations.ts";

/** A few values of a type, or all of them where there are few; none of a type without bounds. */
export function valuesOf(type: unknown, inventory: Declarations["inventory"]): readonly JsonValue[] {
  if (type === "boolean") return [true, false];
  if (type === "instant") return ["2026-01-01T00:00:00Z", "2026-12-31T02:00:00+02:00", "2027-06-01T00:00:00Z"];
  if (Array.isArray(type)) return type.filter(isValue);
  const data = dataOf(type);
  if ("type" in data) return valuesOf(data["type"], inventory);
  if ("values" in data || "releases" in data) return listOf(data["values"] ?? data["releases"]).filter(isValue);
  if ("object" in data) return inventory.get(textOf(data["object"])) ?? [];
  if ("integer" in data) {
    const [min = 0, max = 0] = listOf(data["integer"]).map(Number);
    return [...new Set([min, min + 1, 4, max])].filter((value) => value >= min && value <= max);
  }
  if ("decimal" in data) {
    const { min, max, step } = dataOf(data["decimal"]);
    return [...new Set([min, Number(min) + Number(step), (Number(min) + Number(max)) / 2, max].map(Number))];
  }
  return [];
}
