import { actorName } from "../../../core/value/actor-name.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { assertNever } from "../../../core/value/invariant.ts";
import { quoted, type ScreenText, says, screen, sentence } from "../../../core/value/screen.ts";
import { isThenStep, nameSome } from "../../../core/value/step-name.ts";
import type { Event } from "../../../interlock.ts";
import { endReason } from "../end-reason.ts";
import { toldText } from "../operation-lines.ts";
import { showTime } from "../show-time.ts";

/** How an event looks to a person: one line, and a mark whose shape says the same as its colour. */
export interface EventLine {
  readonly mark: "▶" | "✎" | "✔" | "✖" | "○" | "?" | "↺" | "■" | "!" | "·";
  readonly tone: "plain" | "good" | "bad" | "warn" | "dim";
  readonly text: ScreenText;
}

type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

type RunEvent = EventOf<
  | "run_started"
  | "run_draining"
  | "run_killed"
  | "stop_noted"
  | "run_dirty"
  | "run_ended"
  | "compensation_started"
  | "epoch_changed"
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
  | "word_given"
  | "wait_started"
  | "approval_asked"
  | "invariant_broken"
  | "invariant_restored"
  | OperationEvent["kind"]
>;

type OperationEvent = EventOf<
  "operation_started" | "operation_told" | "operation_cancelling" | "cancel_answered" | "operation_ended"
>;

type SiteEvent = Exclude<Event, RunEvent | StepEvent>;

/** What people call the step with this id. */
export type NameOf = (stepId: string) => string;

/** One line for an event, or `null` when it tells a person nothing. Text from outside is escaped. */
export function describeEvent(event: Event, nameOf: NameOf): EventLine | null {
  switch (event.kind) {
    case "run_started":
    case "run_draining":
    case "run_killed":
    case "stop_noted":
    case "run_dirty":
    case "run_ended":
    case "compensation_started":
    case "epoch_changed":
      return describeRunEvent(event, nameOf);
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
    case "word_given":
    case "wait_started":
    case "approval_asked":
    case "invariant_broken":
    case "invariant_restored":
    case "operation_started":
    case "operation_told":
    case "operation_cancelling":
    case "cancel_answered":
    case "operation_ended":
      return describeStepEvent(event, nameOf);
    default:
      return describeSiteEvent(event);
  }
}

function describeRunEvent(event: RunEvent, nameOf: NameOf): EventLine {
  switch (event.kind) {
    case "run_started": {
      const plan = `plan ${shortDigest(event.planHash)}${authorizationMark(event)}`;
      return line("▶", "plain", screen`run ${event.runId} started (${plan})`);
    }
    case "epoch_changed":
      return line("·", "dim", screen`taken over by a new engine (epoch ${event.epoch})`);
    case "run_draining": {
      const asked = screen`asked by ${event.by === null ? "nobody" : actorName(event.by)}${saying(event.reason)}`;
      return line(
        "!",
        "warn",
        screen`no further step: ${event.problem === null ? asked : sentence(event.problem.message)}`,
      );
    }
    case "run_killed":
      return line("■", "bad", screen`killed by ${actorName(event.by)}${saying(event.reason)}`);
    case "stop_noted":
      return line(
        "!",
        "warn",
        screen`a stop was asked for by ${actorName(event.by)}${saying(event.reason)}; nothing new was beginning`,
      );
    case "compensation_started": {
      const steps = event.order.length === 1 ? "1 step" : `${event.order.length} steps`;
      const isNothing = event.order.length === 0;
      const nothing = "nothing was written, so there is nothing to undo";
      return line(
        "↺",
        "warn",
        isNothing ? screen`${nothing}` : screen`undoing ${steps}: ${nameSome(event.order.map(nameOf))}`,
      );
    }
    case "run_dirty": {
      const why = screen`${sentence(event.problem.message)}; ${event.owner} owns it now`;
      const what = isThenStep(event.stepId) ? "must run after the undo, and has not" : "cannot be undone";
      return line("!", "bad", screen`${nameOf(event.stepId)} ${what}: ${why}`);
    }
    case "run_ended":
      return endLine(event);
    default:
      return assertNever(event);
  }
}

