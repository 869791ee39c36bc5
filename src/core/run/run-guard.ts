import { type Lookup, evaluateGuardPartial } from "../guard/evaluate-guard.ts";
import { type Formula } from "../guard/formula.ts";
import { parseCompiledGuard } from "../guard/parse-guard.ts";
import { invariant } from "../value/invariant.ts";

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

/** Whether a guard is known not to hold. */
export function fails(guard: RunGuard, lookup: Lookup): boolean {
  return guard !== null && evaluateGuardPartial({ formula: guard, reads: [] }, lookup) === false;
}
