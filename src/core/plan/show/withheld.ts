import { describeAbort } from "../../value/step-name.ts";
import { isCallStep } from "../kinds/index.ts";
import type { Plan } from "../plan.ts";

/** What is known of the steps of a run, each by its id. */
export interface FleetStates {
  readonly hasFailed: (stepId: string) => boolean;
  readonly wasSkipped: (stepId: string) => boolean;
  readonly hasBegun: (stepId: string) => boolean;
  /** Whether nothing more begins. Until then a step that has not begun may still be sent. */
  readonly isOver: boolean;
}

/**
 * The members of waves that were given up: never sent, because more of their fleet failed than may. They were needed,
 * so nobody may take them for done.
 *
 * @returns why, by the step's id
 */
export function withheldSteps(plan: Pick<Plan, "steps">, states: FleetStates): ReadonlyMap<string, string> {
  const members = plan.steps.flatMap((step) =>
    isCallStep(step) && step.wave !== undefined ? [{ id: step.id, wave: step.wave }] : [],
  );
  const failedCounts = new Map<string, number>();
  for (const { id, wave } of members)
    if (states.hasFailed(id)) failedCounts.set(wave.of, (failedCounts.get(wave.of) ?? 0) + 1);
  return new Map(
    members.flatMap(({ id, wave }): readonly (readonly [string, string])[] => {
      const { abortAbove, of } = wave;
      const why = describeAbort({ abortAbove, failedCount: failedCounts.get(of) ?? 0 });
      const isUnsent = states.wasSkipped(id) || (states.isOver && !states.hasBegun(id));
      return why !== null && isUnsent ? [[id, why]] : [];
    }),
  );
}
