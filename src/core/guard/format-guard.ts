import { assertNever } from "../value/invariant.ts";
import { type Constant, formatText, type Guard } from "./formula.ts";

/**
 * The canonical text of a guard: single spaces, single quotes, only needed parentheses. `parseGuard` reads the same
 * guard from it.
 */
export function formatGuard(guard: Guard): string {
  switch (guard.kind) {
    case "constant":
      return formatConstant(guard);
    case "reference":
      return guard.key;
    case "not":
      return `!${group(guard.operand, strengths.unary)}`;
    case "logic": {
      const strength = guard.operator === "&&" ? strengths.and : strengths.or;
      return guard.operands.map((operand) => group(operand, strength + 1)).join(` ${guard.operator} `);
    }
    // Relations group to the left, so a relation on the right side needs parentheses.
    case "comparison":
      return `${group(guard.left, strengths.relation)} ${guard.operator} ${group(guard.right, strengths.relation + 1)}`;
    case "membership":
      return `${group(guard.element, strengths.relation)} in [${guard.items.map(formatConstant).join(", ")}]`;
    case "quantifier":
      return `inventory.${guard.objectType}.${guard.quantifier}(${guard.variable}, ${formatGuard(guard.body)})`;
    default:
      return assertNever(guard);
  }
}

const strengths = { or: 1, and: 2, relation: 3, unary: 4, primary: 5 } as const;

function group(guard: Guard, strengthMin: number): string {
  const text = formatGuard(guard);
  return strengthOf(guard) < strengthMin ? `(${text})` : text;
}

function strengthOf(guard: Guard): number {
  switch (guard.kind) {
    case "logic":
      return guard.operator === "&&" ? strengths.and : strengths.or;
    case "comparison":
    case "membership":
      return strengths.relation;
    case "not":
      return strengths.unary;
    case "constant":
    case "reference":
    case "quantifier":
      return strengths.primary;
    default:
      return assertNever(guard);
  }
}

function formatConstant({ value, order }: Constant): string {
  const text = typeof value === "string" ? formatText(value) : String(value);
  return order === undefined ? text : `${order}(${text})`;
}
