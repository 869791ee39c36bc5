import type { Event } from "../../src/core/run/words/event.ts";
import { digest } from "../../src/core/value/digest.ts";
import type { Full } from "./damage-document.ts";

/*
 * One event of every kind, or more where a part of it has several forms, each with every field that it may have.
 */

const some = digest("interlock.test/1", "some");
const by = { kind: "person", id: "ada", keyId: some } as const;
const problem = {
  code: "E_TIMEOUT",
  pointer: "/a",
  message: "no answer",
  hint: "look",
  next: { do: "resume", run: "run_1" },
} as const;
const observed = {
  object: "box/a",
  fingerprint: some,
  fence: "1",
  facts: [
    { name: "box.a.level", value: 1, why: "" },
    { name: "box.a.word", value: null, why: "found the text `?`" },
  ],
} as const;
const attempt = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;
const onWordOf = { as: "restored", by, reason: "put back" } as const;
const run = { runId: "run_1", stepId: "a" } as const;
const started = {
  kind: "run_started",
  runId: "run_1",
  planHash: some,
  actor: by,
  owner: "ada",
  locks: ["box/a"],
  baseline: [observed],
  reserved: { grantId: "gr_1", writeCount: 1, costUsd: 0.5 },
  deadlineMs: 9,
  epoch: 1,
} as const;
const intent = {
  kind: "step_intent",
  runId: "run_1",
  attempt,
  idempotencyKey: some,
  access: "write",
  pace: { key: "box.set box/a", windowMs: 1_000, countMax: 2 },
  args: [{ name: "level", value: { any: ["json"] } }],
  baseline: [observed],
  changed: [{ name: "box.a.level", was: 0, found: 5, since: "left", isOverwritten: true }],
} as const;

const told = { status: "running", progress: 40, says: "copying" } as const;

type Samples = { readonly [Kind in Event["kind"]]: readonly Full<Extract<Event, { readonly kind: Kind }>>[] };

const telling = { notificationId: "ntf_1", notifier: "pager", step: 1, round: 1 } as const;

