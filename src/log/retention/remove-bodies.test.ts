import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { verifyExport } from "../../../verifier/verify.ts";
import { exportLog } from "../export-log.ts";
import type { LogStore } from "../log-store.ts";
import {
  appendAll,
  bodiesOf,
  openOwned,
  read,
  runOf,
  scratchFolder,
  startMs,
  valueOf,
  verifyFolder,
} from "../sqlite/store.fixture.ts";
import { storePaths } from "../sqlite/store-paths.ts";
import { removeBodies, restoreBodies } from "./remove-bodies.ts";

const by = { by: "ada", reason: "kept for 90 days", atMs: startMs } as const;

async function openWithRuns(folder: string): Promise<LogStore> {
  const store = openOwned(folder);
  for (const [runId, outcome] of [
    ["run_a", "succeeded"],
    ["run_b", null],
    ["run_c", "escalated"],
  ] as const)
    await appendAll(store, runOf(runId, 4, outcome));
  return store;
}

function exportOf(folder: string): readonly string[] {
  return read(folder, (reader) => [...exportLog(reader)]) as readonly string[];
}

describe("removing bodies", () => {
  it("keeps the chain, the list of runs and every other body, and verifies in both verifiers", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    const before = bodiesOf(store);

    const removed = valueOf(await removeBodies(store, { runIds: ["run_a", "run_c"], archiveFolder: null, ...by }));

    expect(removed).toEqual({ removedCount: 8, archive: null });
    expect(bodiesOf(store).slice(0, before.length)).toEqual(
      before.map((body, seq) => ([1, 2, 3, 4, 12, 13, 14, 15].includes(seq) ? null : body)),
    );
    expect(JSON.parse(bodiesOf(store, "store")[0] ?? "")).toEqual({
      kind: "body_removed",
      runId: null,
      ranges: [
        { fromSeq: 1, count: 4 },
        { fromSeq: 12, count: 4 },
      ],
      by: "ada",
      reason: "kept for 90 days",
      archive: null,
    });
    expect(verifyFolder(folder)).toBeNull();
    expect(verifyExport(exportOf(folder))).toMatchObject({
      ok: true,
      length: store.end().length,
      head: store.end().head,
    });
  });

  it("of a run that has not ended is refused, and nothing goes", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    const before = bodiesOf(store);

    expect(await removeBodies(store, { runIds: ["run_a", "run_b"], archiveFolder: null, ...by })).toMatchObject({
      ok: false,
      error: { code: "E_BODY_KEPT" },
    });
    expect(bodiesOf(store)).toEqual(before);
  });

  it("with an archive that cannot be written removes nothing", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    const archiveFolder = join(folder, "a-file");
    writeFileSync(archiveFolder, "where a folder should be");

    expect(await removeBodies(store, { runIds: ["run_a"], archiveFolder, ...by })).toMatchObject({
      ok: false,
      error: { code: "E_STORE_IO" },
    });
    expect(bodiesOf(store)).not.toContain(null);
  });

  it("without a record that says so is damage, and named, in both verifiers", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    valueOf(await removeBodies(store, { runIds: ["run_a"], archiveFolder: null, ...by }));
    await store.close();
    const db = new DatabaseSync(storePaths(folder).database);
    // As someone would who knows the tables, and blames the removal that did take place.
    const [entry] = read(folder, (reader) => reader.storedEntries({ stream: null, fromSeq: 8, limit: 1 })) as readonly {
      readonly record: { readonly body: string };
    }[];
    db.prepare("UPDATE records SET body = NULL, body_digest = ?, removed_by = 17 WHERE seq = 8").run(
      entry?.record.body ?? "",
    );
    db.close();

    expect(verifyFolder(folder)).toMatchObject({
      code: "E_LOG_CHAIN",
      pointer: "/records/8",
      message: "the body of record 8 is missing, and no record says who removed it",
    });
    expect(verifyExport(exportOf(folder))).toMatchObject({
      ok: false,
      problem: "the body of record 8 is missing, and no record says who removed it",
    });
  });

  it("does not hide a digest that was changed", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    valueOf(await removeBodies(store, { runIds: ["run_a"], archiveFolder: null, ...by }));
    await store.close();
    const db = new DatabaseSync(storePaths(folder).database);
    db.exec("UPDATE records SET body_digest = (SELECT body_digest FROM records WHERE seq = 3) WHERE seq = 2");
    db.close();

    expect(verifyFolder(folder)).toMatchObject({ code: "E_LOG_CHAIN", message: "record 2 (step_settled) was changed" });
  });
});

