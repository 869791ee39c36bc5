import { type ScreenText, screen } from "../../core/value/screen.ts";
import { nameStep } from "../../core/value/step-name.ts";
import type { FailedStep } from "../../interlock.ts";

/**
 * What failed and was not put right, for a person: what was touched first, because somebody has to look at it.
 *
 * @param nameOf - what people call a step; a list of runs does not know their plans, and names the target
 */
export function failedLines(
  failed: readonly FailedStep[],
  nameOf: (step: FailedStep) => string = nameByTarget,
): readonly ScreenText[] {
  const line = (what: string, touched: boolean): readonly ScreenText[] => {
    const names = failed.filter((step) => step.touched === touched).map(nameOf);
    return names.length === 0 ? [] : [screen`${what}: ${names.join(", ")}`];
  };
  return [...line("failed, touched and not restored", true), ...line("failed, nothing touched", false)];
}

function nameByTarget({ stepId, target }: FailedStep): string {
  return nameStep({ id: stepId, action: null, target });
}
