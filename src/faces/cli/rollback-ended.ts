import { planRollback } from "../../flow/apply/rollback-run.ts";
import { readSiteRecords } from "../../flow/site/site-records.ts";
import { loadRun } from "../../log/load-state.ts";
import { missingBodies } from "../../log/retention/removed-bodies.ts";
import { openReader } from "../../log/sqlite/reader.ts";
import type { GlobalOptions } from "./command.ts";
import { tellNothingToDo, tellPlan } from "./commands/plan.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal, openCliSite } from "./open-site.ts";
import { refuseRecorded } from "./refuse-recorded.ts";
import { storeFolder } from "./site.ts";

/** An end is final: what is undone after it is undone by a successor, which is planned here and approved like any plan. */
export async function rollbackEnded(
  context: CliContext,
  globals: GlobalOptions,
  runId: string,
  options: { readonly json: boolean },
): Promise<number> {
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuseRecorded(context, globals, "rollback", site.error, options);
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuseRecorded(context, globals, "rollback", [reader.error], options);
  try {
    const missing = missingBodies(reader.value, runId);
    if (missing !== null) return await refuseRecorded(context, globals, "rollback", [missing], options);
    const from = {
      run: loadRun(reader.value, runId),
      by: currentPrincipal(context),
      signal: new AbortController().signal,
    };
    const planned = await planRollback(site.value, readSiteRecords(reader.value), from);
    if (!planned.ok) return await refuseRecorded(context, globals, "rollback", planned.error, options);
    if (planned.value === "nothing_to_do") return tellNothingToDo(context, options);
    return await tellPlan(context, globals, planned.value, { ...options, out: null, detailedExitcode: false });
  } finally {
    reader.value.close();
  }
}
