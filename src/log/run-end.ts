import type { Event } from "../core/run/words/event.ts";
import { endedStates, type RunRow } from "./run-index.ts";
import type { RunLists } from "./store.ts";
import { eventOf } from "./stored-events.ts";

/** How a run ended, as its own record says. */
export type RunEndEvent = Extract<Event, { readonly kind: "run_ended" }>;

/** The end of a listed run; `null` while it has not ended. */
export function endIn(
  lists: Pick<RunLists, "endOf">,
  { runId, state }: Pick<RunRow, "runId" | "state">,
): RunEndEvent | null {
  const entry = endedStates.includes(state) ? lists.endOf(runId) : null;
  const ended = entry === null ? null : eventOf(entry)?.event;
  return ended?.kind === "run_ended" ? ended : null;
}
