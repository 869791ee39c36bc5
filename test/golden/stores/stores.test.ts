// Stores that earlier releases left: this release opens, explains, continues and verifies them.
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { storeStream } from "../../../src/core/log/removal.ts";
import type { TreeHead } from "../../../src/core/log/store-records.ts";
import { digest } from "../../../src/core/value/digest.ts";
import type { JsonValue } from "../../../src/core/value/json-value.ts";
import { ok } from "../../../src/core/value/result.ts";
import { systemClock } from "../../../src/engine/clock.ts";
import type { Answer, Clock, Interlock } from "../../../src/interlock.ts";
import { exportLog } from "../../../src/log/export-log.ts";
import { loadRun } from "../../../src/log/load-state.ts";
import { readSiteState } from "../../../src/log/site-snapshot.ts";
import { openOwned, read, verifyFolder } from "../../../src/log/sqlite/store.fixture.ts";
import { storeVersion } from "../../../src/log/sqlite/store-version.ts";
import { verifyExport } from "../../../verifier/verify.ts";
import { meaningOf, siteText } from "../journals/journal.ts";
import {
  copyGolden,
  type GoldenSite,
  goldenStores,
  openGolden,
  plainUpgrade,
  readText,
  scratchFolder,
  valueOf,
} from "./golden-store.fixture.ts";

const settled = "0.1.0/settled";
const killed = "0.1.0/killed";

/** The events of a run, by kind. */
async function kindsOf(door: Interlock, runId: string): Promise<readonly string[]> {
  const watched = await valueOf(door.watch({ run: runId }));
  const kinds: string[] = [];
  for await (const { event } of watched.events()) kinds.push(event.kind);
  return kinds;
}

/** A clock that shows this time now and goes on from there. */
function clockAt(startMs: number): Clock {
  const offsetMs = startMs - systemClock.nowMs();
  return { ...systemClock, nowMs: () => systemClock.nowMs() + offsetMs };
}

/** The time of the last record of a golden store, read from another copy of it. */
function leftMs({ store }: GoldenSite): number {
  const folder = scratchFolder();
  cpSync(store, folder, { recursive: true });
  return openOwned(folder).entries({ stream: null, fromSeq: 0, limit: 1_000 }).at(-1)?.record.atMs ?? 0;
}

/** The value as JSON gives it back. */
function plainJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

function exported({ store }: GoldenSite): readonly string[] {
  const lines = read(store, (reader) => [...exportLog(reader)]);
  if ("code" in lines) throw new Error(lines.message);
  return lines;
}

it("there is a store that was closed and one whose owner was killed", () => {
  expect(goldenStores).toEqual(expect.arrayContaining([settled, killed]));
});

describe.each(goldenStores)("the store %s", (name) => {
  it("opens with every record, and every run and the site fold to the states that its release wrote down", async () => {
    const { store: folder, expected } = copyGolden(name);

    const store = openOwned(folder);

    const runs = store.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 100 });
    const meaning = (runId: string, known: string | null): string | null =>
      known === null ? null : digest("interlock.golden-state/1", plainJson(meaningOf(loadRun(store, runId))));
    expect(store.end()).toEqual({ length: expected.length, head: expected.head });
    expect(store.epoch).toBe(expected.epoch + 1);
    expect(
      runs.map(({ runId, planHash, state }, index) => {
        const known = expected.runs[index]?.meaning ?? null;
        return { runId, planHash, state, meaning: meaning(runId, known) };
      }),
    ).toEqual(expected.runs);
    expect(digest("interlock.golden-state/1", siteText(readSiteState(store)))).toBe(expected.site);
    await store.close();
    expect(verifyFolder(folder)).toBeNull();
  });

  it("verifies after its upgrade, here and with the stand-alone verifier, and says which store it is", async () => {
    const site = copyGolden(name);
    const door = await openGolden(site);

    const { storeId } = await valueOf(door.upgrade(plainUpgrade));

    const lines = exported(site);
    const verified = await valueOf(door.verify({ archive: null, onProgress: () => undefined }));
    const alone = verifyExport(lines);
    expect(alone).toMatchObject({ ok: true, length: verified.length, head: verified.head });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ length: verified.length, storeId });
    // What was there before is unchanged: the chain still has the old head in its place.
    const { length, head } = site.expected;
    expect(verifyExport(lines, { length, head }).ok).toBe(true);
    expect(verified.length).toBeGreaterThanOrEqual(length);
  });

  it("lists, explains and replays its runs", async () => {
    const site = copyGolden(name);
    const door = await openGolden(site);
    await valueOf(door.upgrade(plainUpgrade));

    const { runs } = await valueOf(door.runs({ state: null, plan: null, prefix: null, beforeSeq: null, limit: 50 }));

    const told = site.expected.runs.filter(({ meaning }) => meaning !== null);
    expect(runs.map(({ runId, state }) => ({ runId, state }))).toEqual(
      site.expected.runs.map(({ runId, state }) => ({ runId, state })),
    );
    for (const { runId, state } of told) {
      const explained = await valueOf(door.explain({ run: runId }));
      const replayed = await valueOf(door.replay({ run: runId, at: null }));
      expect(explained.steps.length).toBeGreaterThan(0);
      expect(replayed.differences).toEqual([]);
      expect(replayed.state.outcome).toBe(state === "running" ? null : state);
    }
  });
});

