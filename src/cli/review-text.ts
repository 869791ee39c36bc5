import type { Plan } from "../core/plan/plan.ts";
import type { Digest } from "../core/value/digest.ts";
import type { CliContext } from "./context.ts";

/** A plan for a person to review. */
export function reviewText(_context: CliContext, plan: Plan, planHash: Digest): string {
  return `plan ${planHash}\n${plan.steps.map((step) => `  ${step.id} ${step.kind}\n`).join("")}`;
}
