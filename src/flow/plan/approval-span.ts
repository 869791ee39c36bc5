import type { Plan } from "../../core/plan/plan.ts";
import { certainSpanMs } from "../../core/proof/risks/find-risks.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { describeDuration } from "../../core/value/units.ts";

/** An approval that counts no more when the last write of the plan is due would leave the plan half done. */
export function findTooShort(plan: Plan, validForMs: number): readonly Problem[] {
  const spanMs = certainSpanMs(plan);
  if (spanMs < validForMs) return [];
  const waits = `the plan waits ${describeDuration(spanMs)} between its first write and its last`;
  const message = `${waits}, and this approval would count for ${describeDuration(validForMs)}`;
  return [problem("E_APPROVAL_SHORT", "/validForMs", message)];
}
