import type { LogEntry } from "../core/log/record.ts";
import { applyRun, createRun } from "../core/run/apply/apply.ts";
import type { RunState } from "../core/run/words/state.ts";
import type { Problem } from "../core/value/codes.ts";
import { invariant } from "../core/value/invariant.ts";
import { ok, type Result } from "../core/value/result.ts";
import type { Log } from "../ports.ts";
import { planOf } from "./load-state.ts";
import { eventOf } from "./stored-events.ts";

const pageSize = 2_000;

/** Every record of one stream, in order. Cost: O(the stream's records). */
export async function readStream(
  log: Pick<Log, "page">,
  stream: string,
): Promise<Result<readonly LogEntry[], Problem>> {
  const entries: LogEntry[] = [];
  for (let fromSeq = 0; ; ) {
    const page = await log.page({ stream, fromSeq, limit: pageSize });
    if (!page.ok) return page;
    entries.push(...page.value);
    if (page.value.length < pageSize) return ok(entries);
    fromSeq = (page.value.at(-1)?.record.seq ?? 0) + 1;
  }
}

/**
 * Like `loadRun`, over the port: the fold of a run's records up to and including record `lastSeq`. Throws `StoreDamage`
 * if the plan is not the one that the run names.
 */
export async function foldRun(
  log: Pick<Log, "document">,
  entries: readonly LogEntry[],
  lastSeq: number,
): Promise<Result<RunState, Problem>> {
  const events = entries.filter(({ record }) => record.seq <= lastSeq).flatMap((entry) => eventOf(entry) ?? []);
  // A refused start leaves a record in the stream of a run that never existed.
  const from = events.findIndex(({ event }) => event.kind === "run_started");
  const start = events[from]?.event;
  invariant(start?.kind === "run_started" && start.runId !== null, "a run that is listed was started");
  const plan = await log.document(start.planHash);
  if (!plan.ok) return plan;
  let run = createRun(planOf(plan.value, start.planHash), start.planHash, start.runId);
  for (const { event, atMs } of events.slice(from)) run = applyRun(run, event, atMs);
  return ok(run);
}
