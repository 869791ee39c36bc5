import type { Problem } from "../../value/codes.ts";
import type { Passed } from "./compilation.ts";
import { readWhen, type When } from "./when.ts";
import type { WorkStep } from "./work-step.ts";

/** A step with its condition, as the branches of a plan see it. */
export interface BranchStep {
  readonly step: WorkStep;
  readonly when: When;
}

/** Pass 5. Reads every step's `when`. A step whose condition is wrong is left out from here on. */
export function readConditions(steps: readonly WorkStep[]): Passed<readonly BranchStep[]> {
  const stepsById = new Map(steps.map((step) => [step.id, step]));
  const problems: Problem[] = [];
  const value = steps.flatMap((step): readonly BranchStep[] => {
    const when = readWhen(step, stepsById);
    if (when.ok) return [{ step, when: when.value }];
    problems.push(...when.error);
    return [];
  });
  return { value, problems };
}