describe("an archive", () => {
  it("puts every body back where its digest stands, and both acts stay in the log", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    const before = bodiesOf(store);
    const removed = valueOf(
      await removeBodies(store, { runIds: ["run_a", "run_c"], archiveFolder: join(folder, "archive"), ...by }),
    );
    const archivePath = removed.archive?.path ?? "";

    const restored = valueOf(
      await restoreBodies(store, { archivePath, by: "ben", reason: "asked for by the auditor", atMs: startMs }),
    );

    expect(restored).toEqual({ restoredCount: 8 });
    expect(bodiesOf(store).slice(0, before.length)).toEqual(before);
    expect(
      bodiesOf(store, "store")
        .map((body) => JSON.parse(body ?? ""))
        .map(({ kind, archive }) => [kind, archive]),
    ).toEqual([
      ["body_removed", removed.archive?.digest],
      ["body_restored", removed.archive?.digest],
    ]);
    expect(verifyFolder(folder)).toBeNull();
  });

  it("whose commit failed is the same archive the next time, and nothing has gone in between", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    const archiveFolder = join(folder, "archive");
    const before = bodiesOf(store);
    const beside = new DatabaseSync(storePaths(folder).database);
    beside.exec("UPDATE meta SET epoch = epoch + 1");

    const failed = await removeBodies(store, { runIds: ["run_a", "run_c"], archiveFolder, ...by });
    beside.exec("UPDATE meta SET epoch = epoch - 1");
    beside.close();
    await store.close();
    const [left] = readdirSync(archiveFolder);
    const again = openOwned(folder);
    const kept = bodiesOf(again);
    const removed = valueOf(await removeBodies(again, { runIds: ["run_a", "run_c"], archiveFolder, ...by }));

    expect(failed).toMatchObject({ ok: false, error: { code: "E_STORE_FENCED" } });
    expect(kept).toEqual(before);
    expect([removed.removedCount, removed.archive?.path, readdirSync(archiveFolder)]).toEqual([
      8,
      join(archiveFolder, left ?? ""),
      [left],
    ]);
  });

  it("that was changed puts nothing back", async () => {
    const folder = scratchFolder();
    const store = await openWithRuns(folder);
    const archivePath =
      valueOf(await removeBodies(store, { runIds: ["run_a"], archiveFolder: join(folder, "archive"), ...by })).archive
        ?.path ?? "";
    writeFileSync(archivePath, readFileSync(archivePath, "utf8").replace("done", "gone"));

    expect(await restoreBodies(store, { archivePath, ...by })).toMatchObject({
      ok: false,
      error: { code: "E_ARCHIVE" },
    });
    expect(bodiesOf(store)).toContain(null);
  });

  it("of another log puts nothing back", async () => {
    const folder = scratchFolder();
    const [store, other] = [await openWithRuns(join(folder, "one")), openOwned(join(folder, "other"))];
    const archivePath =
      valueOf(await removeBodies(store, { runIds: ["run_a"], archiveFolder: join(folder, "archive"), ...by })).archive
        ?.path ?? "";
    await appendAll(other, runOf("run_other", 6, "succeeded"));

    expect(await restoreBodies(other, { archivePath, ...by })).toMatchObject({
      ok: false,
      error: { code: "E_ARCHIVE" },
    });
  });
});
