import { describe, expect, it } from "vitest";
import { mapGet } from "../collections/persistent-map.ts";
import { alice } from "../fixtures/driver.fixture.ts";
import { testDigest } from "../fixtures/plan.fixture.ts";
import type { Event } from "../words/event.ts";
import type { SiteState } from "../words/state.ts";
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

it("freezes are kept sorted, whatever order they came in", () => {
  const freeze = (site: SiteState, scope: string): SiteState =>
    applySite(site, { kind: "frozen", runId: null, scope, by: alice, reason: "" }, 1);

  const site = ["b", "a", "c"].reduce(freeze, emptySite());

  expect(site.freezes.map(({ scope }) => scope)).toEqual(["a", "b", "c"]);
});
