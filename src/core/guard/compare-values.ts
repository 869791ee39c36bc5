import { assertNever } from "../value/invariant.ts";
import type { ComparisonOperator, GuardValue } from "./formula.ts";

/** Compares two values of one type, as a typed guard does. */
export function compareValues(operator: ComparisonOperator, left: GuardValue, right: GuardValue): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return assertNever(operator);
  }
}
