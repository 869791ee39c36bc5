import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { RunRow } from "../../log/run-index.ts";
import type { OwnerLease } from "../../owner/owner-hold.ts";
import { namesOfSite } from "../notify/queue-rest.ts";
import { type ClosedIncident, closeLeftIncidents } from "../respond/incidents.ts";
import { askingIn } from "../respond/witness.ts";
import { closedProblem } from "../site/arrow.ts";
import { findRunFor } from "../site/find-run.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { openRunner } from "./open-runner.ts";
import { followRun, type Run } from "./run.ts";

/** Runs that are under way again, and the incidents that their processes left open. */
export interface Resumed {
  /** Empty if there was nothing to resume. */
  readonly runs: readonly Run[];
  /** Settles once the runs rest, with the incidents that were closed for processes that are gone. */
  readonly incidents: Promise<Result<readonly ClosedIncident[], readonly Problem[]>>;
}

/**
 * Takes over runs whose engine was stopped or killed. The kernel's rules settle what that engine had sent: nothing is
 * sent twice without its key. Incidents whose process is gone are closed with the outcome of their runs.
 *
 * @param request.run - one run, or `null` for every run that has not ended
 */
export async function resume(
  place: Workplace,
  request: { readonly run: string | null },
): Promise<Result<Resumed, readonly Problem[]>> {
  const no = (problems: readonly Problem[]) => refuse(place, "resume", problems);
  const resource = request.run ?? "*";
  const forbidden = await refuseForbidden(place, { capability: "apply", asked: "resume", resource });
  if (forbidden !== null) return forbidden;
  const site = siteOf(place);
  if (!site.ok) return no(site.error);
  const only = request.run === null ? null : await findOne(place, request.run);
  if (only !== null && !only.ok) return no(only.error);
  const open = openRunner(place, site.value);
  const taken = await place.owners.take("runner", open);
  if (!taken.ok) return no([taken.error]);
  const lease = taken.value;
  if (place.owners.closing.aborted) {
    await lease.release();
    return fail([closedProblem()]);
  }
  const { engine, store } = lease.owner;
  const wanted = only === null ? engine.unfinishedRunIds() : [only.value.runId];
  const known = wanted.filter((runId) => engine.run(runId) !== null);
  const sinceSeq = store.end().length;
  // This engine's own runs go on anyway.
  await engine.takeOver(known.filter((runId) => engine.run(runId)?.epoch !== store.epoch));
  const runs: Run[] = [];
  for (const runId of known) {
    // Each run holds the owner until it rests.
    const held = await place.owners.take("runner", open);
    if (held.ok) runs.push(followRun(place, { runId, lease: held.value, open, sinceSeq }));
  }
  return ok({ runs, incidents: closeIncidents(place, lease, runs) });
}

async function closeIncidents(
  place: Workplace,
  lease: OwnerLease,
  runs: readonly Run[],
): Promise<Result<readonly ClosedIncident[], readonly Problem[]>> {
  try {
    const rests = await Promise.all(runs.map((run) => run.atRest()));
    // Somebody may resume a run that was let go, so its incident stays open with it.
    if (rests.some((rest) => rest.ok && rest.value.kind === "detached")) return ok([]);
    const beside = { ask: askingIn(place), to: namesOfSite(place) };
    const closed = await closeLeftIncidents(lease.owner, place.actor, null, beside);
    place.courier.wake();
    return closed.ok ? closed : refuse(place, "resume", [closed.error]);
  } finally {
    await lease.release();
  }
}

function findOne(place: Workplace, wanted: string): Promise<Result<RunRow, readonly Problem[]>> {
  return withLog<RunRow>(place, async (log) => {
    const found = await findRunFor(log, { run: wanted, actor: place.actor, word: "resume" });
    return found.ok ? found : fail([found.error]);
  });
}