describe("what a site had earned under 0.1.0", () => {
  it("still counts: the ways back are tried, and the grant is not used up", async () => {
    const site = copyGolden(settled);
    const door = await openGolden(site);
    await valueOf(door.upgrade(plainUpgrade));

    const { actions } = await valueOf(door.actions());
    const { grants, problems } = await valueOf(door.grants());

    expect(actions.filter(({ earned }) => earned).map((action) => action.name)).toEqual([
      "config.log_level",
      "config.workers",
    ]);
    expect(problems).toEqual([]);
    expect(grants).toMatchObject([{ writeCountLeft: 5 }]);
  });

  it("does not include trust in interlock.yaml, so a person is asked once before anything is read", async () => {
    const door = await openGolden(copyGolden(settled));
    await valueOf(door.upgrade(plainUpgrade));
    const ofTrust = async () =>
      (await valueOf(door.examine({ nodeVersion: process.versions.node }))).filter(({ what }) => what === "trust");

    const before = await ofTrust();
    await valueOf(door.trust());

    expect(before).toMatchObject([{ state: "note", message: expect.stringContaining("did not cover interlock.yaml") }]);
    expect(await ofTrust()).toMatchObject([{ state: "good" }]);
  });

  it("names the same domain: a plan made now pins what a plan of 0.1.0 pinned", async () => {
    const site = copyGolden(settled);
    const door = await openGolden(site);
    await valueOf(door.upgrade(plainUpgrade));
    const old = await valueOf(door.show({ plan: "last" }));
    await valueOf(door.trust());

    const compiled = await valueOf(
      door.plan({
        proposal: readFileSync(join(site.folder, "pending.json")),
        proposer: { kind: "file", id: "pending", onBehalfOf: "olivia" },
        goal: "",
        inputs: [],
      }),
    );

    if (compiled.kind === "nothing_to_do") throw new Error("there is something to do");
    const { domain, pack, connections, engine } = old.plan.pins;
    expect(compiled.plan.pins).toMatchObject({ domain, pack, connections, engine });
  });
});

describe("a plan that was pending under 0.1.0", () => {
  it("runs now on the approval that it was given then", async () => {
    const site = copyGolden(settled);
    const door = await openGolden(site);
    await valueOf(door.upgrade(plainUpgrade));

    const run = await valueOf(door.apply({ plan: "last" }));
    const rest = await valueOf(run.atRest());

    expect(rest).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
    expect(JSON.parse(readText(site.folder, "conf/app.json"))).toMatchObject({ log: { level: "info" }, workers: 12 });
    expect(await kindsOf(door, run.runId)).toContain("run_ended");
    expect(verifyFolder(site.store)).toBeNull();
  });

  it("can be approved anew once that approval has run out", async () => {
    const site = copyGolden(settled);
    const door = await openGolden(site, { clock: clockAt(leftMs(site) + 20_001 * 86_400_000) });
    await valueOf(door.upgrade(plainUpgrade));
    const signer = await valueOf(
      door.signer({ as: null, askPassphrase: async () => ok(null), onMistyped: () => undefined }),
    );

    const tooLate = await door.apply({ plan: "last" });
    await valueOf(
      door.approve({ plan: "last", typedTargets: ["config.log_level config/app"], validForMs: null }, signer),
    );
    const run = await valueOf(door.apply({ plan: "last" }));

    expect(tooLate).toMatchObject({ ok: false, error: [{ code: "E_APPROVAL_EXPIRED" }] });
    expect(await valueOf(run.atRest())).toMatchObject({ view: { outcome: "succeeded" } });
  });
});

