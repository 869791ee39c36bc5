import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** What somebody wants to know of a run, told from its log. Cost: the run's records. */
export function tellFromLog<T>(
  place: Workplace,
  runId: string,
  tell: (run: RunState) => T,
): Promise<Result<T, readonly Problem[]>> {
  return withLog<T>(place, async (log) => {
    const run = await log.run(runId);
    return run.ok ? ok(tell(run.value)) : fail([run.error]);
  });
}
