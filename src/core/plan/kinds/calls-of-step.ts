import type { Call, CallStep, PlanOperation } from "../plan.ts";
import { undoCallsOf } from "./undo-calls.ts";

/** Every call that carrying out a step, and undoing it, can make. */
export function callsOfStep(step: CallStep): readonly Call[] {
  const wayBack = undoCallsOf(step).flatMap((undo) => [undo.call, ...callsAbout(undo.operation)]);
  return [step.call, ...callsAbout(step.operation), ...wayBack];
}

function callsAbout(operation: PlanOperation | undefined): readonly Call[] {
  if (operation === undefined) return [];
  return [operation.ask, ...(operation.cancel === null ? [] : [operation.cancel.call])];
}