describe("a store that nobody has upgraded", () => {
  it("is not read: the refusal names the command that upgrades it", async () => {
    const door = await openGolden(copyGolden(settled));

    const listed = await door.runs({ state: null, plan: null, prefix: null, beforeSeq: null, limit: 1 });

    expect(listed).toMatchObject({ ok: false, error: [{ code: "E_STORE_VERSION", next: { do: "upgrade_store" } }] });
  });

  it.each<[string, (door: Interlock) => Answer<unknown>]>([
    ["apply", (door) => door.apply({ plan: "last" })],
    ["reject", (door) => door.reject({ plan: "last", reason: "" })],
    ["operate", (door) => door.operate({ do: "rollback", run: "last", reason: "", follow: true })],
    [
      "restore",
      (door) =>
        door.restore({ archives: [], runs: ["last"], folder: "archive", reason: "", onRestored: () => undefined }),
    ],
  ])("is left as it is by a command that cannot read it: %s", async (_, ask) => {
    const site = copyGolden(settled);

    const refused = await ask(await openGolden(site));

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_STORE_VERSION", next: { do: "upgrade_store" } }] });
    expect(storeVersion(site.store)).toEqual({ ok: true, value: 2 });
  });

  it.each<[string, (door: Interlock) => Answer<unknown>]>([
    ["trust", (door) => door.trust()],
    ["freeze", (door) => door.operate({ do: "freeze", scope: "config/app", reason: "" })],
    ["resume", (door) => door.resume({ run: null })],
  ])("is upgraded by the first owner, without a copy: %s", async (_, ask) => {
    const site = copyGolden(settled);
    const door = await openGolden(site);

    expect((await ask(door)).ok).toBe(true);
    await door.close();

    expect(verifyFolder(site.store)).toBeNull();
    expect(read(site.store, (reader) => reader.storeId())).toMatch(/^st_[0-9a-f]{32}$/);
    expect(readdirSync(site.folder)).not.toContain(".interlock-version-2");
  });
});

describe("a run that an owner of 0.1.0 was killed in", () => {
  it("is taken over and comes to its end", async () => {
    const site = copyGolden(killed);
    // It was left in a wait of an hour, which is over now.
    const door = await openGolden(site, { clock: clockAt(leftMs(site) + 3_600_000) });
    await valueOf(door.upgrade(plainUpgrade));

    const { runs, incidents } = await valueOf(door.resume({ run: null }));
    const rests = await Promise.all(runs.map((run) => valueOf(run.atRest())));

    expect(runs.map((run) => run.runId)).toEqual([site.expected.runs[0]?.runId]);
    expect(rests).toMatchObject([{ kind: "at_rest", view: { outcome: "succeeded" } }]);
    expect((await incidents).ok).toBe(true);
    expect(readText(site.folder, "conf/app.json")).toContain('"warn"');
    expect(verifyFolder(site.store)).toBeNull();
  });
});

describe("an archive of 0.1.0", () => {
  it("is at hand and intact, and puts back what its run lacks", async () => {
    const site = copyGolden(settled);
    const door = await openGolden(site);
    await valueOf(door.upgrade(plainUpgrade));
    const folder = join(site.folder, "archive");
    const archived = site.expected.runs.find(({ meaning }) => meaning === null)?.runId ?? "";
    const before = await door.explain({ run: archived });

    const listed = await valueOf(door.archives({ folder }));
    const restored = await valueOf(
      door.restore({ archives: [], runs: [archived], folder, reason: "audit", onRestored: () => undefined }),
    );

    expect(before).toMatchObject({ ok: false, error: [{ code: "E_BODY_ARCHIVED" }] });
    expect(listed.archives).toMatchObject([{ state: "intact", bodies: 7 }]);
    expect(restored).toMatchObject([{ restoredCount: 7 }]);
    expect((await valueOf(door.explain({ run: archived }))).steps.length).toBeGreaterThan(0);
    expect(verifyFolder(site.store)).toBeNull();
    expect(verifyExport(exported(site)).ok).toBe(true);
  });
});

describe("a tree head, which this release never writes", () => {
  it("is a record like any other: the log verifies, no fold sees it, and work goes on", async () => {
    const site = copyGolden(settled);
    const store = openOwned(site.store);
    const { length, head } = store.end();
    const body: TreeHead = { kind: "tree_head", runId: null, length, root: head };
    const atMs = leftMs(site);
    const record = { stream: storeStream, atMs, kind: body.kind, body: { ...body } };

    const written = await store.append({ durability: "synced", documents: [], records: [record] });
    const folded = digest("interlock.golden-state/1", siteText(readSiteState(store)));
    await store.close();
    const door = await openGolden(site);
    const rest = await valueOf((await valueOf(door.apply({ plan: "last" }))).atRest());

    expect(written.ok).toBe(true);
    expect(folded).toBe(site.expected.site);
    expect(rest).toMatchObject({ view: { outcome: "succeeded" } });
    expect(verifyFolder(site.store)).toBeNull();
    expect(verifyExport(exported(site))).toMatchObject({ ok: true });
    expect(exported(site).some((line) => line.includes('"tree_head"'))).toBe(true);
  });
});
