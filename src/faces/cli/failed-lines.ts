import { type ScreenText, screen } from "../../core/value/screen.ts";
import { nameStep } from "../../core/value/step-name.ts";
import type { FailedStep, StepView } from "../../interlock.ts";

/**
 * What failed and was not put right, for a person: what was touched first, because somebody has to look at it.
 *
 * @param nameOf - what people call a step; a list of runs does not know their plans, and names the target
 * @param stateOf - how a step stands, where that is known
 */
export function failedLines(
  failed: readonly FailedStep[],
  nameOf: (step: FailedStep) => string = nameByTarget,
  stateOf: (step: FailedStep) => StepView | undefined = () => undefined,
): readonly ScreenText[] {
  const named = Map.groupBy(failed, (step) => labelOf(step, stateOf(step)));
  return labels.flatMap((label) => {
    const steps = named.get(label) ?? [];
    return steps.length === 0 ? [] : [screen`${label}: ${steps.map(nameOf).join(", ")}`];
  });
}

const labels = [
  "its way back failed, so it is not restored",
  "failed, touched and not restored",
  "failed, untouched on a person's word alone",
  "failed, nothing touched",
] as const;

function labelOf({ touched }: FailedStep, state: StepView | undefined): (typeof labels)[number] {
  if (state?.status === "undo_ready" || state?.direction === "undo") return labels[0];
  if (touched) return labels[1];
  return state?.onWordOf === undefined ? labels[3] : labels[2];
}

function nameByTarget({ stepId, target }: FailedStep): string {
  return nameStep({ id: stepId, action: null, target });
}
