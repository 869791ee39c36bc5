// Retention as its users meet it: through the command line, with the engine at work, killed, out of disk, and with archives that are not what they were.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { findNeededRuns, reasonToKeep } from "../../src/log/retention/needed-runs.ts";
import { openStore } from "../../src/log/sqlite/open.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { valueOf } from "../../src/log/sqlite/store.fixture.ts";
import type { AppendBatch } from "../../src/log/store.ts";
import { parseExposition } from "../../src/owner/parse-exposition.fixture.ts";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  type Printed,
  planAndApprove,
  refusedWith,
  setLevel,
  setWorkers,
  wireProposal,
} from "./e2e-site.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));
const verifier = fileURLToPath(new URL("../../verifier/main.ts", import.meta.url));

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

async function applyOnce(level: string): Promise<void> {
  await planAndApprove(site, wireProposal([setLevel("louder", level)]));
  expect((await site.run("apply")).exitCode).toBe(0);
}

async function exported(): Promise<readonly string[]> {
  return (await site.run("log", "export")).out.trimEnd().split("\n");
}

function archives(folder = "archive"): readonly string[] {
  return existsSync(join(site.folder, folder))
    ? readdirSync(join(site.folder, folder)).map((name) => join(site.folder, folder, name))
    : [];
}

/** What the stand-alone verifier finds in the log as it is exported now. */
async function verifyApart(
  ...archivePaths: readonly string[]
): Promise<{ readonly exitCode: number | null; readonly found: Record<string, unknown> }> {
  site.write("export.jsonl", `${(await exported()).join("\n")}\n`);
  const { status, stdout } = spawnSync(
    process.execPath,
    [verifier, join(site.folder, "export.jsonl"), ...archivePaths.flatMap((path) => ["--archive", path])],
    { encoding: "utf8" },
  );
  return { exitCode: status, found: stdout === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>) };
}

const olivia = { kind: "person", id: "olivia", keyId: null } as const;
const noHash = `sha256:${"0".repeat(64)}`;

/** A run from its start to its end, as the site's fold and the list of runs read it; what its steps did is whatever fills a body. */
function endedRun(runId: string, stepCount: number, output: string): AppendBatch {
  const event = (kind: string, body: Readonly<Record<string, JsonValue>>): AppendBatch["records"][number] => ({
    stream: runId,
    atMs: Date.now(),
    kind,
    body: { kind, runId, ...body },
  });
  return {
    durability: "ordered",
    documents: [],
    records: [
      event("run_started", {
        planHash: noHash,
        authorization: { kind: "read_only", policies: null },
        actor: olivia,
        owner: "olivia",
        locks: [],
        baseline: [],
        reserved: null,
        deadlineMs: 0,
        epoch: 1,
      }),
      ...Array.from({ length: stepCount }, (_, index) =>
        event("step_settled", { stepId: `s${index}`, outcome: "done", output }),
      ),
      event("run_ended", { outcome: "succeeded", reason: "", locks: [], wrote: [] }),
    ],
  };
}

/** A store as its owner would write it, with more in it than a command takes out at once. */
async function fillStore(
  folder: string,
  options: { readonly runCount: number; readonly stepCount: number; readonly output: string },
): Promise<void> {
  const store = valueOf(openStore(folder));
  for (let run = 0; run < options.runCount; run += 1)
    valueOf(await store.append(endedRun(`run_${String(run).padStart(4, "0")}`, options.stepCount, options.output)));
  await store.close();
}

const documentOf = ({ out }: Printed) => JSON.parse(out) as Record<string, unknown>;
const archiveAll = ["store", "archive", "--older-than", "0s", "--archive", "archive"] as const;

