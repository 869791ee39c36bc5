import { mapEntries } from "../../core/run/collections/persistent-map.ts";
import type { Freeze } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { RunListState } from "../../log/run-index.ts";
import { EngineSight, workedStates } from "../site/engine-sight.ts";
import { readLead, skewOf } from "../site/log-time.ts";
import { noStoreYet, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** A lock and the run that holds it. */
export interface HeldLock {
  readonly lock: string;
  readonly runId: string;
  /** Here and below, `null` means that the list of runs does not have the run. */
  readonly state: RunListState | null;
  readonly actor: string | null;
  readonly sinceMs: number | null;
  /** Whether an engine works on the run: as for `ListedRun`. */
  readonly hasEngine: boolean | null;
}

/** What keeps a new run from starting: locks with the runs that hold them, what is frozen, and a wrong clock. */
export interface Locked {
  readonly locks: readonly HeldLock[];
  readonly freezes: readonly Freeze[];
  /** Why nothing new is written because of the time, or `null`. */
  readonly held: Problem | null;
  /** The problem that there is no store yet, or `null` if there is one. */
  readonly noStore: Problem | null;
}

/** Lists locks and freezes. If there is no store yet, the lists are empty; that is not a refusal. */
export async function locks(place: Workplace): Promise<Result<Locked, readonly Problem[]>> {
  const read = await withLog<Locked>(place, async (log) => {
    const site = await log.siteState();
    const held: HeldLock[] = [];
    const sight = new EngineSight(place);
    for (const [lock, runId] of mapEntries(site.locks)) {
      const [row] = log.lists.runsByPrefix(runId);
      held.push({
        lock,
        runId,
        state: row?.state ?? null,
        actor: row?.actor ?? null,
        sinceMs: row?.startedMs ?? null,
        hasEngine: row !== undefined && workedStates.includes(row.state) ? await sight.worksOn(log, runId) : null,
      });
    }
    return ok({ locks: held, freezes: site.freezes, held: skewOf(place, await readLead(place, log)), noStore: null });
  });
  const noStore = read.ok ? null : noStoreYet(read.error);
  // Without a site as well, nobody can have meant this place.
  return noStore === null || place.configPath === null ? read : ok({ locks: [], freezes: [], held: null, noStore });
}
