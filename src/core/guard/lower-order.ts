import { readInstant } from "../value/instant.ts";
import { assertNever } from "../value/invariant.ts";
import { isInOrder } from "./compare-values.ts";
import type { Comparison, ComparisonOperator, Constant, Formula, TextOrder } from "./formula.ts";
import { type OrderedType, spellValue } from "./guard-type.ts";

type OrderOperator = Exclude<ComparisonOperator, "==" | "!=">;

/** Whether an operator compares by order. */
export function isOrderOperator(operator: ComparisonOperator): operator is OrderOperator {
  return operator !== "==" && operator !== "!=";
}

/**
 * A comparison of ordered values, as a guard of a plan says it: in terms that need no declaration. A release and later
 * ones become the list of these; a version and an instant say by what they are compared. What has no place in the order
 * is left as it is, and `typeGuard` refuses it.
 */
export function lowerOrder(formula: Comparison<Formula>, type: OrderedType): Formula {
  switch (type.kind) {
    case "releases":
      return isOrderOperator(formula.operator) ? lowerReleases(formula, type.values) : formula;
    case "version":
      return tagged(formula, "semver");
    case "instant":
      return tagged({ ...formula, left: spelt(formula.left), right: spelt(formula.right) }, "instant");
    case "decimal":
      return nameFirst(formula);
    default:
      return assertNever(type);
  }
}

/** A comparison by order says by which; one by equality needs none. */
function tagged(formula: Comparison<Formula>, order: TextOrder): Formula {
  const isByOrder = isOrderOperator(formula.operator);
  const tag = (side: Formula): Formula => {
    if (side.kind !== "constant" || typeof side.value !== "string") return side;
    const { order: _, ...plain } = side;
    return isByOrder ? { ...plain, order } : plain;
  };
  return nameFirst({ ...formula, left: tag(formula.left), right: tag(formula.right) });
}

/** A constant in the one spelling that instants are kept in. */
function spelt(side: Formula): Formula {
  if (side.kind !== "constant" || typeof side.value !== "string") return side;
  return { ...side, value: readInstant(side.value) ?? side.value };
}

/** As `lowerOrder`, for a list of constants. */
export function lowerItems(items: readonly Constant[], type: OrderedType): readonly Constant[] {
  return items.map((item) => ({ ...item, value: spellValue(item.value, type) }));
}

/** The same comparison with the fact on the left, where people look for it. */
function nameFirst(formula: Comparison<Formula>): Comparison<Formula> {
  const { left, right, operator } = formula;
  if (left.kind !== "constant" || right.kind === "constant" || !isOrderOperator(operator)) return formula;
  return { ...formula, left: right, right: left, operator: mirrored[operator] };
}

function lowerReleases(formula: Comparison<Formula>, releases: readonly string[]): Formula {
  const { left, right, operator, column } = nameFirst(formula);
  if (!isOrderOperator(operator)) return formula;
  const place = placeOf(right, releases);
  if (place < 0) return formula;
  const items = releases.filter((_, other) => isInOrder(operator, other - place));
  if (left.kind === "constant") {
    if (placeOf(left, releases) < 0) return formula;
    return { kind: "constant", value: items.some((item) => item === left.value), column };
  }
  const among = (values: readonly string[]): Formula => ({
    kind: "membership",
    element: left,
    items: values.map((value) => ({ kind: "constant", value, column })),
    column,
  });
  const [only] = items;
  if (items.length === 1 && only !== undefined)
    return { kind: "comparison", operator: "==", left, right: { kind: "constant", value: only, column }, column };
  // A release that is not known is neither before the first one nor after the last.
  return items.length > 0 ? among(items) : { kind: "not", operand: among(releases), column };
}

function placeOf(side: Formula, releases: readonly string[]): number {
  return side.kind === "constant" ? releases.findIndex((release) => release === side.value) : -1;
}

const mirrored: Readonly<Record<OrderOperator, OrderOperator>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
