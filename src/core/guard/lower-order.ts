import { assertNever } from "../value/invariant.ts";
import { isInOrder } from "./compare-values.ts";
import type { Comparison, ComparisonOperator, Formula } from "./formula.ts";
import type { OrderedType } from "./guard-type.ts";

type OrderOperator = Exclude<ComparisonOperator, "==" | "!=">;

/** Whether an operator compares by order. */
export function isOrderOperator(operator: ComparisonOperator): operator is OrderOperator {
  return operator !== "==" && operator !== "!=";
}

/**
 * A comparison by order, as a guard of a plan says it: in terms that need no declaration. A release and later ones
 * become the list of these; a version says by which scheme it is compared. What has no place in the order is left as it
 * is, and `typeGuard` refuses it.
 */
export function lowerOrder(formula: Comparison<Formula>, type: OrderedType): Formula {
  switch (type.kind) {
    case "releases":
      return lowerReleases(formula, type.values);
    case "version":
      return nameFirst({ ...formula, left: tagged(formula.left), right: tagged(formula.right) });
    default:
      return assertNever(type);
  }
}

function tagged(side: Formula): Formula {
  return side.kind === "constant" && typeof side.value === "string" ? { ...side, order: "semver" } : side;
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
