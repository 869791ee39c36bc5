import type { RunListState, RunRow } from "./run-index.ts";
import type { RunLists } from "./store.ts";
import { eventOf } from "./stored-events.ts";

/** An invariant that a run broke, and the step whose reading showed it. `null`: its record is in an archive. */
export interface BrokenInvariant {
  readonly name: string | null;
  readonly stepId: string | null;
}

/** A break stops a run that goes forward, so a run in one of these states has none. */
const wholeStates: readonly RunListState[] = ["running", "succeeded", "succeeded_in_part"];

/**
 * The invariants that readings of a listed run showed to be broken, and none since to hold again.
 *
 * Cost: the run's records, for a run that did not reach its ending.
 */
export function brokenIn(
  lists: Pick<RunLists, "invariantRecordsOf">,
  { runId, state }: Pick<RunRow, "runId" | "state">,
): readonly BrokenInvariant[] {
  if (wholeStates.includes(state)) return [];
  const broken = new Map<number, BrokenInvariant>();
  let isArchived = false;
  for (const entry of lists.invariantRecordsOf(runId)) {
    const event = eventOf(entry)?.event;
    if (event === undefined) isArchived = true;
    if (event?.kind === "invariant_broken") broken.set(event.part, { name: event.name, stepId: event.stepId });
    if (event?.kind === "invariant_restored") broken.delete(event.part);
  }
  return isArchived ? [{ name: null, stepId: null }] : [...broken.values()];
}
