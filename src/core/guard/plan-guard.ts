import { assertNever, invariant } from "../value/invariant.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import { evaluateGuardPartial, type Lookup } from "./evaluate-guard.ts";
import { formatGuard } from "./format-guard.ts";
import { type Formula, formatText, type GuardValue } from "./formula.ts";
import { parseCompiledGuard } from "./parse-guard.ts";

/** A guard of a compiled plan, parsed once; `null` is the empty guard, which always holds. */
export type PlanGuard = Formula | null;

/**
 * Parses a guard as the compiler printed it into a plan: canonical, typed, unrolled. One that does not parse is our
 * bug.
 */
export function parsePlanGuard(source: string): PlanGuard {
  if (source === "") return null;
  const parsed = parseCompiledGuard(source);
  invariant(parsed.ok, "a compiled guard parses");
  invariant(parsed.value.kind !== "quantifier", "a compiled guard is unrolled");
  // The compiler unrolled every macro before it printed the guard, so no operand is a quantifier either.
  return parsed.value as Formula;
}

/** Whether a guard is known to hold. If a value that decides it is unknown, it does not hold (fail closed, I10). */
export function holds(guard: PlanGuard, lookup: Lookup): boolean {
  // The compiler typed this formula before it printed it, and evaluating does not use the read set.
  return guard === null || evaluateGuardPartial({ formula: guard, reads: [] }, lookup) === true;
}

/** Whether a guard is known not to hold. A guard that an unknown value leaves open neither holds nor fails. */
export function fails(guard: PlanGuard, lookup: Lookup): boolean {
  // As above.
  return guard !== null && evaluateGuardPartial({ formula: guard, reads: [] }, lookup) === false;
}

/** The conditions of a guard that have to hold all at once. The empty guard has none. */
export function conjunctsIn(guard: PlanGuard): readonly Formula[] {
  if (guard === null) return [];
  return guard.kind === "logic" && guard.operator === "&&" ? guard.operands : [guard];
}

/** Facts that a message shows the values of. */
const shownFactsMax = 4;

/**
 * Which condition keeps a guard from holding and what was found instead, for people. Of a conjunction it shows the
 * first operand that is not known to hold and the number of the others: a precondition over an inventory can be a page
 * long.
 *
 * @param whyUnknown - what was read instead of a value, where that is known
 */
export function describeUnmet(
  guard: Formula,
  lookup: Lookup,
  whyUnknown: (fact: string) => string | undefined = () => undefined,
): string {
  const [first = guard, ...more] = conjunctsIn(guard).filter((operand) => !holds(operand, lookup));
  const found = sortedUnique(factsIn(first)).map(
    (fact) => `\`${fact}\` = ${wordValue(lookup(fact), whyUnknown(fact))}`,
  );
  const others = more.length === 0 ? "" : ` and ${more.length} more of its conditions`;
  const unshown = found.length > shownFactsMax ? `, and ${found.length - shownFactsMax} more` : "";
  const shown = found.length === 0 ? "" : `; found ${found.slice(0, shownFactsMax).join(", ")}${unshown}`;
  return `\`${formatGuard(first)}\`${others}${shown}`;
}

function wordValue(value: GuardValue | undefined, why: string | undefined): string {
  if (value === undefined) return why === undefined ? "unknown" : `unknown (${why})`;
  return typeof value === "string" ? formatText(value) : String(value);
}

/** The facts that a guard reads, in its order. */
export function readBy(guard: PlanGuard): readonly string[] {
  return guard === null ? [] : factsIn(guard);
}

/** The facts that a formula names, in its order. */
export function factsIn(formula: Formula): readonly string[] {
  switch (formula.kind) {
    case "constant":
      return [];
    case "reference":
      return [formula.key];
    case "not":
      return factsIn(formula.operand);
    case "logic":
      return formula.operands.flatMap(factsIn);
    case "comparison":
      return [...factsIn(formula.left), ...factsIn(formula.right)];
    case "membership":
      return factsIn(formula.element);
    default:
      return assertNever(formula);
  }
}
