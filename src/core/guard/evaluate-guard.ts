import { assertNever, InvariantError, invariant } from "../value/invariant.ts";
import type { Comparison, Formula, GuardValue } from "./formula.ts";
import type { TypedGuard } from "./type-guard.ts";

/** The value of a name by its key (`formatPath` of its path), or `undefined` when it is not known. */
export type Lookup = (key: string) => GuardValue | undefined;

/**
 * Whether the guard holds. Operands are evaluated from the left and only as far as they decide; a value that is needed and
 * missing throws `InvariantError`, because whoever calls this has observed the guard's read set.
 *
 * Cost: O(nodes), and one lookup a reference. For evaluating one guard in many states use `compileGuard`.
 */
export function evaluateGuard(guard: TypedGuard, lookup: Lookup): boolean {
  const value = evaluatePartial(guard.formula, (key) => {
    const found = lookup(key);
    if (found === undefined) throw new InvariantError(`broken invariant: the guard's name \`${key}\` has a value`);
    return found;
  });
  invariant(typeof value === "boolean", "a typed guard is true or false");
  return value;
}

/**
 * Whether the guard holds as far as is known: strong Kleene logic (Kleene 1952, section 64). `undefined` when the values
 * known do not decide it; `false && unknown` is `false`, `true || unknown` is `true`, in either order, as in CEL.
 *
 * It never guesses: for `true` or `false`, every completion of the unknown values gives the same.
 */
export function evaluateGuardPartial(guard: TypedGuard, lookup: Lookup): boolean | undefined {
  const value = evaluatePartial(guard.formula, lookup);
  invariant(value === undefined || typeof value === "boolean", "a typed guard is true or false");
  return value;
}

/**
 * Turns a guard into a closure over states of the caller's own kind: `access` is asked once for each name and gives the
 * function that reads it. For hot loops (proof, search); the same answers as `evaluateGuard`, which is its oracle.
 * Figures: `node bench/guard.ts`.
 */
export function compileGuard<S>(
  guard: TypedGuard,
  access: (key: string) => (state: S) => GuardValue,
): (state: S) => boolean {
  // A typed guard's formula is boolean.
  return compile(guard.formula, access) as (state: S) => boolean;
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
      return left === undefined || right === undefined ? undefined : compare(formula.operator, left, right);
    }
    case "membership": {
      const element = evaluatePartial(formula.element, lookup);
      return element === undefined ? undefined : formula.items.some((item) => item.value === element);
    }
    default:
      return assertNever(formula);
  }
}

// `decisive` is the value one operand of which settles the chain.
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

function compare(operator: Comparison<Formula>["operator"], left: GuardValue, right: GuardValue): boolean {
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

function compile<S>(formula: Formula, access: (key: string) => (state: S) => GuardValue): (state: S) => GuardValue {
  switch (formula.kind) {
    case "constant": {
      const { value } = formula;
      return () => value;
    }
    case "reference":
      return access(formula.key);
    case "not": {
      const operand = compile(formula.operand, access);
      return (state) => operand(state) !== true;
    }
    case "logic": {
      const operands = formula.operands.map((operand) => compile(operand, access));
      return formula.operator === "&&" ? compileAll(operands) : compileAny(operands);
    }
    case "comparison":
      return compileComparison(formula, access);
    case "membership": {
      const element = compile(formula.element, access);
      const values = new Set(formula.items.map((item) => item.value));
      return (state) => values.has(element(state));
    }
    default:
      return assertNever(formula);
  }
}

// Loops instead of `every` and `some`: half the time in bench/guard.ts.
function compileAll<S>(operands: readonly ((state: S) => GuardValue)[]): (state: S) => boolean {
  return (state) => {
    for (const operand of operands) if (operand(state) !== true) return false;
    return true;
  };
}

function compileAny<S>(operands: readonly ((state: S) => GuardValue)[]): (state: S) => boolean {
  return (state) => {
    for (const operand of operands) if (operand(state) === true) return true;
    return false;
  };
}

function compileComparison<S>(
  formula: Comparison<Formula>,
  access: (key: string) => (state: S) => GuardValue,
): (state: S) => boolean {
  const left = compile(formula.left, access);
  const right = compile(formula.right, access);
  const { operator } = formula;
  switch (operator) {
    case "==":
      return (state) => left(state) === right(state);
    case "!=":
      return (state) => left(state) !== right(state);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return (state) => compare(operator, left(state), right(state));
    default:
      return assertNever(operator);
  }
}
