import { isOnStep, isStepWithin } from "../value/decimal.ts";
import { readInstant } from "../value/instant.ts";
import { assertNever } from "../value/invariant.ts";
import { quote } from "../value/text.ts";
import { type Charset, findFactTextFlaw, isCharsetWithin, type TextType } from "../value/text-type.ts";
import { isVersion, versionCharsMax } from "../value/version.ts";
import type { GuardValue } from "./formula.ts";

/** The type of a fact, an outcome, an input or an argument. */
export type GuardType =
  | { readonly kind: "boolean" }
  /** One of several named values, in declared order. */
  | { readonly kind: "values"; readonly values: readonly string[] }
  /** A whole number; both bounds are included. */
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  /** A text. It is unbounded: only the texts that are written out or given are told apart. */
  | { readonly kind: "string"; readonly lengthMax: number; readonly charset: Charset }
  /** One of several releases, from the oldest to the newest: `<` and `>` go by their places in the list. */
  | { readonly kind: "releases"; readonly values: readonly string[] }
  /** A version of a scheme that orders all of them. It is unbounded. */
  | { readonly kind: "version"; readonly scheme: "semver" }
  /** A number in steps. By order it is compared with the thresholds alone, so that there are finitely many cases. */
  | {
      readonly kind: "decimal";
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly thresholds: readonly number[];
    }
  /** An instant, as `readInstant` spells it. It is compared by order as a decimal is. */
  | { readonly kind: "instant"; readonly thresholds: readonly string[] };

/** A type whose values have an order of their own. Whole numbers have the usual one. */
export type OrderedType = Extract<GuardType, { readonly kind: "releases" | "version" | "decimal" | "instant" }>;

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
    case "releases":
      return typeof value === "string" && type.values.includes(value);
    case "integer":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= type.min && value <= type.max;
    case "string":
      return typeof value === "string" && findFactTextFlaw(type, value) === null;
    case "version":
      return typeof value === "string" && isVersion(value);
    case "decimal":
      return typeof value === "number" && isOnStep(value, type);
    case "instant":
      return typeof value === "string" && readInstant(value) !== null;
    default:
      return assertNever(type);
  }
}

/** Whether a type has more values than anybody could list. */
export function isUnbounded(type: GuardType): boolean {
  switch (type.kind) {
    case "boolean":
    case "values":
    case "integer":
    case "releases":
      return false;
    case "string":
    case "version":
    case "decimal":
    case "instant":
      return true;
    default:
      return assertNever(type);
  }
}

/** The one spelling of a value of a type. Only an instant has several. */
export function spellValue(value: GuardValue, type: GuardType): GuardValue {
  return type.kind === "instant" && typeof value === "string" ? (readInstant(value) ?? value) : value;
}

/** Whether the values of a type have an order of their own that guards compare by. */
export function isOrdered(type: GuardType): type is OrderedType {
  return type.kind === "version" || type.kind === "releases" || type.kind === "decimal" || type.kind === "instant";
}

/** Whether every value of `inner` belongs to `outer`, which an assignment from one to the other needs. */
export function isSubtype(inner: GuardType, outer: GuardType): boolean {
  switch (inner.kind) {
    case "boolean":
      return outer.kind === "boolean";
    case "values":
    case "releases":
      return inner.values.every((value) => isOfType(value, outer));
    case "integer":
      return outer.kind === "decimal"
        ? isStepWithin(1, outer.step) && isRangeWithin(inner, outer)
        : outer.kind === "integer" && isRangeWithin(inner, outer);
    case "string":
      return outer.kind === "string" && isTextWithin(inner, outer);
    case "version":
      return outer.kind === "string" ? isTextWithin(versionText, outer) : outer.kind === "version";
    case "decimal":
      return outer.kind === "decimal" && isStepWithin(inner.step, outer.step) && isRangeWithin(inner, outer);
    case "instant":
      return outer.kind === "string" ? isTextWithin(instantText, outer) : outer.kind === "instant";
    default:
      return assertNever(inner);
  }
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function isRangeWithin(inner: Range, outer: Range): boolean {
  return inner.min >= outer.min && inner.max <= outer.max;
}

function isTextWithin(inner: TextType, outer: TextType): boolean {
  return inner.lengthMax <= outer.lengthMax && isCharsetWithin(inner.charset, outer.charset);
}

/** A version may hold a `+`. */
const versionText: TextType = { lengthMax: versionCharsMax, charset: "line" };
const instantText: TextType = { lengthMax: 24, charset: "line" };

/** Whether some value belongs to both types. Where none does, a comparison could never be true. */
export function isOverlapping(left: GuardType, right: GuardType): boolean {
  if (left.kind === "values" || left.kind === "releases") return left.values.some((value) => isOfType(value, right));
  if (right.kind === "values" || right.kind === "releases") return isOverlapping(right, left);
  if (isNumber(left) && isNumber(right)) return left.min <= right.max && right.min <= left.max;
  const isText = ({ kind }: GuardType): boolean => kind === "string" || kind === "version" || kind === "instant";
  return left.kind === right.kind || (isText(left) && isText(right));
}

function isNumber(type: GuardType): type is Extract<GuardType, { kind: "integer" | "decimal" }> {
  return type.kind === "integer" || type.kind === "decimal";
}

/** A type in words for a message, such as "one of `a`, `b`". */
export function describeType(type: GuardType): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "values":
    case "releases":
      return `one of ${type.values.slice(0, 12).map(quote).join(", ")}${type.values.length > 12 ? ", …" : ""}`;
    case "integer":
      return `a whole number from ${type.min} to ${type.max}`;
    case "string":
      return `a text of at most ${type.lengthMax} characters (${type.charset})`;
    case "version":
      return "a semantic version such as `1.10.0`";
    case "decimal":
      return `a number from ${type.min} to ${type.max} in steps of ${type.step}`;
    case "instant":
      return "an instant such as `2026-11-30T17:00:00Z`";
    default:
      return assertNever(type);
  }
}
