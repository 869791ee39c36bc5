import type { FailedStep } from "../core/run/words/event.ts";
import type { RunListState, RunRow } from "./run-index.ts";
import type { RunLists } from "./store.ts";
import { eventOf } from "./stored-events.ts";

/** A run that ended otherwise has no step that failed and was left so. */
const mayLeaveFailed: readonly RunListState[] = ["succeeded_in_part", "escalated", "stopped", "closed"];

/**
 * The steps of a listed run that failed and were not put right, as its end tells them. Empty while it has not ended,
 * and for a run whose end was recorded before releases wrote them down.
 */
export function failedIn(lists: Pick<RunLists, "endOf">, { runId, state }: RunRow): readonly FailedStep[] {
  const entry = mayLeaveFailed.includes(state) ? lists.endOf(runId) : null;
  const ended = entry === null ? null : eventOf(entry)?.event;
  return ended?.kind === "run_ended" ? (ended.failed ?? []) : [];
}
