import { isCallStep } from "../../plan/kinds/index.ts";
import type { Plan, Proposer } from "../../plan/plan.ts";
import type { Digest } from "../../value/digest.ts";
import type { Event } from "../words/event.ts";
import type { Authorization } from "../words/input.ts";

/**
 * Who did what for a run. A proposer wrote text. A decision or the gate chose the plan, a person approved it, and this
 * program alone carried it out.
 */
export interface RunCredits {
  readonly proposedBy: Proposer;
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
  /** From the plan to the start of its run: a person read it, or nobody did. */
  readonly waitedMs: number | null;
  /** While a call was in the air. Calls side by side count once each. */
  readonly executedInMs: number;
  /** From a write's acknowledgement until it was read back, and had held as long as it has to. */
  readonly heldForMs: number;
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
  const planned = site.find(({ event }) => event.kind === "plan_recorded");
  const opened = site.find(({ event }) => event.kind === "incident_opened");
  return {
    proposedBy: plan.proposer,
    decidedBy: { situation: plan.pins.situation },
    approvedBy: started?.event.kind === "run_started" ? started.event.authorization : null,
    executedBy: [...used].map(([connection, connector]) => ({ connection, connector })),
    times: {
      decidedInMs: between(opened, planned),
      waitedMs: between(planned, started),
      ...attemptTimes(events),
    },
  };
}

function between(from: Timed | undefined, to: Timed | undefined): number | null {
  return from === undefined || to === undefined ? null : Math.max(0, to.atMs - from.atMs);
}

function attemptTimes(events: readonly Timed[]): Pick<RunTimes, "executedInMs" | "heldForMs"> {
  const sentAtMs = new Map<string, number>();
  const appliedAtMs = new Map<string, number>();
  let [executedInMs, heldForMs] = [0, 0];
  for (const { event, atMs } of events) {
    if (event.kind === "step_intent") sentAtMs.set(event.attempt.stepId, atMs);
    if (event.kind === "attempt_settled") {
      const { stepId } = event.attempt;
      executedInMs += atMs - (sentAtMs.get(stepId) ?? atMs);
      if (event.reply.kind === "applied") appliedAtMs.set(stepId, atMs);
    }
    if (event.kind === "step_settled" || event.kind === "step_failed" || event.kind === "step_compensated") {
      heldForMs += atMs - (appliedAtMs.get(event.stepId) ?? atMs);
      appliedAtMs.delete(event.stepId);
    }
  }
  return { executedInMs, heldForMs };
}
