import { objectRef } from "../../plan/kinds/read-step.ts";
import type { Problem } from "../../value/codes.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Result } from "../../value/result.ts";
import { anyJson, boolean, oneOf, type Parser, parseWith, refuseKind } from "../../value/shape.ts";
import { type FieldsOf, objectOf, optional, taggedBy } from "../../value/shape-object.ts";
import { anyList, anyNumber, anyText, digestText, nullOr, someList, wholeNumber } from "../../value/shape-stored.ts";
import type { CoveredSteps, Event, RunEvent, SiteEvent } from "./event.ts";
import type { EvidenceAnswer } from "./incident-event.ts";
import {
  attemptRecord,
  authorizationRecord,
  calledRecord,
  changedRecord,
  factRecord,
  failedRecord,
  foreignRecord,
  observedRecord,
  overwrittenRecord,
  paceRecord,
  principalRecord,
  problemRecord,
  replyRecord,
  toldRecord,
  wordRecord,
} from "./read-parts.ts";

/*
 * The one way from a record's body to an event. A state is the fold of events: one that holds a field or has a kind
 * that this release does not know may change the state in a way that this release would miss, so it is refused.
 */

type EventOf<Kind extends Event["kind"]> = Extract<Event, { readonly kind: Kind }>;

function eventOf<Kind extends Event["kind"]>(
  kind: Kind,
  fields: FieldsOf<Omit<EventOf<Kind>, "kind">>,
): Parser<EventOf<Kind>> {
  // The fields of this kind, and its tag: together those of the event, which the compiler cannot follow here.
  return objectOf<EventOf<Kind>>({ kind: oneOf([kind]), ...fields } as unknown as FieldsOf<EventOf<Kind>>);
}

const noRun: Parser<null> = (value, at) => (value === null ? null : refuseKind(at, "null", value));
const runId = anyText();
const stepId = anyText();
const direction = oneOf(["do", "undo"]);
const by = principalRecord;
const timeMs = anyNumber();
const reason = anyText();
const problem = problemRecord;
const telling = { notificationId: anyText(), notifier: anyText(), step: wholeNumber(), round: wholeNumber() };

