import { describe, expect, test } from "vitest";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import { mapEntries } from "../core/run/collections/persistent-map.ts";
import { decide } from "../core/run/decide/decide.ts";
import { startOf, testDriver } from "../core/run/fixtures/driver.fixture.ts";
import { planOf } from "../core/run/fixtures/plan.fixture.ts";
import type { Event } from "../core/run/words/event.ts";
import type { SiteState } from "../core/run/words/state.ts";
import { problem } from "../core/value/codes.ts";
import { openBareOwner } from "../owner/owner.ts";
import { loadSite } from "./load-state.ts";
import { keepSnapshots, openSiteState, readSiteState, siteFromText, siteToText } from "./site-snapshot.ts";
import { appendAll, openOwned, scratchFolder, valueOf } from "./sqlite/store.fixture.ts";
import type { AppendBatch } from "./store.ts";

const by = { kind: "person", id: "ada", keyId: null } as const;

function started(runId: string, locks: readonly string[]): Event {
  return {
    kind: "run_started",
    runId,
    planHash: "sha256:1" as never,
    actor: by,
    owner: "ada",
    locks,
    baseline: [],
    reserved: null,
    deadlineMs: 1,
    epoch: 1,
    authorization: approval(runId),
  };
}

function approval(runId: string) {
  return {
    kind: "approval",
    approvalId: `ap_${runId}`,
    planHash: "sha256:1" as never,
    principal: by,
    expiresAtMs: 1_000_000,
    attended: true,
    solo: false,
  } as const;
}

/** Records of a step in one batch, which the site remembers nothing of but their time. */
function many(count: number, atMs = 1): readonly AppendBatch[] {
  return [
    {
      durability: "ordered",
      documents: [],
      records: Array.from({ length: count }, () => ({
        stream: "run_x",
        atMs,
        kind: "step_skipped",
        body: { kind: "step_skipped", runId: "run_x", stepId: "s" },
      })),
    },
  ];
}

const events: readonly Event[] = [
  { kind: "engine_opened", runId: null, epoch: 1, release: "test" },
  started("run_a", ["controller/a", "host/h1"]),
  started("run_b", ["controller/b"]),
  { kind: "frozen", runId: null, scope: "controller/c", by, reason: "audit" },
  { kind: "approval_rejected", runId: null, planHash: "sha256:2" as never, by, reason: "no" },
  {
    kind: "run_ended",
    runId: "run_a",
    outcome: "succeeded",
    reason: "",
    locks: ["controller/a", "host/h1"],
    wrote: [],
  },
];

function batchOf(event: Event, atMs: number): AppendBatch {
  return {
    durability: "ordered",
    documents: [],
    records: [{ stream: event.runId ?? "site", atMs, kind: event.kind, body: event as never }],
  };
}

