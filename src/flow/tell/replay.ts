import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { Event } from "../../core/run/words/event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { findRun } from "../site/find-run.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { type Difference, diffViews } from "./diff-views.ts";

/** Which run, and after which record of the log; `at: null` means the run's last record. */
export interface ReplayRequest {
  readonly run: string;
  readonly at: number | null;
}

/** A record of the run: its number in the log, and what happened. */
export interface RecordName {
  readonly seq: number;
  readonly kind: Event["kind"];
}

/** A run as it was after a record, rebuilt from the log alone, beside the run as it is now. */
export interface Replayed {
  readonly runId: string;
  /** The run's last record by then. */
  readonly at: RecordName;
  readonly last: RecordName;
  readonly state: RunView;
  /** Every place where the run is different now. */
  readonly differences: readonly Difference[];
}

/** Rebuilds a run as it was after a record, and says what has changed since. */
export function replay(place: Workplace, request: ReplayRequest): Promise<Result<Replayed, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const found = await findRun(log, request.run);
    if (!found.ok) return fail([found.error]);
    const { runId } = found.value;
    const missing = await log.missing(runId);
    if (missing !== null) return fail([missing]);
    const records = await recordsOf(log, runId);
    const last = records.at(-1);
    const at = request.at ?? last?.seq ?? 0;
    const seen = records.findLast(({ seq }) => seq <= at);
    const startSeq = records.find(({ kind }) => kind === "run_started")?.seq;
    if (startSeq === undefined || seen === undefined || last === undefined || at < startSeq)
      return fail([beginsLater(runId, startSeq)]);
    const then = await log.run(runId, at);
    if (!then.ok) return fail([then.error]);
    const now = await log.run(runId);
    if (!now.ok) return fail([now.error]);
    const state = viewRun(then.value);
    return ok({ runId, at: seen, last, state, differences: diffRuns(state, viewRun(now.value)) });
  });
}

function diffRuns(then: RunView, now: RunView): readonly Difference[] {
  // A view is plain data by construction.
  return diffViews(then as unknown as JsonValue, now as unknown as JsonValue);
}

async function recordsOf(log: SiteLog, runId: string): Promise<readonly RecordName[]> {
  const records: RecordName[] = [];
  for await (const { seq, event } of log.events(runId)) records.push({ seq, kind: event.kind });
  return records;
}

function beginsLater(runId: string, startSeq: number | undefined): Problem {
  const message = `\`${runId}\` begins at record ${startSeq ?? "?"}`;
  return problem("E_INPUT_MISSING", "", message, "name that record or a later one");
}
