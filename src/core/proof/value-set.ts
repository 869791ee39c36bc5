import { compareValues } from "../guard/compare-values.ts";
import type { Formula, GuardValue } from "../guard/formula.ts";
import { assertNever } from "../value/invariant.ts";

/**
 * What a fact may be at some point of a plan: one of these values, and with `isOpen` also any other, because nothing
 * that was read or declared says more.
 */
export interface ValueSet {
  readonly values: ReadonlySet<GuardValue>;
  readonly isOpen: boolean;
}

/** Nothing is known. */
export const anyValue: ValueSet = { values: new Set(), isOpen: true };

/** One known value. */
export function onlyValue(value: GuardValue): ValueSet {
  return { values: new Set([value]), isOpen: false };
}

/** What may be in one set or in the other. */
export function eitherOf(left: ValueSet, right: ValueSet): ValueSet {
  return { values: new Set([...left.values, ...right.values]), isOpen: left.isOpen || right.isOpen };
}

/**
 * What a guard may be if each fact has any of its values, whatever the others have. It looks at each fact by itself, so
 * it may name a value that the guard never has, and it leaves none out.
 *
 * Cost: linear in the nodes, times the product of the sizes of the two sets of a comparison.
 */
export function guardValues(formula: Formula, valuesOf: (fact: string) => ValueSet): ValueSet {
  switch (formula.kind) {
    case "constant":
      return onlyValue(formula.value);
    case "reference":
      return valuesOf(formula.key);
    case "not": {
      const { values, isOpen } = guardValues(formula.operand, valuesOf);
      return { values: new Set([...values].map((value) => value !== true)), isOpen };
    }
    case "logic":
      return joinValues(eachOf(formula.operands, valuesOf), formula.operator === "||");
    case "comparison": {
      const [left, right] = [guardValues(formula.left, valuesOf), guardValues(formula.right, valuesOf)];
      const values = new Set<GuardValue>();
      let isOpen = left.isOpen || right.isOpen;
      for (const one of left.values)
        for (const other of right.values) {
          const found = compareValues(formula, one, other);
          if (found === undefined) isOpen = true;
          else values.add(found);
        }
      return { values, isOpen };
    }
    case "membership": {
      const { values, isOpen } = guardValues(formula.element, valuesOf);
      const items = formula.items.map((item) => item.value);
      return { values: new Set([...values].map((value) => items.includes(value))), isOpen };
    }
    default:
      return assertNever(formula);
  }
}

/** What a chain of `||` (`decisive` is true) or `&&` may be. One operand that is `decisive` for certain settles it. */
export function joinValues(operands: Iterable<ValueSet>, decisive: boolean): ValueSet {
  let mayDecide = false;
  let mayPass = true;
  let isOpen = false;
  for (const found of operands) {
    const decides = found.values.has(decisive);
    if (decides && found.values.size === 1 && !found.isOpen) return onlyValue(decisive);
    mayDecide ||= decides;
    mayPass &&= found.values.has(!decisive);
    isOpen ||= found.isOpen;
  }
  const values = new Set<GuardValue>([...(mayDecide ? [decisive] : []), ...(mayPass ? [!decisive] : [])]);
  return { values, isOpen };
}

function* eachOf(operands: readonly Formula[], valuesOf: (fact: string) => ValueSet): Iterable<ValueSet> {
  for (const operand of operands) yield guardValues(operand, valuesOf);
}
