import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findNeededRuns, reasonToKeep } from "../../src/log/retention/needed-runs.ts";
import { openStore } from "../../src/log/sqlite/open.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { valueOf } from "../../src/log/sqlite/store.fixture.ts";
import {
  applyOnce,
  archiveAll,
  archives,
  documentOf,
  endedRun,
  exported,
  noHash,
  olivia,
  verifyApart,
} from "./archive.fixture.ts";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setWorkers,
  typedForLast,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

describe("taking bodies out", () => {
  it("moves the bodies of ended runs to an archive that both verifiers read, and records who and why", async () => {
    await applyOnce(site, "debug");
    await applyOnce(site, "info");
    const runs = await site.run("runs", "--json");

    const done = await site.run(...archiveAll, "--reason", "quarterly", "--json");

    expect(documentOf(done)).toMatchObject({
      format: "interlock.store-archive/1",
      dryRun: false,
      runs: 2,
      bodies: 6,
      keptCount: 0,
      archives: [{ path: archives(site)[0] }],
    });
    expect(site.events().at(-1)).toMatchObject({
      kind: "body_removed",
      by: "olivia",
      reason: "quarterly",
      archive: expect.stringMatching(/^sha256:/),
    });
    expect((await site.run("runs", "--json")).out).toBe(runs.out);
    expect(documentOf(await site.run("log", "verify", "--json"))).toMatchObject({
      ok: true,
      removedCount: 6,
      archivedCount: null,
    });
    expect(documentOf(await site.run("log", "verify", "--archive", "archive", "--json"))).toMatchObject({
      ok: true,
      removedCount: 6,
      archivedCount: 6,
    });
    expect(await verifyApart(site)).toMatchObject({
      exitCode: 0,
      found: { ok: true, removedCount: 6, archivedCount: 0 },
    });
    expect(await verifyApart(site, ...archives(site))).toMatchObject({
      exitCode: 0,
      found: { ok: true, removedCount: 6, archivedCount: 6 },
    });
  });

  it("follows interlock.yaml, archives nothing twice, and with --dry-run changes nothing", async () => {
    await applyOnce(site, "debug");
    site.edit(
      "interlock.yaml",
      "format: interlock.site/1",
      "format: interlock.site/1\nretention: { bodies: 0s, archive: ./kept }",
    );
    const before = await exported(site);

    const tried = await site.run("store", "archive", "--dry-run", "--json");
    const after = await exported(site);
    const done = await site.run("store", "archive", "--json");
    const again = await site.run("store", "archive", "--json");

    expect([documentOf(tried)["bodies"], after, documentOf(done)["bodies"], documentOf(again)["bodies"]]).toEqual([
      3,
      before,
      3,
      0,
    ]);
    expect(archives(site, "kept")).toHaveLength(1);
    expect(documentOf(await site.run("config", "--json"))["settings"]).toContainEqual(
      expect.objectContaining({ name: "retention", value: { bodiesMs: 0, archive: "./kept" } }),
    );
  });

  it("is reported as overdue by the doctor once it is a day late", async () => {
    const store = valueOf(openStore(join(site.folder, "old")));
    const run = endedRun("run_old", 2, "");
    valueOf(
      await store.append({
        ...run,
        records: run.records.map((record) => ({ ...record, atMs: Date.now() - 3 * 86_400_000 })),
      }),
    );
    await store.close();
    const findingsWith = async (bodies: string) => {
      site.edit(
        "interlock.yaml",
        "format: interlock.site/1",
        `format: interlock.site/1\nretention: { bodies: ${bodies}, archive: a }`,
      );
      const { out } = await site.run("--store", "old", "doctor", "--json");
      site.edit("interlock.yaml", `\nretention: { bodies: ${bodies}, archive: a }`, "");
      return (
        JSON.parse(out) as { readonly findings: readonly { readonly what: string; readonly state: string }[] }
      ).findings.filter(({ what }) => what === "retention");
    };

    expect([await findingsWith("1d"), await findingsWith("90d")]).toMatchObject([
      [{ state: "note" }],
      [{ state: "good" }],
    ]);
  });

  it("leaves a run alone that ended too recently", async () => {
    await applyOnce(site, "debug");

    expect(
      documentOf(await site.run("store", "archive", "--older-than", "1d", "--archive", "archive", "--json")),
    ).toMatchObject({ bodies: 0 });
  });

  it.each([
    ["without an age", ["--archive", "a"], "E_USAGE"],
    ["without a folder", ["--older-than", "1d"], "E_USAGE"],
    ["both kept and not", ["--older-than", "1d", "--archive", "a", "--destroy", "--reason", "r"], "E_USAGE"],
    ["for good without a reason", ["--older-than", "1d", "--destroy"], "E_USAGE"],
    ["of a length nobody knows", ["--older-than", "3 weeks", "--archive", "a"], "E_USAGE"],
    ["of a run nobody knows", ["--run", "run_none", "--archive", "a"], "E_RUN_UNKNOWN"],
  ])("is refused %s", async (_, argv, code) => {
    expect(refusedWith(await site.run("store", "archive", ...argv, "--json"))).toEqual([code]);
  });

  it("may be done by a person or a service, destroying only by a person, and neither by an agent", async () => {
    await applyOnce(site, "debug");
    const destroy = ["store", "archive", "--older-than", "0s", "--destroy", "--reason", "asked for"] as const;

    const [agent, service] = [
      await site.runAs({ actor: "agent:helper" }, ...archiveAll, "--json"),
      await site.runAs({ actor: "service:cron" }, ...destroy, "--json"),
    ];
    const archived = await site.runAs({ actor: "service:cron" }, ...archiveAll, "--json");

    expect([agent.exitCode, service.exitCode, archived.exitCode]).toEqual([77, 77, 0]);
    expect(site.events().at(-1)).toMatchObject({ kind: "body_removed", by: "service:cron" });
  });
});

