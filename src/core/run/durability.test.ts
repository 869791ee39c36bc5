import { expect, it } from "vitest";
import { alice } from "./driver.fixture.ts";
import { durabilityOf } from "./durability.ts";
import type { Event } from "./event.ts";
import { testDigest } from "./plan.fixture.ts";

const site = { runId: null, by: alice } as const;

it("what a person was told of the site is synced, whatever it is", () => {
  const events: readonly Event[] = [
    { ...site, kind: "plan_recorded", planHash: testDigest("p"), proposalDigest: null },
    { ...site, kind: "approval_rejected", planHash: testDigest("p"), reason: "" },
    { ...site, kind: "frozen", scope: "*", reason: "" },
    { ...site, kind: "unfrozen", scope: "*", reason: "" },
    { kind: "engine_opened", runId: null, epoch: 1, release: "test" },
  ];

  expect(events.map((event) => durabilityOf([event]))).toEqual(events.map(() => "synced"));
});

it("a commit of several events is as durable as the most demanding of them, and one of none demands nothing", () => {
  const skipped: Event = { kind: "step_skipped", runId: "run_1", stepId: "a" };
  const killed: Event = { kind: "run_killed", runId: "run_1", by: alice, reason: "" };

  expect([durabilityOf([]), durabilityOf([skipped]), durabilityOf([skipped, killed])]).toEqual(["ordered", "ordered", "synced"]);
});
