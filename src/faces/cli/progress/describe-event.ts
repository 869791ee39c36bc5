import { shortDigest } from "../../../core/value/digest.ts";
import { assertNever } from "../../../core/value/invariant.ts";
import { escapeForTerminal } from "../../../core/value/text.ts";
import type { Event } from "../../../interlock.ts";

/** How an event looks to a person: one line, and a mark whose shape says the same as its colour. */
export interface EventLine {
  readonly mark: "▶" | "✔" | "✖" | "○" | "?" | "↺" | "■" | "!" | "·";
  readonly tone: "plain" | "good" | "bad" | "warn" | "dim";
  readonly text: string;
}

type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

type RunEvent = EventOf<
  "run_started" | "run_draining" | "run_killed" | "run_dirty" | "run_ended" | "compensation_started" | "epoch_changed"
>;

type StepEvent = EventOf<
  | "step_skipped"
  | "step_intent"
  | "step_held"
  | "step_released"
  | "step_settled"
  | "step_failed"
  | "step_in_doubt"
  | "step_resolved"
  | "step_compensated"
  | "attempt_settled"
  | "reply_ignored"
  | "retry_scheduled"
  | "wait_started"
  | "approval_asked"
>;

type SiteEvent = Exclude<Event, RunEvent | StepEvent>;

/** One line for an event, or `null` when it tells a person nothing. Text from outside is escaped. */
export function describeEvent(event: Event): EventLine | null {
  switch (event.kind) {
    case "run_started":
    case "run_draining":
    case "run_killed":
    case "run_dirty":
    case "run_ended":
    case "compensation_started":
    case "epoch_changed":
      return describeRunEvent(event);
    case "step_skipped":
    case "step_intent":
    case "step_held":
    case "step_released":
    case "step_settled":
    case "step_failed":
    case "step_in_doubt":
    case "step_resolved":
    case "step_compensated":
    case "attempt_settled":
    case "reply_ignored":
    case "retry_scheduled":
    case "wait_started":
    case "approval_asked":
      return describeStepEvent(event);
    default:
      return describeSiteEvent(event);
  }
}

function describeRunEvent(event: RunEvent): EventLine {
  switch (event.kind) {
    case "run_started": {
      const plan = `plan ${shortDigest(event.planHash)}${authorizationMark(event)}`;
      return line("▶", "plain", `run ${event.runId} started (${plan})`);
    }
    case "epoch_changed":
      return line("·", "dim", `taken over by a new engine (epoch ${event.epoch})`);
    case "run_draining": {
      const asked = `asked by ${show(event.by?.id ?? "nobody")}${because(event.reason)}`;
      return line("!", "warn", `no further step: ${event.problem === null ? asked : show(event.problem.message)}`);
    }
    case "run_killed":
      return line("■", "bad", `killed by ${show(event.by.id)}${because(event.reason)}`);
    case "compensation_started": {
      const steps = event.order.length === 1 ? "1 step" : `${event.order.length} steps`;
      const isNothing = event.order.length === 0;
      const nothing = "nothing was written, so there is nothing to undo";
      return line("↺", "warn", isNothing ? nothing : `undoing ${steps}: ${event.order.join(", ")}`);
    }
    case "run_dirty": {
      const why = `${show(event.problem.message)}; ${show(event.owner)} owns it now`;
      return line("!", "bad", `${event.stepId} cannot be undone: ${why}`);
    }
    case "run_ended":
      return endLine(event);
    default:
      return assertNever(event);
  }
}

