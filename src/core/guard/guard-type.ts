import { assertNever, invariant } from "../value/invariant.ts";
import { quote } from "../value/text.ts";
import { formatPath, type GuardValue } from "./formula.ts";

/** The finite domain of a fact, an outcome, an input or an argument. */
export type GuardType =
  | { readonly kind: "boolean" }
  /** One of the named values, in declared order. */
  | { readonly kind: "values"; readonly values: readonly string[] }
  /** A whole number, both bounds included. */
  | { readonly kind: "integer"; readonly min: number; readonly max: number };

/** What the compiler knows of names: resolves a path to the type declared for it. */
export interface Scope {
  resolve(path: readonly string[]): GuardType | undefined;
  /** The keys (`formatPath`) that could have been meant, for hints; may be a part of them. */
  names(): readonly string[];
}

/** A scope of a fixed table from keys (`formatPath`) to types. */
export function createScope(types: ReadonlyMap<string, GuardType>): Scope {
  return { resolve: (path) => types.get(formatPath(path)), names: () => [...types.keys()].sort() };
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

/** Whether every value of `inner` belongs to `outer`: what an assignment from one to the other needs. */
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

/** How many values a type has. */
export function countValues(type: GuardType): number {
  switch (type.kind) {
    case "boolean":
      return 2;
    case "values":
      return type.values.length;
    case "integer":
      return type.max - type.min + 1;
    default:
      return assertNever(type);
  }
}

/** Every value of a type, in declared or rising order; `false` before `true`. At most 100,000. */
export function listValues(type: GuardType): readonly GuardValue[] {
  invariant(countValues(type) <= 100_000, "a listed domain is small");
  switch (type.kind) {
    case "boolean":
      return [false, true];
    case "values":
      return type.values;
    case "integer":
      return Array.from({ length: countValues(type) }, (_, index) => type.min + index);
    default:
      return assertNever(type);
  }
}

/** A type in words for a message: "one of `a`, `b`". */
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