const samples: Samples = {
  operation_started: [
    { kind: "operation_started", ...run, direction: "do", operationId: "op-1", askAtMs: 2, untilMs: 9 },
  ],
  operation_told: [{ kind: "operation_told", ...run, direction: "do", is: "running", told, askAtMs: 2 }],
  operation_cancelling: [{ kind: "operation_cancelling", ...run, direction: "do", by, problem, untilMs: 9 }],
  cancel_answered: [
    { kind: "cancel_answered", ...run, direction: "do", answer: "rejected", problem, isOver: true, askAtMs: 2 },
  ],
  operation_ended: [{ kind: "operation_ended", ...run, direction: "undo", as: "failed", told }],
  run_started: [
    {
      ...started,
      authorization: {
        kind: "approval",
        approvalId: "ap_1",
        planHash: some,
        principal: by,
        expiresAtMs: 9,
        attended: true,
        solo: false,
      },
    },
    {
      ...started,
      authorization: {
        kind: "grant",
        grantId: "gr_1",
        planHash: some,
        expiresAtMs: 9,
        attended: true,
        solo: false,
      },
    },
    { ...started, authorization: { kind: "read_only", policies: some } },
  ],
  step_skipped: [{ kind: "step_skipped", ...run }],
  step_intent: [intent],
  attempt_settled: [
    {
      kind: "attempt_settled",
      runId: "run_1",
      attempt,
      reply: { kind: "applied", output: { any: ["json"] }, outputBytes: 9, outcome: "yes" },
    },
    {
      kind: "attempt_settled",
      runId: "run_1",
      attempt,
      reply: { kind: "unknown", problem, retryable: false, output: { exitCode: 5 } },
    },
  ],
  reply_ignored: [
    {
      kind: "reply_ignored",
      runId: "run_1",
      attempt,
      reply: { kind: "unknown", problem, retryable: false, output: { exitCode: 5 } },
      reason: "it came too late",
    },
  ],
  step_held: [{ kind: "step_held", ...run, untilMs: 9, problem }],
  step_released: [{ kind: "step_released", ...run }],
  retry_scheduled: [{ kind: "retry_scheduled", ...run, direction: "undo", atMs: 9 }],
  step_settled: [
    {
      kind: "step_settled",
      ...run,
      outcome: "done",
      facts: [{ name: "box.a.level", value: 1 }],
      left: observed,
      problem,
      by,
      reason: "it is well",
      signed: some,
    },
  ],
  step_failed: [
    {
      kind: "step_failed",
      ...run,
      touched: true,
      outcome: "failed",
      left: observed,
      problem,
      facts: [{ name: "box.b.level", value: 1 }],
      foreign: { facts: [{ name: "box.a.level", value: 5 }], isLater: true },
      onWordOf,
    },
  ],
  invariant_broken: [
    {
      kind: "invariant_broken",
      ...run,
      at: "after",
      name: "low",
      part: 0,
      facts: [{ name: "box.a.level", value: 9 }],
    },
  ],
  invariant_restored: [
    {
      kind: "invariant_restored",
      ...run,
      name: "low",
      part: 0,
      facts: [{ name: "box.a.level", value: 1 }],
    },
  ],
  step_in_doubt: [{ kind: "step_in_doubt", ...run, direction: "do", owner: "ada", dueAtMs: 9, problem }],
  step_resolved: [{ kind: "step_resolved", ...run, direction: "do", as: "applied", by, reason: "seen" }],
  word_given: [{ kind: "word_given", ...run, direction: "do", as: "restored", by, reason: "put back" }],
  wait_started: [{ kind: "wait_started", ...run, untilMs: 9 }],
  approval_asked: [{ kind: "approval_asked", ...run, question: "go on?", untilMs: 9 }],
  epoch_changed: [{ kind: "epoch_changed", runId: "run_1", epoch: 2 }],
  run_draining: [{ kind: "run_draining", runId: "run_1", then: "stopped", by, problem, reason: "enough" }],
  run_killed: [{ kind: "run_killed", runId: "run_1", by, reason: "enough" }],
  stop_noted: [{ kind: "stop_noted", runId: "run_1", by, reason: "enough" }],
  compensation_started: [
    { kind: "compensation_started", runId: "run_1", order: ["a"], covered: [{ by: "a.then1", steps: ["b"] }] },
  ],
  step_compensated: [
    {
      kind: "step_compensated",
      ...run,
      how: "undone",
      facts: [{ name: "box.a.level", value: 0 }],
      left: observed,
      onWordOf,
    },
  ],
  run_dirty: [{ kind: "run_dirty", ...run, owner: "ada", dueAtMs: 9, problem }],
  run_ended: [
    {
      kind: "run_ended",
      runId: "run_1",
      outcome: "succeeded",
      reason: "",
      locks: ["box/a"],
      wrote: ["a"],
      failed: [{ stepId: "b", target: "box/b", touched: true }],
      unacknowledged: [{ stepId: "a", target: "box/a" }],
      overwrote: [{ stepId: "a", name: "box.a.level", was: 0, found: 5, since: "planned" }],
    },
  ],
  plan_recorded: [{ kind: "plan_recorded", runId: null, planHash: some, proposalDigest: some, by }],
  nothing_planned: [{ kind: "nothing_planned", runId: null, proposalDigest: some, by }],
  approval_recorded: [
    { kind: "approval_recorded", runId: null, approvalId: "ap_1", planHash: some, envelope: some, by },
  ],
  approval_rejected: [{ kind: "approval_rejected", runId: null, planHash: some, by, reason: "no" }],
  grant_recorded: [
    {
      kind: "grant_recorded",
      runId: null,
      grantId: "gr_1",
      envelope: some,
      writeCountMax: 2,
      costUsdMax: 0.5,
      expiresAtMs: 9,
      by,
    },
  ],
  trust_withdrawn: [{ kind: "trust_withdrawn", runId: null, digest: some, by, reason: "it runs as root" }],
  pack_trusted: [{ kind: "pack_trusted", runId: null, pack: "boxes", digest: some, site: some, by }],
  round_trip_recorded: [
    {
      kind: "round_trip_recorded",
      runId: null,
      action: "box.set",
      actionDigest: some,
      target: "box/a",
      evidence: some,
      by,
    },
  ],
  incident_opened: [{ kind: "incident_opened", runId: null, incidentId: "inc_1", key: "slow", situation: some, by }],
  incident_planned: [{ kind: "incident_planned", runId: null, incidentId: "inc_1", planHash: some, draft: some, by }],
  incident_evidence: [
    {
      kind: "incident_evidence",
      runId: null,
      incidentId: "inc_1",
      answers: [{ step: "load", outcome: "busy", atMs: 6, toldBy: by }],
      by,
    },
  ],
  incident_told: [{ kind: "incident_told", runId: null, incidentId: "inc_1", step: "locks", outcome: "clean", by }],
  incident_closed: [
    { kind: "incident_closed", runId: null, incidentId: "inc_1", key: "slow", outcome: "restored", report: some, by },
  ],
  notification_queued: [
    {
      kind: "notification_queued",
      runId: null,
      notificationId: "ntf_1",
      about: "run_waits_for_person",
      subject: "run_1",
      owner: "ada",
      to: ["pager"],
      handover: some,
    },
  ],
  notification_delivered: [{ kind: "notification_delivered", runId: null, ...telling, attemptCount: 1 }],
  notification_failed: [{ kind: "notification_failed", runId: null, ...telling, attemptCount: 1, problem }],
  notification_acknowledged: [
    { kind: "notification_acknowledged", runId: null, notificationId: "ntf_1", by, reason: "I have it" },
  ],
  notification_withdrawn: [{ kind: "notification_withdrawn", runId: null, notificationId: "ntf_1" }],
  model_called: [
    {
      kind: "model_called",
      runId: null,
      proposer: "p",
      model: "m",
      request: some,
      reply: some,
      inputTokenCount: 1,
      outputTokenCount: 2,
      by,
    },
  ],
  engine_opened: [{ kind: "engine_opened", runId: null, epoch: 1, release: "0.1.0", by }],
  frozen: [{ kind: "frozen", runId: null, scope: "*", by, reason: "audit" }],
  unfrozen: [{ kind: "unfrozen", runId: null, scope: "*", by, reason: "over" }],
  clock_anchored: [{ kind: "clock_anchored", runId: null, leadMs: 3_600_000, by, reason: "the clock was wrong" }],
  input_refused: [{ kind: "input_refused", runId: "run_1", input: "start", problem, by }],
};

/** One event of every kind and form, with every field that it may have. */
export const fullEvents: readonly Event[] = Object.values(samples).flat();

/** Places of an event that hold any JSON; of a next step that a reader does not know, nothing is kept. */
const freePlaces = [/\/reply\/output$/, /\/args\/\d+\/value$/, /\/problem\/next$/];

/** Whether this place of an event holds any JSON. */
export function isFreeInEvent(pointer: string): boolean {
  return freePlaces.some((place) => place.test(pointer));
}
