import { shortDigest } from "../../../core/value/digest.ts";
import { assertNever } from "../../../core/value/invariant.ts";
import { escapeForTerminal } from "../../../core/value/text.ts";
import type { Event } from "../../../interlock.ts";

/** How an event looks to a person: a mark whose shape and word say the same as its colour, and one line. */
export interface EventLine {
  readonly mark: "▶" | "✔" | "✖" | "○" | "?" | "↺" | "■" | "!" | "·";
  readonly tone: "plain" | "good" | "bad" | "warn" | "dim";
  readonly text: string;
}

/**
 * One line for an event of a run, or `null` for those that tell a person nothing. Everything from outside is made
 * inert.
 */
export function describeEvent(event: Event): EventLine | null {
  switch (event.kind) {
    case "run_started":
      return line(
        "▶",
        "plain",
        `run ${event.runId} started (plan ${shortDigest(event.planHash)}${authorizationMark(event)})`,
      );
    case "step_skipped":
      return line("·", "dim", `${event.stepId} not needed`);
    case "step_intent":
      return event.attempt.direction === "do"
        ? line(
            "▶",
            "plain",
            `${event.attempt.stepId} ${event.access === "write" ? "writes" : "reads"}${attemptMark(event.attempt.n)}`,
          )
        : line("↺", "warn", `${event.attempt.stepId} is being undone${attemptMark(event.attempt.n)}`);
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
    case "step_settled":
      return line(
        "✔",
        "good",
        `${event.stepId} ${event.outcome.replaceAll("_", " ")}${byMark(event.by)}${because(event.problem?.message ?? event.reason)}`,
      );
    case "step_failed":
      return line("✖", "bad", `${event.stepId} failed: ${show(event.problem.message)}`);
    case "step_in_doubt":
      return line(
        "?",
        "bad",
        `${event.stepId} is in doubt: ${show(event.problem.message)}; ${show(event.owner)} has to settle it`,
      );
    case "step_resolved":
      return line(
        "✔",
        "good",
        `${event.stepId} settled as ${event.as.replaceAll("_", " ")}${
          event.by === null ? " by reading it back" : `${byMark(event.by)}${because(event.reason)}`
        }`,
      );
    case "wait_started":
      return line("○", "dim", `${event.stepId} waits`);
    case "approval_asked":
      return line("?", "warn", `${event.stepId} asks: ${show(event.question)}`);
    case "epoch_changed":
      return line("·", "dim", `taken over by a new engine (epoch ${event.epoch})`);
    case "run_draining":
      return line(
        "!",
        "warn",
        `no further step: ${
          event.problem === null
            ? `asked by ${show(event.by?.id ?? "nobody")}${because(event.reason)}`
            : show(event.problem.message)
        }`,
      );
    case "run_killed":
      return line("■", "bad", `killed by ${show(event.by.id)}${because(event.reason)}`);
    case "compensation_started":
      return line(
        "↺",
        "warn",
        event.order.length === 0
          ? "nothing was written, so there is nothing to undo"
          : `undoing ${event.order.length === 1 ? "1 step" : `${event.order.length} steps`}: ${event.order.join(", ")}`,
      );
    case "step_compensated":
      return line("↺", "good", `${event.stepId} ${compensationWords[event.how]}`);
    case "run_dirty":
      return line(
        "!",
        "bad",
        `${event.stepId} cannot be undone: ${show(event.problem.message)}; ${show(event.owner)} owns it now`,
      );
    case "run_ended":
      return endLine(event);
    case "frozen":
    case "unfrozen":
      return line("■", "warn", `${event.scope} ${event.kind} by ${show(event.by.id)}${because(event.reason)}`);
    case "input_refused":
      return line("✖", "warn", `refused: ${show(event.problem.message)} (${event.problem.code})`);
    case "plan_recorded":
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

const compensationWords = {
  undone: "undone",
  nothing_happened: "had nothing left to undo",
  by_person: "put back by a person",
} as const;

function endLine(event: Extract<Event, { readonly kind: "run_ended" }>): EventLine {
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

function authorizationMark(event: Extract<Event, { readonly kind: "run_started" }>): string {
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

function attemptMark(n: number): string {
  return n > 1 ? `, attempt ${n}` : "";
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
