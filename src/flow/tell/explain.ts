import type { Plan, PlanIntent } from "../../core/plan/plan.ts";
import { type AnswerBrief, briefAnswers } from "../../core/plan/show/brief-steps.ts";
import { creditsOf, type RunCredits } from "../../core/run/tell/credits.ts";
import { explainRun, type RunExplanation } from "../../core/run/tell/explain-run.ts";
import { outputOfStep, type StepOutput } from "../../core/run/tell/step-output.ts";
import type { RunView, WaitView } from "../../core/run/tell/view.ts";
import type { CalledStep, FailedStep } from "../../core/run/words/event.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote, suggestName } from "../../core/value/text.ts";
import type { RunListState } from "../../log/run-index.ts";
import type { StoredEvent } from "../../log/stored-events.ts";
import { EngineSight } from "../site/engine-sight.ts";
import { findRun } from "../site/find-run.ts";
import { type SeenRun, seeState } from "../site/run-standing.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/** A run told from its log, and how it stands now. */
export interface ExplainedRun extends RunExplanation {
  readonly now: RunStanding;
  /** What was asked for, by whom, and who worded the goal; `null` where nobody recorded it. */
  readonly asked: PlanIntent | null;
  readonly credits: RunCredits;
  /** Credentials that each connection carries as `interlock.yaml` is now, as `name from reference`. */
  readonly credentials: Readonly<Record<string, readonly string[]>>;
  /** What the step given in `output` gave; absent where none was asked for. */
  readonly output?: StepOutput;
}

/** Which run to explain, and the step whose output to give with it. */
export interface ExplainRequest {
  readonly run: string;
  readonly output?: string;
}

/** How a run stands now: what it waits for, who has to act, and what to do next. */
export interface RunStanding {
  readonly phase: RunView["phase"];
  /** As the lists of runs, locks and plans have it. */
  readonly state: RunListState;
  readonly waitingFor: readonly StandingWait[];
  /** What the run keeps others from, until it has ended. */
  readonly locks: readonly string[];
  /** Once it has ended: steps whose effect is, or may be, in the world. */
  readonly wrote: readonly string[];
  /** Steps that failed and were not put right so far. */
  readonly failed: readonly FailedStep[];
  /** Steps that were read back, as done or as undone, although their call did not report success. */
  readonly unacknowledged: readonly CalledStep[];
  /** `null` if the run has ended, waits for a person, or if its engine may be on another machine. */
  readonly hasEngine: boolean | null;
  readonly next: readonly NextStep[];
}

/** One thing a run waits for; for a question also what each answer leads to. */
export interface StandingWait extends WaitView {
  readonly leadsTo?: readonly AnswerBrief[];
}

/** Explains a run from its log: what was predicted and what was seen for each step, and the first difference. */
export function explain(place: Workplace, request: ExplainRequest): Promise<Result<ExplainedRun, readonly Problem[]>> {
  return withLog(place, async (log) => {
    const found = await findRun(log, request.run);
    if (!found.ok) return fail([found.error]);
    const { runId, state } = found.value;
    // The fold finds the plan that the run started with, and refuses if bodies that it needs are gone.
    const run = await log.run(runId);
    if (!run.ok) return fail([run.error]);
    const events: StoredEvent[] = [];
    for await (const event of log.events(runId)) events.push(event);
    const seen = await seeState(log, run.value, new EngineSight(place));
    const { plan, planHash } = run.value.prepared;
    const credits = creditsOf(plan, events, await aboutPlan(log, planHash, plan.parent?.incidentId ?? null));
    const explained = explainRun(plan, events);
    const about = { asked: plan.intent ?? null, credits, credentials: credentialsOf(place) };
    const told = { ...explained, now: standingOf(plan, seen, state), ...about };
    if (request.output === undefined) return ok(told);
    const stepIds = plan.steps.map(({ id }) => id);
    if (!stepIds.includes(request.output)) {
      const message = `${quote(request.output)} is no step of \`${runId}\``;
      return fail([problem("E_USAGE", "/output", message, suggestName(request.output, stepIds))]);
    }
    return ok({ ...told, output: outputOfStep(request.output, events) });
  });
}

/** The records of the site about one plan and its incident. */
async function aboutPlan(log: SiteLog, planHash: string, incidentId: string | null): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const stored of log.events("site")) {
    const { event } = stored;
    if ((event.kind === "plan_recorded" || event.kind === "approval_recorded") && event.planHash === planHash)
      found.push(stored);
    if (event.kind === "incident_opened" && event.incidentId === incidentId) found.push(stored);
  }
  return found;
}

/** Names and references, never a secret. Empty where the site cannot be read. */
function credentialsOf(place: Workplace): ExplainedRun["credentials"] {
  const site = siteOf(place);
  if (!site.ok) return {};
  return Object.fromEntries(
    [...site.value.connections].map(([name, { secrets }]) => [
      name,
      [...secrets].map(([secret, reference]) => `${secret} from ${reference}`),
    ]),
  );
}

function standingOf(plan: Plan, { view, hasEngine, next }: SeenRun, state: RunListState): RunStanding {
  const { phase, locks, wrote, failed, unacknowledged } = view;
  const waitingFor = view.waitingFor.map((wait): StandingWait => {
    const leadsTo = wait.kind === "answer" && wait.stepId !== null ? briefAnswers(plan, wait.stepId) : null;
    return leadsTo === null ? wait : { ...wait, leadsTo };
  });
  return { phase, state, waitingFor, locks, wrote, failed, unacknowledged, hasEngine, next };
}
