import { mapEntries } from "../../core/run/collections/persistent-map.ts";
import type { Freeze } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { RunListState } from "../../log/run-index.ts";
import { noStoreYet, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** A lock and the run that holds it. */
export interface HeldLock {
  readonly lock: string;
  readonly runId: string;
  /** `null` here and below: the list of runs does not know the run. */
  readonly state: RunListState | null;
  readonly actor: string | null;
  readonly sinceMs: number | null;
}

/** What keeps a new run from starting: locks with the runs that hold them, and what is frozen. */
export interface Locked {
  readonly locks: readonly HeldLock[];
  readonly freezes: readonly Freeze[];
  /** Why there is nothing to list: no store has been made yet. `null` where there is one. */
  readonly noStore: Problem | null;
}

/** Lists locks and freezes. A store that does not exist yet locks nothing: that is an empty list and no refusal. */
export async function locks(place: Workplace): Promise<Result<Locked, readonly Problem[]>> {
  const read = await withLog<Locked>(place, async (log) => {
    const site = await log.siteState();
    const held: HeldLock[] = [];
    for (const [lock, runId] of mapEntries(site.locks)) {
      const [row] = await log.runsByPrefix(runId);
      held.push({
        lock,
        runId,
        state: row?.state ?? null,
        actor: row?.actor ?? null,
        sinceMs: row?.startedMs ?? null,
      });
    }
    return ok({ locks: held, freezes: site.freezes, noStore: null });
  });
  const noStore = read.ok ? null : noStoreYet(read.error);
  return noStore === null ? read : ok({ locks: [], freezes: [], noStore });
}
