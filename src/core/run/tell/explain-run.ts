import type { FactValue } from "../../domain/domain.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { CallStep, Plan } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import type { Event } from "../words/event.ts";

/** A run told from its log: for each step what was predicted, what was seen, and where the two part for the first time. */
export interface RunExplanation {
  readonly runId: string;
  readonly planHash: string;
  readonly outcome: string | null;
  readonly reason: string;
  readonly steps: readonly StepExplanation[];
  /** The first fact that was not seen as predicted, or `null`. */
  readonly firstDivergence: {
    readonly stepId: string;
    readonly fact: string;
    readonly predicted: FactValue;
    readonly observed: FactValue | null;
  } | null;
  /** What kept the run from going on as planned, and at which step; `null` where nothing did, or an operator stopped it. */
  readonly stoppedBy: { readonly stepId: string | null; readonly problem: Problem } | null;
  readonly refusals: readonly { readonly atMs: number; readonly input: string; readonly problem: Problem }[];
}

/** One step as it went. Times are milliseconds since the run started. */
export interface StepExplanation {
  readonly id: string;
  readonly action: string;
  readonly target: string | null;
  readonly status: "done" | "failed" | "skipped" | "in_doubt" | "undone" | "not_reached";
  readonly outcome: string | null;
  readonly attemptCount: number;
  readonly startedMs: number | null;
  readonly settledMs: number | null;
  readonly predicted: readonly { readonly fact: string; readonly value: FactValue }[];
  readonly observed: readonly { readonly fact: string; readonly value: FactValue | null }[];
  readonly problem: Problem | null;
}

type Timed = { readonly event: Event; readonly atMs: number };

/** Explains a run from its plan and its events. Cost: O(events + steps). */
export function explainRun(plan: Plan, events: readonly Timed[]): RunExplanation {
  const startedMs = events.find(({ event }) => event.kind === "run_started")?.atMs ?? 0;
  const started = events.find(({ event }) => event.kind === "run_started")?.event;
  const ended = events.find(({ event }) => event.kind === "run_ended")?.event;
  const ending =
    ended?.kind === "run_ended"
      ? { kind: ended.outcome === "succeeded" ? "end" : "escalate", reason: ended.reason }
      : null;
  const steps = plan.steps.map((step) => {
    const explained = explainStep(
      step.kind === "act" || step.kind === "probe" ? step : null,
      step.id,
      eventsOf(step.id, events),
      startedMs,
    );
    // An ending leaves no event of its own: the run's end is it.
    const isEnding =
      step.kind === "end" ? ending?.kind === "end" : step.kind === "escalate" && ending?.reason === step.reason;
    return isEnding && explained.status === "not_reached" ? { ...explained, status: "done" as const } : explained;
  });
  return {
    runId: started?.runId ?? "",
    planHash: started?.kind === "run_started" ? started.planHash : "",
    outcome: ended?.kind === "run_ended" ? ended.outcome : null,
    reason: ended?.kind === "run_ended" ? ended.reason : "",
    steps,
    firstDivergence: firstDivergence(steps),
    stoppedBy: findStop(events),
    refusals: events.flatMap(({ event, atMs }) =>
      event.kind === "input_refused" ? [{ atMs: atMs - startedMs, input: event.input, problem: event.problem }] : [],
    ),
  };
}

function explainStep(call: CallStep | null, id: string, events: readonly Timed[], startMs: number): StepExplanation {
  let status: StepExplanation["status"] = "not_reached";
  let outcome: string | null = null;
  let problem: Problem | null = null;
  let settledMs: number | null = null;
  let left: ObservedObject | null = null;
  let attemptCount = 0;
  for (const { event, atMs } of events) {
    switch (event.kind) {
      case "step_intent":
        if (event.attempt.direction === "do") attemptCount += 1;
        break;
      case "step_settled":
        [status, outcome, problem, settledMs, left] = [
          "done",
          event.outcome,
          event.problem,
          atMs - startMs,
          event.left,
        ];
        break;
      case "step_failed":
        [status, problem, settledMs, left] = ["failed", event.problem, atMs - startMs, event.left];
        break;
      case "step_in_doubt":
        [status, problem] = ["in_doubt", event.problem];
        break;
      case "step_skipped":
        status = "skipped";
        break;
      case "step_compensated":
        status = "undone";
        break;
      default:
    }
  }
  const started = events.find(({ event }) => event.kind === "step_intent");
  const predicted = call === null ? [] : call.effect.map(({ fact, value }) => ({ fact, value }));
  const seen = new Map(left?.facts.map(({ name, value }) => [name, value]));
  const observed =
    left === null
      ? []
      : predicted.filter(({ fact }) => seen.has(fact)).map(({ fact }) => ({ fact, value: seen.get(fact) ?? null }));
  return {
    id,
    action: call?.action ?? "",
    target: call?.target ?? null,
    status,
    outcome,
    attemptCount,
    startedMs: started === undefined ? null : started.atMs - startMs,
    settledMs,
    predicted,
    observed,
    problem,
  };
}

/** The first problem that made the run drain: a later one only makes the end stronger. */
function findStop(events: readonly Timed[]): RunExplanation["stoppedBy"] {
  for (const [at, { event }] of events.entries()) {
    if (event.kind !== "run_draining" || event.problem === null) continue;
    const cause = events[at - 1]?.event;
    return { stepId: cause?.kind === "step_failed" ? cause.stepId : null, problem: event.problem };
  }
  return null;
}

function firstDivergence(steps: readonly StepExplanation[]): RunExplanation["firstDivergence"] {
  for (const step of steps) {
    for (const { fact, value } of step.predicted) {
      const seen = step.observed.find((candidate) => candidate.fact === fact);
      if (seen !== undefined && seen.value !== value)
        return { stepId: step.id, fact, predicted: value, observed: seen.value };
    }
  }
  return null;
}

function eventsOf(stepId: string, events: readonly Timed[]): readonly Timed[] {
  return events.filter(
    ({ event }) =>
      ("stepId" in event && event.stepId === stepId) || ("attempt" in event && event.attempt.stepId === stepId),
  );
}
