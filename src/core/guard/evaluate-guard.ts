import { assertNever, invariant } from "../value/invariant.ts";
import { compareValues } from "./compare-values.ts";
import type { Formula, GuardValue } from "./formula.ts";
import type { TypedGuard } from "./type-guard.ts";

/** The value of a name by its key (`formatPath` of its path); `undefined` when it is not known. */
export type Lookup = (key: string) => GuardValue | undefined;

/**
 * Whether a guard holds, as far as is known; `undefined` when the known values do not decide it. This is strong Kleene
 * logic (Kleene 1952, section 64): `false && unknown` is `false` and `true || unknown` is `true`, in either order, as
 * in CEL.
 *
 * It never guesses: when the result is `true` or `false`, every completion of the unknown values gives the same result.
 *
 * Cost: linear in the nodes, and one look-up for each reference.
 */
export function evaluateGuardPartial(guard: TypedGuard, lookup: Lookup): boolean | undefined {
  const value = evaluatePartial(guard.formula, lookup);
  invariant(value === undefined || typeof value === "boolean", "a typed guard is true or false");
  return value;
}

function evaluatePartial(formula: Formula, lookup: Lookup): GuardValue | undefined {
  switch (formula.kind) {
    case "constant":
      return formula.value;
    case "reference":
      return lookup(formula.key);
    case "not":
      return negate(evaluatePartial(formula.operand, lookup));
    case "logic":
      return joinPartial(formula.operands, formula.operator === "||", lookup);
    case "comparison": {
      const left = evaluatePartial(formula.left, lookup);
      const right = evaluatePartial(formula.right, lookup);
      return left === undefined || right === undefined ? undefined : compareValues(formula, left, right);
    }
    case "membership": {
      const element = evaluatePartial(formula.element, lookup);
      return element === undefined ? undefined : formula.items.some((item) => item.value === element);
    }
    default:
      return assertNever(formula);
  }
}

// One operand with the value `decisive` settles the whole chain.
function joinPartial(operands: readonly Formula[], decisive: boolean, lookup: Lookup): boolean | undefined {
  let isKnown = true;
  for (const operand of operands) {
    const value = evaluatePartial(operand, lookup);
    if (value === decisive) return decisive;
    if (value === undefined) isKnown = false;
  }
  return isKnown ? !decisive : undefined;
}

function negate(value: GuardValue | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== true;
}
