import type { Event } from "../words/event.ts";
import type { Attempt } from "../words/input.ts";
import type { OperationReading, OperationTold } from "../words/operation.ts";

/** A long operation as it went. Times are milliseconds since the run started. */
export interface OperationExplanation {
  /** As its system gave it. */
  readonly id: string;
  readonly direction: Attempt["direction"];
  readonly startedMs: number;
  /** When the run was told that it had ended; `null` if it never was. */
  readonly endedMs: number | null;
  /** By the last that was heard. `unclear`: in a word that the plan does not know. */
  readonly status: OperationReading["is"];
  /** What the system said last; `null` if nothing was heard. */
  readonly told: OperationTold | null;
  /** When it was to be cancelled, or `null`. */
  readonly cancelledMs: number | null;
}

type Changing = { -readonly [Field in keyof OperationExplanation]: OperationExplanation[Field] };

/** The operations of one step in the order of their starts: one going forward, and one for each try of its way back. */
export function explainOperations(
  events: readonly { readonly event: Event; readonly atMs: number }[],
  startMs: number,
): readonly OperationExplanation[] {
  const found: Changing[] = [];
  for (const { event, atMs } of events) {
    const ms = atMs - startMs;
    if (event.kind === "operation_started") {
      const { operationId: id, direction } = event;
      found.push({ id, direction, startedMs: ms, endedMs: null, status: "running", told: null, cancelledMs: null });
      continue;
    }
    const last = found.at(-1);
    if (last === undefined) continue;
    if (event.kind === "operation_told") [last.status, last.told] = [event.is, event.told];
    if (event.kind === "operation_cancelling") last.cancelledMs = ms;
    if (event.kind === "operation_ended") [last.status, last.told, last.endedMs] = [event.as, event.told, ms];
  }
  return found;
}
