import { isCallStep } from "../../plan/kinds/index.ts";
import type { Plan, PlanPreparer, Proposer } from "../../plan/plan.ts";
import type { Digest } from "../../value/digest.ts";
import type { Event } from "../words/event.ts";
import type { Authorization } from "../words/input.ts";

/**
 * Who did what for a run. A proposer wrote text. A decision or the gate chose the plan, a person approved it, and this
 * program alone carried it out.
 */
export interface RunCredits {
  readonly proposedBy: Proposer;
  /** Who gave the command; `null` where that is simply the person on whose behalf it was proposed. */
  readonly preparedBy: PlanPreparer | null;
  /** The situation whose arithmetic chose the plan; `null` where the gate only compiled what was proposed. */
  readonly decidedBy: { readonly situation: Digest | null };
  /** `null` for a run that has not started. */
  readonly approvedBy: Authorization | null;
  /** The connections over which calls were sent, in the order of the plan. */
  readonly executedBy: readonly { readonly connection: string; readonly connector: string }[];
  readonly times: RunTimes;
}

/** What took how long, in milliseconds. `null`: it did not happen, or the log does not say. */
export interface RunTimes {
  /** From the alert to the plan that answers it. */
  readonly decidedInMs: number | null;
  /** From the last making of the plan to the approval that its run uses: a person read it, or nobody did. */
  readonly approvedInMs: number | null;
  /** From that approval to the start of the run; without one, from the plan. */
  readonly startedInMs: number | null;
  /** While a call was in the air. Calls side by side count once each. */
  readonly executedInMs: number;
  /** From a write's acknowledgement until it was read back, and had held as long as it has to. */
  readonly heldForMs: number;
  /** While a step waited to be tried again, as a target may ask for, or for a freeze, a cooldown or a rate. */
  readonly pausedMs: number;
  /** While a question of the run waited for its answer. */
  readonly askedMs: number;
  /**
   * While no engine worked on the run, at most: from its last record before an engine took it over until then. Nobody
   * knows when in that time the earlier engine ended, so none of it counts as calling, reading back or pausing.
   */
  readonly awayMs: number;
}

type Timed = { readonly event: Event; readonly atMs: number };

/**
 * @param events - the run's own, in the order of the log
 * @param site - the records of the site about its plan and its incident
 */
export function creditsOf(plan: Plan, events: readonly Timed[], site: readonly Timed[]): RunCredits {
  const started = events.find(({ event }) => event.kind === "run_started");
  const sent = new Set(events.flatMap(({ event }) => (event.kind === "step_intent" ? [event.attempt.stepId] : [])));
  const used = new Map<string, string>();
  for (const step of plan.steps)
    if (isCallStep(step) && sent.has(step.id)) used.set(step.call.connection, step.call.connector);
  const made = site.filter(({ event }) => event.kind === "plan_recorded");
  const opened = site.find(({ event }) => event.kind === "incident_opened");
  const approvalId = approvalOf(started);
  const approved = site.find(({ event }) => event.kind === "approval_recorded" && event.approvalId === approvalId);
  // A plan may have been made and run before. What counts for this run is its last making.
  const before = approved ?? started;
  const planned = made.findLast(({ atMs }) => before === undefined || atMs <= before.atMs);
  const away = spansAway(events);
  return {
    proposedBy: plan.proposer,
    preparedBy: plan.preparedBy ?? null,
    decidedBy: { situation: plan.pins.situation },
    approvedBy: started?.event.kind === "run_started" ? started.event.authorization : null,
    executedBy: [...used].map(([connection, connector]) => ({ connection, connector })),
    times: {
      decidedInMs: between(opened, made[0]),
      approvedInMs: between(planned, approved),
      startedInMs: between(approved ?? planned, started),
      ...attemptTimes(events, away),
      ...waitTimes(events, away),
      awayMs: sumOf(away),
    },
  };
}

/** The approval that a run uses; `null` for a run under a grant, and for one that only reads. */
function approvalOf(started: Timed | undefined): string | null {
  if (started?.event.kind !== "run_started") return null;
  const { authorization } = started.event;
  return authorization.kind === "approval" ? authorization.approvalId : null;
}

/** How long steps waited without anything being sent or read: for another try, or for a person. */
function waitTimes(events: readonly Timed[], away: readonly Span[]): Pick<RunTimes, "pausedMs" | "askedMs"> {
  const pausedAtMs = new Map<string, number>();
  const askedAtMs = new Map<string, number>();
  let [pausedMs, askedMs] = [0, 0];
  for (const { event, atMs } of events) {
    if (event.kind === "retry_scheduled" || event.kind === "step_held") pausedAtMs.set(event.stepId, atMs);
    if (event.kind === "approval_asked") askedAtMs.set(event.stepId, atMs);
    const stepId = event.kind === "step_intent" ? event.attempt.stepId : "stepId" in event ? event.stepId : null;
    if (stepId === null || !endsPause.has(event.kind)) continue;
    pausedMs += workedMs({ fromMs: pausedAtMs.get(stepId) ?? atMs, toMs: atMs }, away);
    askedMs += atMs - (askedAtMs.get(stepId) ?? atMs);
    pausedAtMs.delete(stepId);
    askedAtMs.delete(stepId);
  }
  return { pausedMs, askedMs };
}

const endsPause: ReadonlySet<Event["kind"]> = new Set([
  "step_released",
  "step_intent",
  "step_settled",
  "step_failed",
  "step_in_doubt",
]);

function between(from: Timed | undefined, to: Timed | undefined): number | null {
  return from === undefined || to === undefined ? null : Math.max(0, to.atMs - from.atMs);
}

/** A stretch of time, in Unix milliseconds. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When no engine may have worked on the run: before each takeover, back to the record before it. */
function spansAway(events: readonly Timed[]): readonly Span[] {
  return events.flatMap(({ event, atMs }, index) => {
    const last = events[index - 1];
    return event.kind === "epoch_changed" && last !== undefined ? [{ fromMs: last.atMs, toMs: atMs }] : [];
  });
}

function sumOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - fromMs), 0);
}

/** How much of a stretch of time an engine worked on the run. */
function workedMs({ fromMs, toMs }: Span, away: readonly Span[]): number {
  const shared = away.map((span) => ({ fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) }));
  return Math.max(0, toMs - fromMs - sumOf(shared));
}

function attemptTimes(events: readonly Timed[], away: readonly Span[]): Pick<RunTimes, "executedInMs" | "heldForMs"> {
  const sentAtMs = new Map<string, number>();
  const appliedAtMs = new Map<string, number>();
  let [executedInMs, heldForMs] = [0, 0];
  for (const { event, atMs } of events) {
    if (event.kind === "step_intent") sentAtMs.set(event.attempt.stepId, atMs);
    if (event.kind === "attempt_settled") {
      const { stepId } = event.attempt;
      executedInMs += workedMs({ fromMs: sentAtMs.get(stepId) ?? atMs, toMs: atMs }, away);
      if (event.reply.kind === "applied") appliedAtMs.set(stepId, atMs);
    }
    if (event.kind === "step_settled" || event.kind === "step_failed" || event.kind === "step_compensated") {
      heldForMs += workedMs({ fromMs: appliedAtMs.get(event.stepId) ?? atMs, toMs: atMs }, away);
      appliedAtMs.delete(event.stepId);
    }
  }
  return { executedInMs, heldForMs };
}
