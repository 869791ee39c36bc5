import { explainRun, type RunExplanation } from "../../core/run/tell/explain-run.ts";
import { type RunView, viewRun, type WaitView } from "../../core/run/tell/view.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StoredEvent } from "../../log/stored-events.ts";
import { EngineSight } from "../site/engine-sight.ts";
import { findRun } from "../site/find.ts";
import { withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** A run told from its log, and how it stands now. */
export interface ExplainedRun extends RunExplanation {
  readonly now: RunStanding;
}

/** How a run stands now: what it waits for, who has to act, and what to do next. */
export interface RunStanding {
  readonly phase: RunView["phase"];
  readonly waitingFor: readonly WaitView[];
  /** What the run keeps others from, until it has ended. */
  readonly locks: readonly string[];
  /** `null` if the run has ended, waits for a person, or if its engine may be on another machine. */
  readonly hasEngine: boolean | null;
  readonly next: readonly NextStep[];
}

/** Explains a run from its log: what was predicted and what was seen for each step, and the first difference. */
export function explain(
  place: Workplace,
  request: { readonly run: string },
): Promise<Result<ExplainedRun, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const found = await findRun(log, request.run);
    if (!found.ok) return fail([found.error]);
    const { runId } = found.value;
    // The fold finds the plan that the run started with, and refuses if bodies that it needs are gone.
    const run = await log.run(runId);
    if (!run.ok) return fail([run.error]);
    const events: StoredEvent[] = [];
    for await (const event of log.events(runId)) events.push(event);
    const view = viewRun(run.value);
    const isWorkedOn = ["running", "draining", "compensating"].includes(view.phase);
    const hasEngine = isWorkedOn ? await new EngineSight(place).worksOn(log, runId) : null;
    return ok({ ...explainRun(run.value.prepared.plan, events), now: standingOf(view, hasEngine) });
  });
}

function standingOf(view: RunView, hasEngine: boolean | null): RunStanding {
  const { phase, waitingFor, locks } = view;
  return { phase, waitingFor, locks, hasEngine, next: nextSteps(view, hasEngine) };
}

function nextSteps({ runId, waitingFor }: RunView, hasEngine: boolean | null): readonly NextStep[] {
  const resolve = waitingFor.flatMap(({ kind, stepId }): readonly NextStep[] =>
    kind === "person" && stepId !== null ? [{ do: "resolve", run: runId, step: stepId }] : [],
  );
  return hasEngine === false ? [...resolve, { do: "resume", run: runId }] : resolve;
}
