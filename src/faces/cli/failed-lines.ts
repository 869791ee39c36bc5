import { type ScreenText, screen } from "../../core/value/screen.ts";
import type { FailedStep } from "../../interlock.ts";

/** What failed and was not put right, for a person: what was touched first, because somebody has to look at it. */
export function failedLines(failed: readonly FailedStep[]): readonly ScreenText[] {
  const line = (what: string, touched: boolean): readonly ScreenText[] => {
    const names = failed.filter((step) => step.touched === touched).map(nameOf);
    return names.length === 0 ? [] : [screen`${what}: ${names.join(", ")}`];
  };
  return [...line("failed, touched and not restored", true), ...line("failed, nothing touched", false)];
}

function nameOf({ stepId, target }: FailedStep): string {
  return target === null ? stepId : `${target} (${stepId})`;
}
