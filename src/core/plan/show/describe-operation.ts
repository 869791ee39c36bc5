import { canonicalText } from "../../value/canonical.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { describeDuration } from "../../value/units.ts";
import type { ReviewLine } from "../kinds/step-kind.ts";
import type { Call, PlanOperation } from "../plan.ts";

/** A long operation in one sentence: how often its system is asked, for how long, and whether it can be cancelled. */
export function briefOperation({ everyMs, withinMs, cancel }: PlanOperation): string {
  const asked = `asked every ${describeDuration(everyMs)} up to ${describeDuration(withinMs)}`;
  return `its call starts a long operation, ${asked}; it can${cancel === null ? "not" : ""} be cancelled`;
}

/** Everything that is declared of an operation, one line for each part. */
export function detailsOfOperation(
  operation: PlanOperation,
  { label, describeCall }: { readonly label: string; readonly describeCall: (call: Call) => string },
): readonly ReviewLine[] {
  const { id, ask, cancel } = operation;
  const where = `${JSON.stringify(id.pointer)}${id.take === "value" ? "" : ", the last segment of what stands there"}`;
  // The words are JSON.
  const words = (list: PlanOperation["running"]): string => canonicalText(list as JsonValue);
  const read = [
    `status at ${JSON.stringify(operation.status)}`,
    `running ${words(operation.running)}`,
    `succeeded ${words(operation.succeeded)}`,
    `failed ${words(operation.failed)}`,
    `cancelled ${words(operation.cancelled)}`,
    ...(["error", "progress", "says"] as const).flatMap((part) => {
      const pointer = operation[part];
      return pointer === null ? [] : [`${part} at ${JSON.stringify(pointer)}`];
    }),
  ];
  const asked = `asked every ${describeDuration(operation.everyMs)} up to ${describeDuration(operation.withinMs)}`;
  const stopped =
    cancel === null
      ? "cannot be cancelled: a stop waits until it has ended"
      : `cancelled by ${describeCall(cancel.call)}, and waited for up to ${describeDuration(cancel.withinMs)}`;
  return [
    `starts an operation whose id is at ${where}`,
    `${asked} by ${describeCall(ask)}`,
    read.join("; "),
    stopped,
  ].map((text) => ({ label, text }));
}