function describeStepEvent(event: StepEvent): EventLine | null {
  switch (event.kind) {
    case "step_skipped":
      return line("·", "dim", `${event.stepId} not needed`);
    case "step_intent":
      return intentLine(event);
    case "attempt_settled":
      return event.reply.kind === "applied"
        ? null
        : line("✖", "warn", `${event.attempt.stepId}: ${show(event.reply.problem.message)}`);
    case "reply_ignored":
      return line("·", "dim", `${event.attempt.stepId}: a late reply was ignored (${show(event.reason)})`);
    case "step_held":
      return line("○", "warn", `${event.stepId} waits: ${show(event.problem.message)}`);
    case "step_released":
      return line("·", "dim", `${event.stepId} goes on`);
    case "retry_scheduled":
      return line("·", "dim", `${event.stepId} is tried again`);
    case "step_settled": {
      const why = because(event.problem?.message ?? event.reason);
      return line("✔", "good", `${event.stepId} ${event.outcome.replaceAll("_", " ")}${byMark(event.by)}${why}`);
    }
    case "step_failed":
      return line("✖", "bad", `${event.stepId} failed: ${show(event.problem.message)}`);
    case "step_in_doubt": {
      const why = `${show(event.problem.message)}; unless a reading settles it, ${show(event.owner)} has to`;
      return line("?", "bad", `${event.stepId} is in doubt: ${why}`);
    }
    case "step_resolved": {
      const how = event.by === null ? " by reading it back" : `${byMark(event.by)}${because(event.reason)}`;
      return line("✔", "good", `${event.stepId} settled as ${event.as.replaceAll("_", " ")}${how}`);
    }
    case "wait_started":
      return line("○", "dim", `${event.stepId} waits`);
    case "approval_asked":
      return line("?", "warn", `${event.stepId} asks: ${show(event.question)}`);
    case "step_compensated":
      return line("↺", "good", `${event.stepId} ${compensationWords[event.how]}`);
    default:
      return assertNever(event);
  }
}

function describeSiteEvent(event: SiteEvent): EventLine {
  switch (event.kind) {
    case "frozen":
    case "unfrozen":
      return line("■", "warn", `${event.scope} ${event.kind} by ${show(event.by.id)}${because(event.reason)}`);
    case "input_refused":
      return line("✖", "warn", `refused: ${show(event.problem.message)} (${event.problem.code})`);
    case "plan_recorded":
    case "nothing_planned":
    case "approval_recorded":
    case "approval_rejected":
    case "grant_recorded":
    case "pack_trusted":
    case "round_trip_recorded":
    case "incident_opened":
    case "incident_planned":
    case "incident_closed":
    case "model_called":
    case "engine_opened":
      return line("·", "dim", event.kind.replaceAll("_", " "));
    default:
      return assertNever(event);
  }
}

function intentLine({ attempt, access }: EventOf<"step_intent">): EventLine {
  const { stepId, n, direction } = attempt;
  const nth = n > 1 ? `, attempt ${n}` : "";
  if (direction === "undo") return line("↺", "warn", `${stepId} is being undone${nth}`);
  return line("▶", "plain", `${stepId} ${access === "write" ? "writes" : "reads"}${nth}`);
}

const compensationWords = {
  undone: "undone",
  nothing_happened: "had nothing left to undo",
  by_person: "put back by a person",
} as const;

function endLine(event: EventOf<"run_ended">): EventLine {
  const reason = because(event.reason);
  switch (event.outcome) {
    case "succeeded":
      return line("✔", "good", `succeeded${reason}`);
    case "compensated":
      return line("↺", "warn", `compensated${reason}`);
    case "escalated":
      return line("!", "warn", `escalated${reason}`);
    case "stopped":
      return line("■", "warn", `stopped${reason}`);
    case "closed":
      return line("■", "warn", `closed by a person${reason}`);
    default:
      return assertNever(event.outcome);
  }
}

function authorizationMark(event: EventOf<"run_started">): string {
  const { authorization } = event;
  switch (authorization.kind) {
    case "approval":
      return `, approved by ${show(authorization.principal.id)}${signatureMarks(authorization)}`;
    case "grant":
      return `, under grant ${authorization.grantId}${signatureMarks(authorization)}`;
    case "read_only":
      return ", reads only";
    default:
      return assertNever(authorization);
  }
}

function signatureMarks({ attended, solo }: { readonly attended: boolean; readonly solo: boolean }): string {
  return `${attended ? "" : " UNATTENDED"}${solo ? " SOLO" : ""}`;
}

function byMark(by: { readonly id: string } | null): string {
  return by === null ? "" : ` by ${show(by.id)}`;
}

function line(mark: EventLine["mark"], tone: EventLine["tone"], text: string): EventLine {
  return { mark, tone, text };
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === "" ? "" : `: ${show(reason)}`;
}

function show(text: string): string {
  return escapeForTerminal(text);
}