const runEvents: { readonly [Kind in RunEvent["kind"]]: Parser<EventOf<Kind>> } = {
  run_started: eventOf("run_started", {
    runId,
    planHash: digestText(),
    authorization: authorizationRecord,
    actor: by,
    owner: anyText(),
    locks: anyList(anyText()),
    baseline: anyList(observedRecord),
    reserved: nullOr(
      objectOf<NonNullable<EventOf<"run_started">["reserved"]>>({
        grantId: anyText(),
        writeCount: anyNumber(),
        costUsd: anyNumber(),
      }),
    ),
    deadlineMs: timeMs,
    epoch: wholeNumber(),
  }),
  step_skipped: eventOf("step_skipped", { runId, stepId }),
  step_intent: eventOf("step_intent", {
    runId,
    attempt: attemptRecord,
    idempotencyKey: anyText(),
    access: oneOf(["read", "write"]),
    pace: nullOr(paceRecord),
    args: anyList(objectOf<EventOf<"step_intent">["args"][number]>({ name: anyText(), value: anyJson() })),
    baseline: anyList(observedRecord),
    changed: optional(someList(changedRecord)),
  }),
  attempt_settled: eventOf("attempt_settled", { runId, attempt: attemptRecord, reply: replyRecord }),
  operation_started: eventOf("operation_started", {
    runId,
    stepId,
    direction,
    operationId: anyText(),
    askAtMs: timeMs,
    untilMs: timeMs,
  }),
  operation_told: eventOf("operation_told", {
    runId,
    stepId,
    direction,
    is: oneOf(["running", "unclear"]),
    told: toldRecord,
    askAtMs: timeMs,
  }),
  operation_cancelling: eventOf("operation_cancelling", {
    runId,
    stepId,
    direction,
    by: nullOr(by),
    problem: nullOr(problem),
    untilMs: timeMs,
  }),
  cancel_answered: eventOf("cancel_answered", {
    runId,
    stepId,
    direction,
    answer: oneOf(["applied", "rejected", "not_sent", "unknown"]),
    problem: nullOr(problem),
    isOver: boolean(),
    askAtMs: timeMs,
  }),
  operation_ended: eventOf("operation_ended", {
    runId,
    stepId,
    direction,
    as: oneOf(["succeeded", "failed", "cancelled"]),
    told: toldRecord,
  }),
  reply_ignored: eventOf("reply_ignored", { runId, attempt: attemptRecord, reply: replyRecord, reason }),
  step_held: eventOf("step_held", { runId, stepId, untilMs: nullOr(timeMs), problem }),
  step_released: eventOf("step_released", { runId, stepId }),
  retry_scheduled: eventOf("retry_scheduled", { runId, stepId, direction, atMs: timeMs }),
  step_settled: eventOf("step_settled", {
    runId,
    stepId,
    outcome: anyText(),
    facts: anyList(factRecord),
    left: nullOr(observedRecord),
    problem: nullOr(problem),
    by: nullOr(by),
    reason: optional(reason),
    signed: optional(digestText()),
  }),
  step_failed: eventOf("step_failed", {
    runId,
    stepId,
    touched: boolean(),
    outcome: nullOr(oneOf(["failed"])),
    left: nullOr(observedRecord),
    problem,
    facts: optional(anyList(factRecord)),
    foreign: optional(foreignRecord),
    onWordOf: optional(wordRecord),
  }),
  step_in_doubt: eventOf("step_in_doubt", { runId, stepId, direction, owner: anyText(), dueAtMs: timeMs, problem }),
  step_resolved: eventOf("step_resolved", {
    runId,
    stepId,
    direction,
    as: oneOf(["applied", "not_applied", "restored"]),
    by: nullOr(by),
    reason,
  }),
  word_given: eventOf("word_given", { runId, stepId, direction, as: oneOf(["not_applied", "restored"]), by, reason }),
  wait_started: eventOf("wait_started", { runId, stepId, untilMs: timeMs }),
  approval_asked: eventOf("approval_asked", { runId, stepId, question: anyText(), untilMs: timeMs }),
  epoch_changed: eventOf("epoch_changed", { runId, epoch: wholeNumber() }),
  run_draining: eventOf("run_draining", {
    runId,
    then: oneOf(["escalated", "compensated", "stopped"]),
    by: nullOr(by),
    problem: nullOr(problem),
    reason: optional(reason),
  }),
  run_killed: eventOf("run_killed", { runId, by, reason }),
  stop_noted: eventOf("stop_noted", { runId, by, reason }),
  compensation_started: eventOf("compensation_started", {
    runId,
    order: anyList(anyText()),
    covered: optional(someList(objectOf<CoveredSteps>({ by: anyText(), steps: anyList(anyText()) }))),
  }),
  step_compensated: eventOf("step_compensated", {
    runId,
    stepId,
    how: oneOf(["undone", "nothing_happened", "by_person", "covered"]),
    facts: anyList(factRecord),
    left: nullOr(observedRecord),
    onWordOf: optional(wordRecord),
  }),
  invariant_broken: eventOf("invariant_broken", {
    runId,
    stepId,
    at: oneOf(["before", "after", "goal", "way_back"]),
    name: anyText(),
    part: wholeNumber(),
    facts: anyList(factRecord),
  }),
  invariant_restored: eventOf("invariant_restored", {
    runId,
    stepId: nullOr(stepId),
    name: anyText(),
    part: wholeNumber(),
    facts: anyList(factRecord),
  }),
  run_dirty: eventOf("run_dirty", { runId, stepId, owner: anyText(), dueAtMs: timeMs, problem }),
  run_ended: eventOf("run_ended", {
    runId,
    outcome: oneOf(["succeeded", "succeeded_in_part", "compensated", "escalated", "stopped", "closed"]),
    reason,
    locks: anyList(anyText()),
    wrote: anyList(anyText()),
    failed: optional(anyList(failedRecord)),
    unacknowledged: optional(someList(calledRecord)),
    overwrote: optional(someList(overwrittenRecord)),
  }),
};