describe("taking bodies out", () => {
  it("archives what ended runs did: the list of runs and both verifiers find all of it, and who did it and why is on record", async () => {
    await applyOnce("debug");
    await applyOnce("info");
    const runs = await site.run("runs", "--json");

    const done = await site.run(...archiveAll, "--reason", "quarterly", "--json");

    expect(documentOf(done)).toMatchObject({
      format: "interlock.store-archive/1",
      dryRun: false,
      runs: 2,
      bodies: 6,
      keptCount: 0,
      archives: [{ path: archives()[0] }],
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
    expect(await verifyApart()).toMatchObject({ exitCode: 0, found: { ok: true, removedCount: 6, archivedCount: 0 } });
    expect(await verifyApart(...archives())).toMatchObject({
      exitCode: 0,
      found: { ok: true, removedCount: 6, archivedCount: 6 },
    });
  });

  it("follows interlock.yaml, archives nothing twice, and with --dry-run changes nothing", async () => {
    await applyOnce("debug");
    site.edit(
      "interlock.yaml",
      "format: interlock.site/1",
      "format: interlock.site/1\nretention: { bodies: 0s, archive: ./kept }",
    );
    const before = await exported();

    const tried = await site.run("store", "archive", "--dry-run", "--json");
    const after = await exported();
    const done = await site.run("store", "archive", "--json");
    const again = await site.run("store", "archive", "--json");

    expect([documentOf(tried)["bodies"], after, documentOf(done)["bodies"], documentOf(again)["bodies"]]).toEqual([
      3,
      before,
      3,
      0,
    ]);
    expect(archives("kept")).toHaveLength(1);
    expect(documentOf(await site.run("config", "--json"))["settings"]).toContainEqual(
      expect.objectContaining({ name: "retention", value: { bodiesMs: 0, archive: "./kept" } }),
    );
  });

  it("is missed by the doctor once it is a day late", async () => {
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

  it("leaves a run alone that did not end long enough ago", async () => {
    await applyOnce("debug");

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

  it("is a person's or a service's to do, destroying a person's alone, and no agent's", async () => {
    await applyOnce("debug");
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
  it.each([["explain"], ["replay"], ["rollback"]])("says so, and what brings them back: %s", async (command) => {
    await applyOnce("debug");
    await site.run(...archiveAll);

    const refused = await site.run(command, "last", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_BODY_ARCHIVED"], 66]);
    expect(refused.out).toMatch(/archived by `olivia`.*"do": "restore_bodies",\s*"run": "run_/s);
    expect((await site.run("watch", "last", "--once")).exitCode).toBe(66);
  });

  it("says that nothing brings them back where they were destroyed", async () => {
    await applyOnce("debug");
    await site.run("store", "archive", "--older-than", "0s", "--destroy", "--reason", "asked for by the data subject");

    expect(refusedWith(await site.run("explain", "--json"))).toEqual(["E_BODY_REMOVED"]);
    expect(refusedWith(await site.run("store", "restore", "--run", "last", "--archive", "archive", "--json"))).toEqual([
      "E_BODY_REMOVED",
    ]);
    expect(await verifyApart()).toMatchObject({ exitCode: 0, found: { ok: true, removedCount: 3 } });
  });

  it("is told again once its archive is put back, and every line of the export is byte for byte what it was", async () => {
    await applyOnce("debug");
    await applyOnce("info");
    const before = await exported();
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
      restored: [{ archive: archives()[0], restoredCount: 6 }],
    });
    // The header says how long the log is now: it holds the two acts as well.
    expect((await exported()).slice(1, before.length)).toEqual(before.slice(1));
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
    await applyOnce("debug");
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
    await applyOnce("debug");
    await site.run("rollback");
    await site.run("approve", "last", "--target", "config/app", "--valid-for", "30m");

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

describe("an archive", () => {
  it("with any bit flipped is found, and puts nothing back", async () => {
    await applyOnce("debug");
    await site.run(...archiveAll);
    const [path = ""] = archives();
    const intact = readFileSync(path);
    const length = site.events().length;

    for (const at of [
      0,
      12,
      Math.floor(intact.length / 3),
      Math.floor(intact.length / 2),
      intact.length - 40,
      intact.length - 1,
    ]) {
      const flipped = Buffer.from(intact);
      flipped[at] = (intact[at] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      const ends = [
        await site.run("log", "verify", "--archive", "archive"),
        await site.run("store", "archives", "--archive", "archive"),
        await site.run("store", "restore", path, "--json"),
      ];

      expect([at, ...ends.map(({ exitCode }) => exitCode)]).toEqual([at, 15, 15, 15]);
      expect(refusedWith(ends[2] as Printed)).toEqual(["E_ARCHIVE"]);
      expect([at, (await verifyApart(path)).exitCode]).toEqual([at, 15]);
    }

    expect(site.events().filter(({ kind }) => kind === ("body_restored" as string))).toEqual([]);
    expect(
      site
        .events()
        .slice(length)
        .every(({ kind }) => kind === "input_refused" || kind === "engine_opened"),
    ).toBe(true);
    // Archived again from a store that still has nothing of it is impossible: it is brought back as it was.
    writeFileSync(path, intact);
    expect((await site.run("store", "restore", path)).exitCode).toBe(0);
  });

  it("that is missing is named by whoever needs it, and by nobody else", async () => {
    await applyOnce("debug");
    await site.run(...archiveAll);
    const [path = ""] = archives();
    renameSync(path, join(site.folder, "elsewhere.jsonl"));

    const restored = await site.run("store", "restore", "--run", "last", "--archive", "archive", "--json");

    expect([refusedWith(restored), restored.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
    expect((await site.run("log", "verify")).exitCode).toBe(0);
    expect((await site.run("log", "verify", "--archive", "archive")).exitCode).toBe(15);
    expect((await site.run("store", "archives", "--archive", "archive")).exitCode).toBe(15);
    expect((await site.run("store", "restore", "elsewhere.jsonl")).exitCode).toBe(0);
  });

  it("of another store puts nothing back", async () => {
    await applyOnce("debug");
    await site.run(...archiveAll);
    const other = await createE2eSite();
    try {
      expect(refusedWith(await other.run("store", "restore", archives()[0] ?? "", "--json"))).toEqual(["E_ARCHIVE"]);
    } finally {
      other.remove();
    }
  });
});

describe("in the middle of it", () => {
  it("a kill -9 at any moment loses no body, and the same command goes on", { timeout: 60_000 }, async () => {
    const folder = join(site.folder, "big");
    await fillStore(folder, { runCount: 20, stepCount: 400, output: "x".repeat(40) });
    const argv = ["--store", folder, ...archiveAll] as const;
    const kills: { readonly verified: number; readonly removed: number }[] = [];

    // A chunk is done and the next begun: while it is read, while its archive is written, or in its commit, as luck has it.
    for (const afterMs of [0, 10, 40]) {
      const command = site.start(...argv);
      // On a fast machine what is left may be done before it can be killed.
      if (
        !(await command.shown("so far").then(
          () => true,
          () => false,
        ))
      )
        break;
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      command.child.kill("SIGKILL");
      await command.ended;
      const verified = await site.run("--store", folder, "log", "verify", "--archive", "archive", "--json");
      kills.push({ verified: verified.exitCode, removed: Number(documentOf(verified)["removedCount"]) });
    }
    const finished = await site.start(...argv, "--json").ended;

    expect(kills.length).toBeGreaterThan(0);
    expect(kills.every(({ verified }) => verified === 0)).toBe(true);
    expect(kills.every(({ removed }, index) => removed > (kills[index - 1]?.removed ?? 0))).toBe(true);
    expect(finished.exitCode).toBe(0);
    expect(
      documentOf(await site.run("--store", folder, "log", "verify", "--archive", "archive", "--json")),
    ).toMatchObject({ removedCount: 8_000, archivedCount: 8_000 });
    expect(archives().filter((path) => path.endsWith(".partial"))).toEqual([]);
  });

  it("a disk that is full removes nothing and leaves no half archive; with space again all of it goes", async () => {
    const folder = join(site.folder, "big");
    // Quotes take twice the room in an archive, so that the store fits below the limit and its archive does not.
    await fillStore(folder, { runCount: 1, stepCount: 20, output: '"'.repeat(50_000) });
    const argv = ["--store", folder, ...archiveAll, "--json"];

    const full = spawnSync(
      "bash",
      ["-c", `trap "" XFSZ; ulimit -f 3000; exec "$0" "$@"`, process.execPath, binary, ...argv],
      {
        cwd: site.folder,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: site.folder, INTERLOCK_NO_INPUT: "1" },
      },
    );
    const between = documentOf(await site.run("--store", folder, "log", "verify", "--json"));
    const again = await site.run(...argv);

    expect([full.status, JSON.parse(full.stdout)]).toMatchObject([1, { problems: [{ code: "E_STORE_FULL" }] }]);
    expect(between).toMatchObject({ ok: true, removedCount: 0 });
    expect(documentOf(again)).toMatchObject({ bodies: 20 });
    expect(archives()).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});

describe("backups", () => {
  it("are taken, and drilled, from the command line; a folder that holds one is not overwritten", async () => {
    await applyOnce("debug");

    const [taken, drilled, again, none] = [
      await site.run("store", "backup", "copy", "--json"),
      await site.run("store", "drill", "copy", "--json"),
      await site.run("store", "backup", "copy", "--json"),
      await site.run("store", "drill", "nowhere", "--json"),
    ];

    expect(documentOf(drilled)["head"]).toEqual(documentOf(taken)["head"]);
    expect([taken.exitCode, drilled.exitCode, refusedWith(again), refusedWith(none)]).toEqual([
      0,
      0,
      ["E_BACKUP_EXISTS"],
      ["E_INPUT_MISSING"],
    ]);
  });
});

describe("metrics", () => {
  it("are read by Prometheus whether or not a process owns the store, and by scripts", async () => {
    await planAndApprove(
      site,
      wireProposal([askStep("ask"), setWorkers("more", 8, { after: ["ask"], when: "ask == 'approved'" })]),
    );
    const alone = parseExposition((await site.run("metrics")).out);
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    const [owned, json] = [await site.start("metrics").ended, await site.start("metrics", "--json").ended];
    await site.run("stop");
    await applying;

    expect([alone.get("interlock_owner_up")?.samples.get(""), alone.has("interlock_engine_runs")]).toEqual([0, false]);
    const metrics = parseExposition(owned.out);
    expect([
      owned.exitCode,
      metrics.get("interlock_owner_up")?.samples.get(""),
      metrics.get("interlock_engine_runs")?.samples.get(""),
      metrics.get("interlock_runs_unfinished")?.samples.get('{state="running"}'),
    ]).toEqual([0, 1, 1, 1]);
    expect(metrics.get("interlock_engine_commands")?.samples.get("")).toBeGreaterThan(0);
    expect((documentOf(json)["metrics"] as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual([
      ...metrics.keys(),
    ]);
    const documented = readFileSync(fileURLToPath(new URL("../../docs/store.md", import.meta.url)), "utf8");
    expect([...metrics.keys()].filter((name) => !documented.includes(`| \`${name}`))).toEqual([]);
  });
});
