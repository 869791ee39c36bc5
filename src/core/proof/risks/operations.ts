import { isCallStep } from "../../plan/kinds/index.ts";
import type { Plan } from "../../plan/plan.ts";
import { counted, describeDuration } from "../../value/units.ts";
import { named, type Risk } from "./risk.ts";

/** Long operations that cannot be cancelled: to stop the run is to wait for them. */
export function uncancellableOperations({ steps }: Plan): readonly Risk[] {
  const found = steps.flatMap((step) =>
    isCallStep(step) && step.operation?.cancel === null ? [{ id: step.id, withinMs: step.operation.withinMs }] : [],
  );
  if (found.length === 0) return [];
  const ids = found.map(({ id }) => id);
  const longest = describeDuration(Math.max(...found.map(({ withinMs }) => withinMs)));
  const what = `${counted(ids.length, "long operation")} cannot be cancelled`;
  const text = `${what}: to stop the run is to wait for up to ${longest}: ${named(ids)}`;
  return [{ code: "uncancellable_operation", steps: ids, text }];
}
