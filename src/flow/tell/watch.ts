import { briefSteps, type StepBrief } from "../../core/plan/show/brief-steps.ts";
import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { endedStates } from "../../log/run-index.ts";
import { type LoggedEvent, tailRun } from "../apply/tail-run.ts";
import { tellFromLog } from "../apply/tell-from-log.ts";
import { EngineSight, watchEngine } from "../site/engine-sight.ts";
import { findRun } from "../site/find-run.ts";
import { seeRun } from "../site/run-standing.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** A run seen from beside the engine that works on it, if there is one. Watching a run changes nothing. */
export interface WatchedRun {
  readonly runId: string;
  readonly startedMs: number;
  /**
   * Every event from a record on, by default from the first. Ends once the run has ended; with `follow: false`, ends
   * with what has been recorded by now. Never throws. If the log can no longer be read, it ends, and `view` says why.
   */
  events(options?: { readonly fromSeq?: number; readonly follow?: boolean }): AsyncIterable<LoggedEvent>;
  /** The steps of its plan, as people are told of them. */
  steps(): Promise<Result<readonly StepBrief[], readonly Problem[]>>;
  /** The run as it is now. */
  view(): Promise<Result<RunView, readonly Problem[]>>;
  /**
   * Whether an engine works on the run now. If none does, the run stays as it is until it is resumed. `null` if the
   * run has ended, and if that cannot be seen from here: the log is in a journal whose owner may be on another machine.
   */
  hasEngine(): Promise<boolean | null>;
  /** What moves the run on now, the best first; empty once it has ended. */
  next(): Promise<Result<readonly NextStep[], readonly Problem[]>>;
  /**
   * Says when the engine goes, and when one comes: `false` once none has worked on the run for two seconds, `true` once
   * one does again. Begins with how it is now. Ends once the run has ended.
   */
  engineChanges(): AsyncIterable<boolean>;
  /** Ends every `events` of this watch. */
  detach(): void;
}

/** Finds a run to watch. Refused if bodies that this needs were archived. */
export async function watch(
  place: Workplace,
  request: { readonly run: string },
): Promise<Result<WatchedRun, readonly Problem[]>> {
  const found = await withLog(place, async (log) => {
    const row = await findRun(log, request.run);
    if (!row.ok) return fail([row.error]);
    const missing = await log.missing(row.value.runId);
    return missing === null ? row : fail([missing]);
  });
  if (!found.ok) return found;
  const { runId, startedMs } = found.value;
  const letGo = new AbortController();
  const detached = AbortSignal.any([letGo.signal, place.owners.closing]);
  return ok({
    runId,
    startedMs,
    events: ({ fromSeq = 0, follow = true } = {}) =>
      tailRun(place, runId, {
        fromSeq,
        isOver: (log) => !follow || hasEnded(log, runId),
        detached,
      }),
    steps: () => tellFromLog(place, runId, (run) => briefSteps(run.prepared.plan)),
    view: () => tellFromLog(place, runId, viewRun),
    hasEngine: () => hasEngine(place, runId),
    next: () => nextOf(place, runId),
    engineChanges: () => watchEngine(place, runId, { isOver: (log) => hasEnded(log, runId), detached }),
    detach: () => letGo.abort(),
  });
}

async function hasEngine(place: Workplace, runId: string): Promise<boolean | null> {
  const seen = await withLog(place, async (log) =>
    ok((await hasEnded(log, runId)) ? null : await new EngineSight(place).worksOn(log, runId)),
  );
  return seen.ok ? seen.value : null;
}

function nextOf(place: Workplace, runId: string): Promise<Result<readonly NextStep[], readonly Problem[]>> {
  return withLog<readonly NextStep[]>(place, async (log) => {
    const seen = await seeRun(place, log, runId);
    return seen.ok ? ok(seen.value.next) : fail([seen.error]);
  });
}

async function hasEnded(log: SiteLog, runId: string): Promise<boolean> {
  const [row] = log.lists.runsByPrefix(runId);
  return row === undefined || endedStates.includes(row.state);
}