describe("a snapshot of the site", () => {
  test("is the same site again, before and after every event", () => {
    let site: SiteState = emptySite();

    for (const [index, event] of events.entries()) {
      site = applySite(site, event, index);
      const again = siteFromText(siteToText(site));
      expect(again === null ? null : siteToText(again)).toBe(siteToText(site));
    }

    // And goes on as the original does.
    const again = siteFromText(siteToText(site)) ?? emptySite();
    const next = started("run_c", ["controller/a"]);
    expect(siteToText(applySite(again, next, 9))).toBe(siteToText(applySite(site, next, 9)));
    expect(() => applySite(again, started("run_d", ["controller/b"]), 9)).toThrow("a lock has one holder (I5)");
  });

  test.each([
    ["another format", '{"format":"interlock.site-snapshot/2","site":{}}'],
    ["a field less", siteToText(emptySite()).replace('"epoch":0,', "")],
    ["a field more", siteToText(emptySite()).replace('"epoch":0', '"epoch":0,"era":1')],
    ["a field of another kind", siteToText(emptySite()).replace('"locks":[]', '"locks":{}')],
    ["no JSON", "locks"],
  ])("with %s is not used", (_, text) => {
    expect(siteFromText(text)).toBeNull();
  });

  test("and what was recorded since give the site that the whole log gives", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    await appendAll(store, [...many(5_001, 0), ...events.slice(0, 4).map(batchOf)]);
    openSiteState(store);
    await appendAll(
      store,
      events.slice(4).map((event, index) => batchOf(event, index + 4)),
    );
    await store.close();
    const again = openOwned(folder);

    expect(siteToText(openSiteState(again).site)).toBe(siteToText(loadSite(again)));
    expect(siteToText(readSiteState(again))).toBe(siteToText(loadSite(again)));
    expect(again.snapshot()?.length).toBe(5_005);
  });

  test("of an earlier form is not used: the log is folded instead", async () => {
    const store = openOwned(scratchFolder());
    await appendAll(store, events.map(batchOf));
    valueOf(store.writeSnapshot(siteToText(emptySite())));

    expect(siteToText(openSiteState(store).site)).toBe(siteToText(loadSite(store)));
  });

  test("is left behind by an owner who had to fold much", async () => {
    const store = openOwned(scratchFolder());
    await appendAll(store, many(5_000));
    openSiteState(store);
    expect(store.snapshot()).toBeNull();

    await appendAll(store, many(1));
    openSiteState(store);

    expect(store.snapshot()?.length).toBe(5_001);
  });

  test("is left behind by an engine that goes on and on, so that a crash does not cost the whole log", async () => {
    const folder = scratchFolder();
    const owner = valueOf(await openBareOwner(folder, () => null));
    const refused = {
      kind: "input_refused",
      runId: null,
      input: "x",
      problem: problem("E_USAGE", "", ""),
      by: null,
    } as const;

    for (let batch = 0; batch < 21; batch += 1)
      valueOf(
        await owner.engine.record(
          Array.from({ length: 1_000 }, () => refused),
          [],
        ),
      );

    const kept = owner.store.snapshot()?.length;
    const folded = siteToText(readSiteState(owner.store));
    const whole = siteToText(loadSite(owner.store));
    await owner.close();
    expect(kept).toBe(20_001);
    expect(folded).toBe(whole);
  });
});

describe("approvals that were used", () => {
  test("are remembered for as long as they count, through a snapshot too, and no longer: a million of them cost an owner nothing", async () => {
    const store = openOwned(scratchFolder());
    const counts = { ...started("run_a", []), authorization: { ...approval("run_a"), expiresAtMs: 100 } };
    const counted = { ...started("run_b", []), authorization: { ...approval("run_b"), expiresAtMs: 10 } };
    await appendAll(store, [batchOf(counts, 5), batchOf(counted, 5), ...many(5_001, 10)]);

    const remembered = [openSiteState(store), openSiteState(store)].map(({ site }) => mapEntries(site.usedApprovals));
    await appendAll(store, many(1, 100));

    expect(remembered).toEqual([[["ap_run_a", "run_a"]], [["ap_run_a", "run_a"]]]);
    expect(store.snapshot()?.length).toBe(5_003);
    expect(openSiteState(store).site.usedApprovals.size).toBe(0);
  });

  test("leave the memory of an engine that goes on, once they have expired", async () => {
    const store = openOwned(scratchFolder());
    const counts = { ...started("run_a", []), authorization: { ...approval("run_a"), expiresAtMs: 10 } };
    await appendAll(store, [batchOf(counts, 5)]);
    const { site, expiries } = openSiteState(store);
    const engine = {
      site,
      trimSite: (trim: (site: SiteState) => SiteState) => {
        engine.site = trim(engine.site);
      },
    };
    const keep = keepSnapshots(store, engine, expiries);
    const before = engine.site.usedApprovals.size;

    const later = {
      kind: "input_refused",
      runId: null,
      input: "x",
      problem: problem("E_USAGE", "", ""),
      by: null,
    } as const;
    await appendAll(store, many(20_001, 100));
    engine.site = applySite(engine.site, later, 100);
    keep(later);

    expect([before, engine.site.usedApprovals.size]).toEqual([1, 0]);
  });

  test("and are forgotten are refused for their age, at any later time and whatever the clock says (I1)", () => {
    const driver = testDriver({ a: 1 });
    const start = startOf(planOf([{ id: "s1", box: "a" }]), driver);
    const lastSeenMs = start.authorization.kind === "approval" ? start.authorization.expiresAtMs : 0;

    const decision = decide({ ...driver.site, lastSeenMs }, null, { ...start, atMs: start.atMs - 3_600_000 });

    expect(decision).toMatchObject({ kind: "refused", problem: { code: "E_APPROVAL_EXPIRED" } });
  });
});
