import { describe, expect, it } from "vitest";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import { mapEntries } from "../core/run/collections/persistent-map.ts";
import { decide } from "../core/run/decide/decide.ts";
import { startOf, testDriver } from "../core/run/fixtures/driver.fixture.ts";
import { planOf } from "../core/run/fixtures/plan.fixture.ts";
import type { Event } from "../core/run/words/event.ts";
import type { SiteState } from "../core/run/words/state.ts";
import { problem } from "../core/value/codes.ts";
import { digest } from "../core/value/digest.ts";
import { loadSite } from "./load-state.ts";
import {
  fromSnapshot,
  keepSnapshots,
  openSiteState,
  readSiteState,
  type SiteHolder,
  siteFromJson,
  siteToJson,
  snapshotText,
} from "./site-snapshot.ts";
import { appendAll, openOwned, scratchFolder, valueOf } from "./sqlite/store.fixture.ts";
import type { AppendBatch } from "./store.ts";

const by = { kind: "person", id: "ada", keyId: null } as const;

function started(runId: string, locks: readonly string[]): Event {
  return {
    kind: "run_started",
    runId,
    planHash: digest("interlock.test/1", "plan"),
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
    planHash: digest("interlock.test/1", "plan"),
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
  { kind: "approval_rejected", runId: null, planHash: digest("interlock.test/1", "another plan"), by, reason: "no" },
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

/** Holds a site as an engine does. */
function holderOf(first: SiteState): SiteHolder {
  let site = first;
  return {
    get site() {
      return site;
    },
    trimSite(trim) {
      site = trim(site);
    },
  };
}

describe("a snapshot of the site", () => {
  it("is the same site again, before and after every event", () => {
    let site: SiteState = emptySite();

    for (const [index, event] of events.entries()) {
      site = applySite(site, event, index);
      const again = siteFromJson(siteToJson(site));
      expect(again === null ? null : siteToJson(again)).toEqual(siteToJson(site));
    }

    // And goes on as the original does.
    const again = siteFromJson(siteToJson(site)) ?? emptySite();
    const next = started("run_c", ["controller/a"]);
    expect(siteToJson(applySite(again, next, 9))).toEqual(siteToJson(applySite(site, next, 9)));
    expect(() => applySite(again, started("run_d", ["controller/b"]), 9)).toThrow("a lock has one holder (I5)");
  });

  const text = snapshotText({ site: emptySite(), expiries: new Map() });

  it("with all its fields is used", () => {
    expect(fromSnapshot(text)?.site).toEqual(emptySite());
  });

  it.each([
    ["another format", text.replace("site-snapshot/5", "site-snapshot/2")],
    ["a field less", text.replace('"epoch":0,', "")],
    ["a field more", text.replace('"epoch":0', '"epoch":0,"era":1')],
    ["a field of another kind", text.replace('"locks":[]', '"locks":{}')],
    [
      "a lock that says more than its holder",
      text.replace('"locks":[]', '"locks":[["box/a",{"runId":"run_a","until":9}]]'),
    ],
    ["no approvals", text.replace('"expiries":[],', "")],
    ["no JSON", "locks"],
  ])("with %s is not used", (_, damaged) => {
    expect(damaged).not.toBe(text);
    expect(fromSnapshot(damaged)).toBeNull();
  });

  it("and what was recorded since give the site that the whole log gives", async () => {
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

    expect(siteToJson(openSiteState(again).site)).toEqual(siteToJson(loadSite(again)));
    expect(siteToJson(readSiteState(again))).toEqual(siteToJson(loadSite(again)));
    expect(again.snapshot()?.length).toBe(5_005);
  });

  it("of an earlier form is not used: the log is folded instead", async () => {
    const store = openOwned(scratchFolder());
    await appendAll(store, events.map(batchOf));
    const earlier = text.replace("site-snapshot/5", "site-snapshot/2");
    valueOf(await store.writeSnapshot(earlier));

    expect(siteToJson(openSiteState(store).site)).toEqual(siteToJson(loadSite(store)));
  });

  it("is left behind by an owner who had to fold much", async () => {
    const store = openOwned(scratchFolder());
    await appendAll(store, many(5_000));
    openSiteState(store);
    await appendAll(store, many(1));
    expect(store.snapshot()).toBeNull();

    openSiteState(store);
    await appendAll(store, many(1));

    expect(store.snapshot()?.length).toBe(5_001);
  });

  it("is left behind by an engine that goes on and on, so that a crash does not cost the whole log", async () => {
    const store = openOwned(scratchFolder());
    const engine = holderOf(emptySite());
    const keep = keepSnapshots(store, engine, new Map());

    for (let batch = 0; batch < 21; batch += 1) {
      const [records] = many(1_000, batch + 1);
      if (records === undefined) throw new Error("there is one batch");
      await appendAll(store, [records]);
      const event: Event = { kind: "step_skipped", runId: "run_x", stepId: "s" };
      engine.trimSite((site) => applySite(site, event, batch + 1));
      keep(event);
    }
    await appendAll(store, many(1, 21));

    expect(store.snapshot()?.length).toBe(20_000);
    expect(siteToJson(readSiteState(store))).toEqual(siteToJson(loadSite(store)));
  });

  it("stands for what was handed over before it, and for nothing after it", async () => {
    const store = openOwned(scratchFolder());

    const written = [
      store.append(batchOf(started("run_a", []), 1)),
      store.writeSnapshot("before run_b"),
      store.append(batchOf(started("run_b", []), 2)),
    ];
    await Promise.all(written);

    expect(store.snapshot()).toEqual({ length: 1, text: "before run_b" });
    expect(store.end().length).toBe(2);
  });
});

describe("approvals that were used", () => {
  it("are remembered for as long as they count, through a snapshot too, and no longer", async () => {
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

  it("leave the memory of an engine that goes on, once they have expired", async () => {
    const store = openOwned(scratchFolder());
    const counts = { ...started("run_a", []), authorization: { ...approval("run_a"), expiresAtMs: 10 } };
    await appendAll(store, [batchOf(counts, 5)]);
    const { site, expiries } = openSiteState(store);
    const engine = holderOf(site);
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
    engine.trimSite((before) => applySite(before, later, 100));
    keep(later);

    expect([before, engine.site.usedApprovals.size]).toEqual([1, 0]);
  });

  it("and are forgotten are refused for their age, at any later time and whatever the clock says (I1)", () => {
    const driver = testDriver({ a: 1 });
    const start = startOf(planOf([{ id: "s1", box: "a" }]), driver);
    const lastSeenMs = start.authorization.kind === "approval" ? start.authorization.expiresAtMs : 0;

    const decision = decide({ ...driver.site, lastSeenMs }, null, { ...start, atMs: start.atMs - 3_600_000 });

    expect(decision).toMatchObject({ kind: "refused", problem: { code: "E_APPROVAL_EXPIRED" } });
  });
});