const siteEvents: { readonly [Kind in SiteEvent["kind"]]: Parser<EventOf<Kind>> } = {
  plan_recorded: eventOf("plan_recorded", {
    runId: noRun,
    planHash: digestText(),
    proposalDigest: nullOr(digestText()),
    by,
  }),
  nothing_planned: eventOf("nothing_planned", { runId: noRun, proposalDigest: digestText(), by }),
  approval_recorded: eventOf("approval_recorded", {
    runId: noRun,
    approvalId: anyText(),
    planHash: digestText(),
    envelope: digestText(),
    by,
  }),
  approval_rejected: eventOf("approval_rejected", { runId: noRun, planHash: digestText(), by, reason }),
  grant_recorded: eventOf("grant_recorded", {
    runId: noRun,
    grantId: anyText(),
    envelope: digestText(),
    writeCountMax: anyNumber(),
    costUsdMax: anyNumber(),
    expiresAtMs: timeMs,
    by,
  }),
  pack_trusted: eventOf("pack_trusted", {
    runId: noRun,
    pack: anyText(),
    digest: digestText(),
    site: optional(digestText()),
    by,
  }),
  trust_withdrawn: eventOf("trust_withdrawn", { runId: noRun, digest: digestText(), by, reason }),
  round_trip_recorded: eventOf("round_trip_recorded", {
    runId: noRun,
    action: anyText(),
    actionDigest: digestText(),
    target: objectRef,
    evidence: digestText(),
    by,
  }),
  incident_opened: eventOf("incident_opened", {
    runId: noRun,
    incidentId: anyText(),
    key: anyText(),
    situation: digestText(),
    by,
  }),
  incident_planned: eventOf("incident_planned", {
    runId: noRun,
    incidentId: anyText(),
    planHash: digestText(),
    draft: digestText(),
    by,
  }),
  incident_evidence: eventOf("incident_evidence", {
    runId: noRun,
    incidentId: anyText(),
    answers: anyList(
      objectOf<EvidenceAnswer>({ step: anyText(), outcome: anyText(), atMs: anyNumber(), toldBy: nullOr(by) }),
    ),
    by,
  }),
  incident_told: eventOf("incident_told", {
    runId: noRun,
    incidentId: anyText(),
    step: anyText(),
    outcome: anyText(),
    by,
  }),
  incident_closed: eventOf("incident_closed", {
    runId: noRun,
    incidentId: anyText(),
    key: anyText(),
    outcome: anyText(),
    report: nullOr(digestText()),
    by,
  }),
  notification_queued: eventOf("notification_queued", {
    runId: noRun,
    notificationId: anyText(),
    about: oneOf(["run_waits_for_person", "run_ended", "incident_closed"]),
    subject: anyText(),
    owner: nullOr(anyText()),
    to: anyList(anyText()),
    handover: nullOr(digestText()),
  }),
  notification_delivered: eventOf("notification_delivered", { runId: noRun, ...telling, attemptCount: wholeNumber() }),
  notification_failed: eventOf("notification_failed", {
    runId: noRun,
    ...telling,
    attemptCount: wholeNumber(),
    problem,
  }),
  notification_acknowledged: eventOf("notification_acknowledged", {
    runId: noRun,
    notificationId: anyText(),
    by,
    reason,
  }),
  notification_withdrawn: eventOf("notification_withdrawn", { runId: noRun, notificationId: anyText() }),
  model_called: eventOf("model_called", {
    runId: noRun,
    proposer: anyText(),
    model: anyText(),
    request: digestText(),
    reply: nullOr(digestText()),
    inputTokenCount: nullOr(anyNumber()),
    outputTokenCount: nullOr(anyNumber()),
    by,
  }),
  engine_opened: eventOf("engine_opened", {
    runId: noRun,
    epoch: wholeNumber(),
    release: anyText(),
    by: optional(by),
  }),
  frozen: eventOf("frozen", { runId: noRun, scope: anyText(), by, reason }),
  unfrozen: eventOf("unfrozen", { runId: noRun, scope: anyText(), by, reason }),
  clock_anchored: eventOf("clock_anchored", { runId: noRun, leadMs: wholeNumber(), by, reason }),
  input_refused: eventOf("input_refused", { runId: nullOr(runId), input: anyText(), problem, by: nullOr(by) }),
};

const event: Parser<Event> = taggedBy("kind", { ...runEvents, ...siteEvents });

/** Reads an event of the site alone. */
export const siteEvent: Parser<SiteEvent> = taggedBy("kind", siteEvents);

/** Reads an event, or says everything that is wrong with it and where. Cost: O(n), about twice `JSON.parse`. */
export function readEvent(body: JsonValue): Result<Event, readonly Problem[]> {
  return parseWith(event, body);
}