function describeStepEvent(event: StepEvent, nameOf: NameOf): EventLine | null {
  const stepId = "stepId" in event ? event.stepId : event.attempt.stepId;
  const step = stepId === null ? "" : nameOf(stepId);
  switch (event.kind) {
    case "step_skipped":
      return line("·", "dim", screen`${step} is left out: the plan's condition for it does not hold`);
    case "step_intent":
      return intentLine(event, step);
    case "attempt_settled":
      return event.reply.kind === "applied"
        ? null
        : line("✖", "warn", screen`${step}: ${sentence(event.reply.problem.message)}`);
    case "reply_ignored":
      return line("·", "dim", screen`${step}: a late reply was ignored (${event.reason})`);
    case "step_held":
      return line("○", "warn", screen`${step} waits: ${sentence(event.problem.message)}`);
    case "step_released":
      return line("·", "dim", screen`${step} goes on`);
    case "retry_scheduled":
      return line("·", "dim", screen`${step} is tried again at ${showTime(event.atMs)}`);
    case "step_settled": {
      const why = event.problem === null ? saying(event.reason) : screen`: ${sentence(event.problem.message)}`;
      return line("✔", "good", screen`${step} ${event.outcome.replaceAll("_", " ")}${byMark(event.by)}${why}`);
    }
    case "step_failed":
      return line("✖", "bad", screen`${step} failed: ${sentence(event.problem.message)}`);
    case "step_in_doubt": {
      const isOverdue = event.problem.code === "E_OPERATION_OVERDUE";
      const then = isOverdue ? `${event.owner} is told` : `if no reading settles it, ${event.owner} has to`;
      const why = screen`${sentence(event.problem.message)}; ${then}`;
      const what = event.direction === "undo" ? "its way back is in doubt" : "is in doubt";
      return line("?", "bad", screen`${step}${event.direction === "undo" ? ":" : ""} ${what}: ${why}`);
    }
    case "step_resolved":
      return resolvedLine(event, step);
    case "word_given": {
      const said = event.as === "restored" ? "was put back" : "did not happen";
      const who = actorName(event.by);
      return line("?", "warn", screen`${step} ${said}, says ${who}: ${quoted(event.reason)}; reading it back`);
    }
    case "wait_started":
      return line("○", "dim", screen`${step} begins`);
    case "approval_asked":
      return line("?", "warn", screen`${step} for a person: ${says("the proposer", event.question)}`);
    case "invariant_broken":
      return line("✖", "bad", screen`the invariant ${event.name} does not hold${placeWords[event.at]} ${step}`);
    case "invariant_restored":
      return line("✔", "good", screen`the invariant ${event.name} holds again`);
    case "operation_started":
    case "operation_told":
    case "operation_cancelling":
    case "cancel_answered":
    case "operation_ended":
      return operationLine(event, step);
    case "step_compensated":
      return line("↺", "good", screen`${step} ${compensated(event)}`);
    default:
      return assertNever(event);
  }
}

/** What the system says of its operation is quoted: none of it can pass for ours. */
function operationLine(event: OperationEvent, step: string): EventLine {
  const what = event.direction === "undo" ? screen`the way back of ${step}` : screen`${step}`;
  switch (event.kind) {
    case "operation_started":
      return line("✎", "plain", screen`${what}: started, operation ${quoted(event.operationId)}`);
    case "operation_told":
      return line(
        "✎",
        "dim",
        screen`${what}: ${event.is === "running" ? "running" : "unclear"}${toldText(event.told)}`,
      );
    case "operation_cancelling": {
      const why = event.problem === null ? screen`` : screen`: ${sentence(event.problem.message)}`;
      return line("■", "warn", screen`${what} is being cancelled${byMark(event.by)}${why}`);
    }
    case "cancel_answered": {
      if (event.problem === null) return line("■", "warn", screen`${what}: the system is to cancel it`);
      const next = event.isOver ? "" : "; it is tried again";
      return line("✖", "warn", screen`${what} was not cancelled: ${sentence(event.problem.message)}${next}`);
    }
    case "operation_ended": {
      const good = event.as === "succeeded";
      return line(good ? "✎" : "✖", good ? "plain" : "bad", screen`${what}: ${event.as}${toldText(event.told)}`);
    }
    default:
      return assertNever(event);
  }
}

const placeWords = {
  before: " before",
  after: " after",
  goal: " at",
  way_back: " on the way back of",
} as const;

