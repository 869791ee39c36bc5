import { evaluateGuardPartial, type Lookup } from "../../guard/evaluate-guard.ts";
import { formatGuard } from "../../guard/format-guard.ts";
import type { Formula } from "../../guard/formula.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { invariant } from "../../value/invariant.ts";

/** A guard of a compiled plan, parsed once; `null` is the empty guard, which always holds. */
export type RunGuard = Formula | null;

/** Parses a canonical guard of a plan. What does not parse is a defect of ours: the compiler typed and unrolled it. */
export function parseRunGuard(source: string): RunGuard {
  if (source === "") return null;
  const parsed = parseCompiledGuard(source);
  invariant(parsed.ok, "a compiled guard parses");
  invariant(parsed.value.kind !== "quantifier", "a compiled guard is unrolled");
  // The compiler unrolled every macro, so that what it printed is a formula.
  return parsed.value as Formula;
}

/** Whether a guard is known to hold; where a value that decides it is not known, it does not (fail closed, I10). */
export function holds(guard: RunGuard, lookup: Lookup): boolean {
  // The compiler typed this formula before it printed it; its read set is not needed for evaluating.
  return guard === null || evaluateGuardPartial({ formula: guard, reads: [] }, lookup) === true;
}

/**
 * What keeps a guard from holding, for people: of a conjunction the operands that are not known to hold, the first one whole
 * and how many more there are. A precondition over an inventory is a page long; what is wrong with it is a line.
 */
export function describeUnmet(guard: Formula, lookup: Lookup): string {
  const operands = guard.kind === "logic" && guard.operator === "&&" ? guard.operands : [guard];
  const [first = guard, ...more] = operands.filter((operand) => !holds(operand, lookup));
  return `\`${formatGuard(first)}\`${more.length === 0 ? "" : ` and ${more.length} more of its conditions`}`;
}
