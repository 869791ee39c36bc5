import { compareInstants } from "../value/instant.ts";
import { assertNever } from "../value/invariant.ts";
import { compareVersions } from "../value/version.ts";
import type { Comparison, ComparisonOperator, Formula, GuardValue, TextOrder } from "./formula.ts";

/**
 * Compares two values of one type, as a typed guard does.
 *
 * @param formula - the comparison: it says what texts are ordered by
 * @returns `undefined` if one of them has no place in that order
 */
export function compareValues(formula: Comparison<Formula>, left: GuardValue, right: GuardValue): boolean | undefined {
  const { operator } = formula;
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  const order = orderOf(formula.left) ?? orderOf(formula.right);
  const difference = order === undefined ? compareNumbers(left, right) : compareTexts(order, left, right);
  return difference === undefined ? undefined : isInOrder(operator, difference);
}

/** What a comparison finds if the left side minus the right side has this sign. */
export function isInOrder(operator: Exclude<ComparisonOperator, "==" | "!=">, difference: number): boolean {
  switch (operator) {
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    case ">=":
      return difference >= 0;
    default:
      return assertNever(operator);
  }
}

function orderOf(side: Formula): TextOrder | undefined {
  return side.kind === "constant" ? side.order : undefined;
}

function compareNumbers(left: GuardValue, right: GuardValue): number | undefined {
  return typeof left === "number" && typeof right === "number" ? left - right : undefined;
}

function compareTexts(order: TextOrder, left: GuardValue, right: GuardValue): number | undefined {
  if (typeof left !== "string" || typeof right !== "string") return undefined;
  switch (order) {
    case "semver":
      return compareVersions(left, right);
    case "instant":
      return compareInstants(left, right);
    default:
      return assertNever(order);
  }
}