function describeSiteEvent(event: SiteEvent): EventLine {
  switch (event.kind) {
    case "frozen":
    case "unfrozen":
      return line("■", "warn", screen`${event.scope} ${event.kind} by ${actorName(event.by)}${saying(event.reason)}`);
    case "clock_anchored":
      return line("■", "warn", screen`the clock was anchored by ${actorName(event.by)}${saying(event.reason)}`);
    case "input_refused":
      return line("✖", "warn", screen`refused: ${sentence(event.problem.message)} (${event.problem.code})`);
    case "plan_recorded":
    case "nothing_planned":
    case "approval_recorded":
    case "approval_rejected":
    case "grant_recorded":
    case "pack_trusted":
    case "trust_withdrawn":
    case "round_trip_recorded":
    case "incident_opened":
    case "incident_planned":
    case "incident_evidence":
    case "incident_told":
    case "incident_closed":
    case "notification_queued":
    case "notification_delivered":
    case "notification_failed":
    case "notification_acknowledged":
    case "notification_withdrawn":
    case "model_called":
    case "engine_opened":
      return line("·", "dim", screen`${event.kind.replaceAll("_", " ")}`);
    default:
      return assertNever(event);
  }
}

function intentLine({ attempt, access }: EventOf<"step_intent">, step: string): EventLine {
  const { n, direction } = attempt;
  const nth = n > 1 ? `, attempt ${n}` : "";
  if (direction === "undo" && isThenStep(attempt.stepId))
    return line("↺", "warn", screen`${step} is being run, as it must be after the undo${nth}`);
  if (direction === "undo") return line("↺", "warn", screen`${step} is being undone${nth}`);
  return line("▶", "plain", screen`${step} ${access === "write" ? "writes" : "reads"}${nth}`);
}

/** A person who says that something happened, or that an undo did not, settles nothing: it is read next. */
function resolvedLine({ direction, as, by, reason }: EventOf<"step_resolved">, step: string): EventLine {
  const isUndo = direction === "undo";
  if (by === null) return line("✔", "good", screen`${step} settled as ${as.replaceAll("_", " ")} by reading it back`);
  const who = screen`${actorName(by)}${reason === "" ? "" : screen`: ${quoted(reason)}`}`;
  const what = screen`${isUndo ? "the way back of " : ""}${step}`;
  if (as === "applied") return line("?", "warn", screen`${what} happened, says ${who}; reading it back`);
  if (as === "not_applied" && isUndo)
    return line("?", "warn", screen`${what} did not happen, says ${who}; reading it before it is tried again`);
  return line("✔", "good", screen`${step} settled as ${as.replaceAll("_", " ")} by ${actorName(by)}${saying(reason)}`);
}

function compensated({ stepId, how }: EventOf<"step_compensated">): string {
  return how === "undone" && isThenStep(stepId) ? "has run after the undo" : compensationWords[how];
}

const compensationWords = {
  undone: "undone",
  nothing_happened: "had nothing left to undo",
  by_person: "put back on a person's word, not read back",
  covered: "put right by what ran after the undo",
} as const;

function endLine(event: EventOf<"run_ended">): EventLine {
  const reason = endReason(event.reason);
  switch (event.outcome) {
    case "succeeded":
      return line("✔", "good", screen`succeeded${reason}`);
    case "succeeded_in_part":
      return line("!", "warn", screen`succeeded in part${reason}`);
    case "compensated":
      return line("↺", "warn", screen`compensated${reason}`);
    case "escalated":
      return line("!", "warn", screen`escalated${reason}${leftAs(event)}`);
    case "stopped":
      return line("■", "warn", screen`stopped${reason}${leftAs(event)}`);
    case "closed":
      return line("■", "warn", screen`closed${reason}${leftAs(event)}`);
    default:
      return assertNever(event.outcome);
  }
}

function authorizationMark(event: EventOf<"run_started">): string {
  const { authorization } = event;
  switch (authorization.kind) {
    case "approval":
      return `, approved by ${actorName(authorization.principal)}${signatureMarks(authorization)}`;
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

function byMark(by: Parameters<typeof actorName>[0] | null): string {
  return by === null ? "" : ` by ${actorName(by)}`;
}

function line(mark: EventLine["mark"], tone: EventLine["tone"], text: ScreenText): EventLine {
  return { mark, tone, text };
}

/** As many steps as a line names; `--json` has all of them. */
const writtenMax = 10;

/** What an ending that undid nothing leaves in the world, or may leave there. */
function leftAs({ wrote }: EventOf<"run_ended">): ScreenText {
  if (wrote.length === 0) return screen``;
  const more = wrote.length > writtenMax ? ` and ${wrote.length - writtenMax} more` : "";
  return screen`; written and not undone: ${wrote.slice(0, writtenMax).join(", ")}${more}`;
}

/** What a person gave as a reason. */
function saying(reason: string | undefined): ScreenText {
  return reason === undefined || reason === "" ? screen`` : screen`, who says ${quoted(reason)}`;
}
