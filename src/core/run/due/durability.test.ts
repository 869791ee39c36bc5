import { expect, it } from "vitest";
import { alice } from "../fixtures/driver.fixture.ts";
import { testDigest } from "../fixtures/plan.fixture.ts";
import type { Event } from "../words/event.ts";
import { durabilityOf } from "./durability.ts";

const site = { runId: null, by: alice } as const;

it("every event that tells a person of the site is synced", () => {
  const events: readonly Event[] = [
    { ...site, kind: "plan_recorded", planHash: testDigest("p"), proposalDigest: null },
    { ...site, kind: "approval_rejected", planHash: testDigest("p"), reason: "" },
    { ...site, kind: "frozen", scope: "*", reason: "" },
    { ...site, kind: "unfrozen", scope: "*", reason: "" },
    { kind: "engine_opened", runId: null, epoch: 1, release: "test" },
  ];

  expect(events.map((event) => durabilityOf([event]))).toEqual(events.map(() => "synced"));
});

it("that somebody has to be told, and who took it on, is synced; that somebody was told is ordered", () => {
  const telling = { runId: null, notificationId: "ntf_1", notifier: "pager", step: 1, round: 1 } as const;
  const what = { about: "run_ended", subject: "run_1", owner: null, to: [], handover: null } as const;
  const problem = { code: "E_NOTIFICATION_FAILED", pointer: "", message: "", hint: "" } as const;
  const events: readonly Event[] = [
    { kind: "notification_queued", runId: null, notificationId: "ntf_1", ...what },
    { ...site, kind: "notification_acknowledged", notificationId: "ntf_1", reason: "" },
    { kind: "notification_delivered", ...telling, attemptCount: 1 },
    { kind: "notification_failed", ...telling, attemptCount: 1, problem },
    { kind: "notification_withdrawn", runId: null, notificationId: "ntf_1" },
  ];

  expect(events.map((event) => durabilityOf([event]))).toEqual(["synced", "synced", "ordered", "ordered", "ordered"]);
});

it("a commit is as durable as the most demanding of its events, and an empty one demands nothing", () => {
  const skipped: Event = { kind: "step_skipped", runId: "run_1", stepId: "a" };
  const released: Event = { kind: "step_released", runId: "run_1", stepId: "a" };
  const killed: Event = { kind: "run_killed", runId: "run_1", by: alice, reason: "" };

  expect([[], [skipped], [skipped, released], [skipped, killed, released]].map(durabilityOf)).toEqual([
    "trailing",
    "trailing",
    "ordered",
    "synced",
  ]);
});

it("what a person did is synced, and what the kernel concluded by itself is not", () => {
  const drained = { kind: "run_draining", runId: "run_1", then: "stopped", problem: null } as const;
  const resolved = {
    kind: "step_resolved",
    runId: "run_1",
    stepId: "a",
    direction: "do",
    as: "not_applied",
    reason: "",
  } as const;
  const settled = {
    kind: "step_settled",
    runId: "run_1",
    stepId: "a",
    outcome: "approved",
    facts: [],
    left: null,
    problem: null,
  } as const;

  for (const event of [drained, resolved, settled]) {
    expect([durabilityOf([{ ...event, by: alice }]), durabilityOf([{ ...event, by: null }])]).toEqual([
      "synced",
      event === settled ? "trailing" : "ordered",
    ]);
  }
});

it("an intent is synced before a write leaves, and not before a read (I8)", () => {
  const attempt = { runId: "run_1", stepId: "a", direction: "do", n: 1, epoch: 1 } as const;
  const intent = {
    kind: "step_intent",
    runId: "run_1",
    attempt,
    idempotencyKey: "key",
    pace: null,
    args: [],
    baseline: [],
  } as const;

  expect([durabilityOf([{ ...intent, access: "write" }]), durabilityOf([{ ...intent, access: "read" }])]).toEqual([
    "synced",
    "ordered",
  ]);
});
