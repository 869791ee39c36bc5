import { orderWayBack, placeThenRuns } from "../branches/way-back.ts";
import { isCallStep } from "../kinds/index.ts";
import type { ObjectRef, Plan } from "../plan.ts";

/** One write of a way back, in its place. */
export interface PlannedUndo {
  /** The step that is undone, or the id under which what runs after that is told. */
  readonly stepId: string;
  readonly kind: "undo" | "then_run";
  /** `null` for a step that has no way back. */
  readonly action: string | null;
  readonly target: ObjectRef | null;
  /** Steps that it puts right, so that they are not undone by themselves. */
  readonly covers: readonly string[];
}

/**
 * The way back of a run that has made every write of the plan, in the plan's order. Of a run that comes less far, or
 * takes another branch, it is what is left without the other steps.
 */
export function planWayBack(plan: Plan): readonly PlannedUndo[] {
  const { steps } = plan;
  const writes = steps.flatMap((step, index) => (isCallStep(step) && step.class !== "read" ? [index] : []));
  const thenRuns = placeThenRuns(plan);
  const all = [...steps, ...thenRuns.steps.map(({ step }) => step)];
  const { order, covered } = orderWayBack(thenRuns, writes.toReversed());
  const idOf = (index: number): string => all[index]?.id ?? "";
  return order.flatMap((index): readonly PlannedUndo[] => {
    const step = all[index];
    if (step === undefined || !isCallStep(step)) return [];
    return [
      {
        stepId: step.id,
        kind: index < steps.length ? "undo" : "then_run",
        action: step.compensation?.action ?? null,
        target: step.target,
        covers: covered.flatMap(({ by, steps: put }) => (by === index ? put.map(idOf) : [])),
      },
    ];
  });
}
