import { explainRun, type RunExplanation } from "../../core/run/tell/explain-run.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StoredEvent } from "../../log/stored-events.ts";
import { findRun } from "../site/find.ts";
import { withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** Explains a run from its log: what was predicted and what was seen for each step, and the first difference. */
export function explain(
  place: Workplace,
  request: { readonly run: string },
): Promise<Result<RunExplanation, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const found = await findRun(log, request.run);
    if (!found.ok) return fail([found.error]);
    const { runId } = found.value;
    // The fold finds the plan that the run started with, and refuses if bodies that it needs are gone.
    const run = await log.run(runId);
    if (!run.ok) return fail([run.error]);
    const events: StoredEvent[] = [];
    for await (const event of log.events(runId)) events.push(event);
    return ok(explainRun(run.value.prepared.plan, events));
  });
}
