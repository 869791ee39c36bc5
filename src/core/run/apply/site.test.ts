import { describe, expect, it } from "vitest";
import { mapGet } from "../collections/persistent-map.ts";
import { alice } from "../fixtures/driver.fixture.ts";
import { testDigest } from "../fixtures/plan.fixture.ts";
import type { Event } from "../words/event.ts";
import { type SiteState, unusedApprovalOf } from "../words/state.ts";
import { applySite, emptySite } from "./site.ts";

const grant: Event = {
  kind: "grant_recorded",
  runId: null,
  grantId: "g",
  envelope: testDigest("e"),
  writeCountMax: 3,
  costUsdMax: 1,
  expiresAtMs: 100,
  by: alice,
};

const started: Event = {
  kind: "run_started",
  runId: "run_1",
  planHash: testDigest("p"),
  authorization: {
    kind: "grant",
    grantId: "g",
    planHash: testDigest("p"),
    expiresAtMs: 100,
    attended: true,
    solo: false,
  },
  actor: alice,
  owner: "alice",
  locks: [],
  baseline: [],
  reserved: { grantId: "g", writeCount: 2, costUsd: 0.5 },
  deadlineMs: 100,
  epoch: 1,
};

describe("a grant", () => {
  it("recorded a second time is not refilled (I2)", () => {
    const site = [grant, started, { ...grant, writeCountMax: 9 }].reduce(
      (state, event) => applySite(state, event, 1),
      emptySite(),
    );

    expect(mapGet(site.grants, "g")).toEqual({ writeCountLeft: 1, costUsdLeft: 0.5, expiresAtMs: 100 });
  });
});

describe("the approvals of a plan", () => {
  const approved = (approvalId: string): Event => ({
    kind: "approval_recorded",
    runId: null,
    approvalId,
    planHash: testDigest("p"),
    envelope: testDigest("e"),
    by: alice,
  });
  const unusedAfter = (...events: readonly Event[]): string | null =>
    unusedApprovalOf(
      events.reduce((state, event) => applySite(state, event, 1), emptySite()),
      testDigest("p"),
    );

  it("come down to the newest, until a run of the plan starts by whatever authorization (I1)", () => {
    expect([unusedAfter(), unusedAfter(approved("a"), approved("b"))]).toEqual([null, "b"]);
    expect(unusedAfter(grant, approved("a"), approved("b"), started)).toBeNull();
    expect(unusedAfter(grant, approved("a"), started, approved("b"))).toBe("b");
  });
});

it("freezes are kept sorted, whatever order they came in", () => {
  const freeze = (site: SiteState, scope: string): SiteState =>
    applySite(site, { kind: "frozen", runId: null, scope, by: alice, reason: "" }, 1);

  const site = ["b", "a", "c"].reduce(freeze, emptySite());

  expect(site.freezes.map(({ scope }) => scope)).toEqual(["a", "b", "c"]);
});
