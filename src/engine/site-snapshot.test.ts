import { describe, expect, test } from "vitest";
import { problem } from "../core/value/codes.ts";
import { openBareOwner } from "./owner.ts";
import { loadSite } from "./load-state.ts";
import { applySite, emptySite } from "../core/run/site.ts";
import type { Event } from "../core/run/event.ts";
import type { SiteState } from "../core/run/state.ts";
import { openSiteState, siteFromText, siteToText } from "./site-snapshot.ts";
import { appendAll, openOwned, scratchFolder, valueOf } from "./store/sqlite/store.fixture.ts";
import type { AppendBatch } from "./store/store.ts";

const by = { kind: "person", id: "ada", keyId: null } as const;

function started(runId: string, locks: readonly string[]): Event {
  return {
    kind: "run_started", runId, planHash: "sha256:1" as never, actor: by, owner: "ada", locks, baseline: [], reserved: null, deadlineMs: 1, epoch: 1,
    authorization: { kind: "approval", approvalId: `ap_${runId}`, planHash: "sha256:1" as never, principal: by, expiresAtMs: 1, attended: true, solo: false },
  };
}

const events: readonly Event[] = [
  { kind: "engine_opened", runId: null, epoch: 1, release: "test" },
  started("run_a", ["controller/a", "host/h1"]),
  started("run_b", ["controller/b"]),
  { kind: "frozen", runId: null, scope: "controller/c", by, reason: "audit" },
  { kind: "approval_rejected", runId: null, planHash: "sha256:2" as never, by, reason: "no" },
  { kind: "run_ended", runId: "run_a", outcome: "succeeded", reason: "", locks: ["controller/a", "host/h1"], wrote: [] },
];

function batchOf(event: Event, atMs: number): AppendBatch {
  return { durability: "ordered", documents: [], records: [{ stream: event.runId ?? "site", atMs, kind: event.kind, body: event as never }] };
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
    await appendAll(store, events.slice(0, 4).map(batchOf));
    valueOf(store.writeSnapshot(siteToText(loadSite(store))));
    await appendAll(store, events.slice(4).map((event, index) => batchOf(event, index + 4)));
    await store.close();
    const again = openOwned(folder);

    expect(siteToText(openSiteState(again))).toBe(siteToText(loadSite(again)));
    expect(again.snapshot()?.length).toBe(4);
  });

  test("is left behind by an owner who had to fold much", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    valueOf(await store.append({ durability: "ordered", documents: [], records: Array.from({ length: 5_001 }, () => ({ stream: "run_x", atMs: 1, kind: "step_skipped", body: { kind: "step_skipped", runId: "run_x", stepId: "s" } })) }));

    const site = openSiteState(store);

    expect(store.snapshot()).toEqual({ length: 5_001, text: siteToText(site) });
  });

  test("is left behind by an engine that goes on and on, so that a crash does not cost the whole log", async () => {
    const folder = scratchFolder();
    const owner = valueOf(await openBareOwner(folder, () => null));
    const refused = { kind: "input_refused", runId: null, input: "x", problem: problem("E_USAGE", "", ""), by: null } as const;

    for (let batch = 0; batch < 21; batch += 1) valueOf(await owner.engine.record(Array.from({ length: 1_000 }, () => refused), []));

    const kept = owner.store.snapshot();
    const { site } = owner.engine;
    await owner.close();
    expect(kept?.length).toBe(20_001);
    expect(siteToText({ ...(siteFromText(kept?.text ?? "") ?? emptySite()), lastSeenMs: site.lastSeenMs })).toBe(siteToText(site));
  });
});
