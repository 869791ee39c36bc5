import { invariant } from "../value/invariant.ts";
import { evaluateGuardPartial, type Lookup } from "./evaluate-guard.ts";
import type { TypedGuard } from "./type-guard.ts";

/** Whether a guard holds where every name that decides it has a value. */
export function evaluateGuard(guard: TypedGuard, lookup: Lookup): boolean {
  const holds = evaluateGuardPartial(guard, lookup);
  invariant(holds !== undefined, "the names that decide the guard have values");
  return holds;
}
