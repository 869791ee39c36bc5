import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { RunRow } from "../../log/run-index.ts";
import { findRun } from "../site/find.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { openRunner } from "./prepare-approved.ts";
import { followRun, type Run } from "./run.ts";

/**
 * Takes over runs whose engine was stopped or killed. What that engine had sent is settled by the kernel's rules: nothing is sent
 * twice without its key.
 *
 * @param request.run - one run, or `null` for every run that has not ended
 * @returns the runs, under way again; none where there was nothing to resume
 */
export async function resume(
  place: Workplace,
  request: { readonly run: string | null },
): Promise<Result<readonly Run[], readonly Problem[]>> {
  const no = (problems: readonly Problem[]) => refuse(place, "resume", problems);
  const forbidden = await refuseForbidden(place, {
    capability: "apply",
    asked: "resume",
    resource: request.run ?? "*",
  });
  if (forbidden !== null) return forbidden;
  const site = siteOf(place);
  if (!site.ok) return no(site.error);
  const only = request.run === null ? null : await findOne(place, request.run);
  if (only !== null && !only.ok) return no(only.error);
  const open = openRunner(place, site.value);
  const first = await place.owners.take("runner", open);
  if (!first.ok) return no([first.error]);
  const { engine, store } = first.value.owner;
  try {
    const wanted = only === null ? engine.unfinishedRunIds() : [only.value.runId];
    const known = wanted.filter((runId) => engine.run(runId) !== null);
    // A run of this very engine goes on already.
    await engine.takeOver(known.filter((runId) => engine.run(runId)?.epoch !== store.epoch));
    const runs: Run[] = [];
    for (const runId of known) {
      // Each run holds the owner until it rests.
      const lease = await place.owners.take("runner", open);
      if (!lease.ok) return no([lease.error]);
      runs.push(followRun(place, { runId, lease: lease.value, open }));
    }
    return ok(runs);
  } finally {
    await first.value.release();
  }
}

function findOne(place: Workplace, wanted: string): Promise<Result<RunRow, readonly Problem[]>> {
  return withLog<RunRow>(place, async (log) => {
    const found = await findRun(log, wanted);
    return found.ok ? found : fail([found.error]);
  });
}
