import type { Problem } from "../../core/value/codes.ts";
import type { SiteRecords } from "../../flow/site/site-records.ts";
import type { LogSource } from "../../log/load-state.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import type { FoundPlan } from "./find-plan.ts";
import { type Asked, refuseRecorded } from "./refuse-recorded.ts";
import { refuse } from "./report.ts";
import { storeFolder } from "./site.ts";

/** What a command about plans works on. */
export interface PlanSource {
  readonly records: SiteRecords;
  readonly log: LogSource;
}

/**
 * Opens the store for reading, finds the plans wanted, and closes it again whatever happens. With `asked`, for commands that have
 * effects, a plan that is not found is a refusal that is recorded.
 */
export async function withPlans(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly wanted: readonly string[]; readonly json: boolean; readonly asked?: Asked["command"] },
  use: (found: readonly FoundPlan[], source: PlanSource) => Promise<number>,
): Promise<number> {
  const { openReader } = await import("../../log/sqlite/reader.ts");
  const { readSiteRecords } = await import("../../flow/site/site-records.ts");
  const { findPlan } = await import("./find-plan.ts");
  const reader = openReader(storeFolder(context, globals));
  const no = (problem: Problem): number | Promise<number> =>
    options.asked === undefined
      ? refuse(context, [problem], options)
      : refuseRecorded(context, globals, options.asked, [problem], options);
  if (!reader.ok) return no(reader.error);
  try {
    const source = { records: readSiteRecords(reader.value), log: reader.value };
    const found: FoundPlan[] = [];
    for (const wanted of options.wanted) {
      const plan = await findPlan(context, source.records, source.log, wanted);
      if (!plan.ok) return no(plan.error);
      found.push(plan.value);
    }
    return await use(found, source);
  } finally {
    reader.value.close();
  }
}
