import { isCallStep } from "../../plan/kinds/index.ts";
import { thenStepsOf } from "../../plan/kinds/undo-calls.ts";
import type { Plan, PlanStep } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import type { Event, SettledReply } from "../words/event.ts";

/** An event of a run, and when it was recorded. */
export type Timed = { readonly event: Event; readonly atMs: number };

/** A way back as it went. */
export interface UndoExplanation {
  /**
   * `sent`: its call was handed over, and nothing in the log says what became of it. `refused`: the last call did
   * nothing. `in_doubt`: nobody can say whether it happened.
   */
  readonly status: "undone" | "failed" | "sent" | "refused" | "in_doubt";
  readonly attemptCount: number;
  /** Why it failed, with what the target said. */
  readonly problem: Problem | null;
}

/** One thing that the way back of a run does, in its place. */
export interface WayBackStep {
  readonly stepId: string;
  /** Whether it undoes a step, or is what must run once one is undone. */
  readonly kind: "undo" | "then_run";
  readonly name: string;
  /**
   * `done`: it was made, and read back. `nothing_to_undo`: the target read as before. `as_told`: a person said that it
   * was put back, and nothing could be read. `not_reached`: the way back has not come to it.
   */
  readonly status: "done" | "nothing_to_undo" | "as_told" | "failed" | "sent" | "refused" | "in_doubt" | "not_reached";
  /** Steps that it put right, so that they had no undo of their own. */
  readonly covers: readonly string[];
  readonly problem: Problem | null;
}

/** The way back of a run in its order; empty for a run that has not begun one. */
export function explainWayBack(
  plan: Plan,
  events: readonly Timed[],
  from: {
    readonly byStep: ReadonlyMap<string, readonly Timed[]>;
    readonly nameOf: (step: PlanStep) => string;
  },
): readonly WayBackStep[] {
  const started = events.find(({ event }) => event.kind === "compensation_started")?.event;
  if (started?.kind !== "compensation_started") return [];
  const calls = plan.steps.filter(isCallStep);
  const byId = new Map([...calls, ...calls.flatMap(thenStepsOf)].map((step) => [step.id, step]));
  const own = new Set(calls.map(({ id }) => id));
  return started.order.map((stepId): WayBackStep => {
    const step = byId.get(stepId);
    invariant(step !== undefined, "a way back names steps of its plan");
    const about = from.byStep.get(stepId) ?? [];
    const told = explainUndo(about);
    return {
      stepId,
      kind: own.has(stepId) ? "undo" : "then_run",
      name: from.nameOf(step),
      status: statusOf(told, about),
      covers: started.covered?.find(({ by }) => by === stepId)?.steps ?? [],
      problem: told?.problem ?? null,
    };
  });
}

function statusOf(told: UndoExplanation | null, events: readonly Timed[]): WayBackStep["status"] {
  if (told === null) return "not_reached";
  if (told.status !== "undone") return told.status;
  const over = events.findLast(({ event }) => event.kind === "step_compensated")?.event;
  if (over?.kind !== "step_compensated" || over.how === "undone") return "done";
  return over.how === "by_person" ? "as_told" : "nothing_to_undo";
}

type Refusal = Extract<SettledReply, { readonly problem: Problem }>;

/** Whether a reply says that nothing was done. */
export function didNothing(reply: SettledReply): reply is Refusal {
  return reply.kind === "rejected" || reply.kind === "not_sent";
}

/** The way back of one step, from its events; `null` if there was none. */
export function explainUndo(events: readonly Timed[]): UndoExplanation | null {
  let status: UndoExplanation["status"] | null = null;
  let attemptCount = 0;
  let problem: Problem | null = null;
  for (const { event } of events) {
    if (event.kind === "step_intent" && event.attempt.direction === "undo")
      [status, attemptCount, problem] = ["sent", attemptCount + 1, null];
    if (event.kind === "attempt_settled" && event.attempt.direction === "undo" && didNothing(event.reply))
      [status, problem] = ["refused", event.reply.problem];
    if (event.kind === "step_in_doubt" && event.direction === "undo") [status, problem] = ["in_doubt", event.problem];
    if (event.kind === "run_dirty") [status, problem] = ["failed", whyStuck(events, event.problem)];
    if (event.kind === "step_compensated") [status, problem] = ["undone", null];
  }
  return status === null ? null : { status, attemptCount, problem };
}

/** Why a way back failed, with what the last attempt was told unless that stands in it already. */
function whyStuck(events: readonly Timed[], found: Problem): Problem {
  const said = lastRefusal(events, "undo");
  return said === null || found.message.includes(said.message) ? found : said;
}

/** The problem of the last attempt in one direction, unless that attempt was applied. */
export function lastRefusal(events: readonly Timed[], direction: "do" | "undo"): Problem | null {
  let found: Problem | null = null;
  for (const { event } of events) {
    if (event.kind !== "attempt_settled" || event.attempt.direction !== direction) continue;
    found = event.reply.kind === "applied" ? null : event.reply.problem;
  }
  return found;
}