describe("a run whose bodies were taken out", () => {
  it.each([["explain"], ["replay"], ["rollback"]])("says so, and how to restore them: %s", async (command) => {
    await applyOnce(site, "debug");
    await site.run(...archiveAll);

    const refused = await site.run(command, "last", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_BODY_ARCHIVED"], 66]);
    expect(refused.out).toMatch(/archived by `olivia`.*"do": "restore_bodies",\s*"run": "run_/s);
    expect((await site.run("watch", "last", "--once")).exitCode).toBe(66);
  });

  it("says that destroyed ones cannot be restored", async () => {
    await applyOnce(site, "debug");
    await site.run("store", "archive", "--older-than", "0s", "--destroy", "--reason", "asked for by the data subject");

    expect(refusedWith(await site.run("explain", "--json"))).toEqual(["E_BODY_REMOVED"]);
    expect(refusedWith(await site.run("store", "restore", "--run", "last", "--archive", "archive", "--json"))).toEqual([
      "E_BODY_REMOVED",
    ]);
    expect(await verifyApart(site)).toMatchObject({ exitCode: 0, found: { ok: true, removedCount: 3 } });
  });

  it("is explained again once its archive is restored, and the export is byte for byte what it was", async () => {
    await applyOnce(site, "debug");
    await applyOnce(site, "info");
    const before = await exported(site);
    await site.run(...archiveAll);

    const restored = await site.run(
      "store",
      "restore",
      "--run",
      "last",
      "--archive",
      "archive",
      "--reason",
      "the auditor asks",
      "--json",
    );

    expect(documentOf(restored)).toEqual({
      format: "interlock.store-restore/1",
      restored: [{ archive: archives(site)[0], restoredCount: 6 }],
    });
    // The header has the length of the log, which now includes the two acts.
    expect((await exported(site)).slice(1, before.length)).toEqual(before.slice(1));
    expect((await site.run("explain")).out).toContain("everything that was read back was as predicted");
    expect(documentOf(await site.run("store", "archives", "--archive", "archive", "--json"))["archives"]).toMatchObject(
      [{ by: "olivia", bodies: 6, state: "restored" }],
    );
    expect((await site.run("log", "verify", "--archive", "archive")).exitCode).toBe(0);
    expect(site.events().at(-1)).toMatchObject({ kind: "body_restored", by: "olivia", reason: "the auditor asks" });
  });
});

describe("what is under way", () => {
  it("keeps its bodies, and its engine archives those of others while it works", async () => {
    await applyOnce(site, "debug");
    await planAndApprove(
      site,
      wireProposal([askStep("ask"), setWorkers("more", 8, { after: ["ask"], when: "ask == 'approved'" })]),
    );
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    const [all, running] = [
      await site.start(...archiveAll, "--json").ended,
      await site.start("store", "archive", "--run", "last", "--archive", "archive", "--json").ended,
    ];
    await site.run("answer", "last", "ask", "--as", "approved");

    expect(documentOf(all)).toMatchObject({ runs: 1, bodies: 3 });
    expect([documentOf(running), running.exitCode]).toMatchObject([
      { bodies: 0, kept: [{ reason: "has not ended" }] },
      13,
    ]);
    expect((await applying).exitCode).toBe(0);
    expect((await site.run("explain")).exitCode).toBe(0);
    expect((await site.run("log", "verify", "--archive", "archive")).exitCode).toBe(0);
  });

  it("keeps a run that an approved way back succeeds, for as long as the approval counts", async () => {
    await applyOnce(site, "debug");
    await site.run("rollback");
    await site.run("approve", "last", ...(await typedForLast(site)), "--valid-for", "30m");

    const kept = await site.run(...archiveAll, "--json");

    expect(documentOf(kept)).toMatchObject({
      bodies: 0,
      kept: [{ reason: "is succeeded by a run under way, or by a plan that is approved" }],
    });
    const reader = valueOf(openReader(join(site.folder, ".interlock")));
    const [run] = reader.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 });
    const reasonAt = (nowMs: number) =>
      run === undefined ? "no run" : reasonToKeep(run, findNeededRuns(reader, nowMs));
    expect([reasonAt(Date.now() + 29 * 60_000), reasonAt(Date.now() + 31 * 60_000)]).toEqual([
      expect.any(String),
      null,
    ]);
    reader.close();
  });

  it("keeps the runs of an incident that nobody has closed", async () => {
    const folder = join(site.folder, ".interlock");
    const store = valueOf(openStore(folder));
    const opened = {
      kind: "incident_opened",
      runId: null,
      incidentId: "in_1",
      key: "k",
      situation: noHash,
      by: olivia,
    };
    valueOf(await store.append(endedRun("run_before", 3, "")));
    valueOf(
      await store.append({
        durability: "synced",
        documents: [],
        records: [{ stream: "site", atMs: Date.now(), kind: "incident_opened", body: opened }],
      }),
    );
    valueOf(await store.append(endedRun("run_within", 3, "")));
    await store.close();

    expect(documentOf(await site.run(...archiveAll, "--json"))).toMatchObject({
      runs: 1,
      kept: [{ runId: "run_within", reason: "belongs to an incident that is not closed" }],
    });
  });
});
