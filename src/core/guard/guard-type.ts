import { assertNever } from "../value/invariant.ts";
import { quote } from "../value/text.ts";
import type { GuardValue } from "./formula.ts";

/** The finite domain of a fact, an outcome, an input or an argument. */
export type GuardType =
  | { readonly kind: "boolean" }
  /** One of several named values, in declared order. */
  | { readonly kind: "values"; readonly values: readonly string[] }
  /** A whole number; both bounds are included. */
  | { readonly kind: "integer"; readonly min: number; readonly max: number };

/** The names that are known at some place, and their types. */
export interface Scope {
  resolve(path: readonly string[]): GuardType | undefined;
  /** The keys (`formatPath`) that a misspelt name could have meant, for hints. The list need not be complete. */
  names(): readonly string[];
}

/** Whether a value belongs to a type. */
export function isOfType(value: GuardValue, type: GuardType): boolean {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean";
    case "values":
      return typeof value === "string" && type.values.includes(value);
    case "integer":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= type.min && value <= type.max;
    default:
      return assertNever(type);
  }
}

/** Whether every value of `inner` belongs to `outer`, which an assignment from one to the other needs. */
export function isSubtype(inner: GuardType, outer: GuardType): boolean {
  switch (inner.kind) {
    case "boolean":
      return outer.kind === "boolean";
    case "values":
      return outer.kind === "values" && inner.values.every((value) => outer.values.includes(value));
    case "integer":
      return outer.kind === "integer" && inner.min >= outer.min && inner.max <= outer.max;
    default:
      return assertNever(inner);
  }
}

/** A type in words for a message, such as "one of `a`, `b`". */
export function describeType(type: GuardType): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "values":
      return `one of ${type.values.slice(0, 12).map(quote).join(", ")}${type.values.length > 12 ? ", …" : ""}`;
    case "integer":
      return `a whole number from ${type.min} to ${type.max}`;
    default:
      return assertNever(type);
  }
}
