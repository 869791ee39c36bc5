import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { type Verification, verifyExport } from "../../verifier/verify.ts";
import { storeStream } from "../core/log/removal.ts";
import { exportLog } from "./export-log.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";
import { memoryReader, openMemoryStore } from "./memory/memory-store.ts";
import { bodyRecords } from "./retention/removed-bodies.ts";
import {
  appendAll,
  openOwned,
  read,
  runOf,
  scratchFolder,
  startMs,
  valueOf,
  verifyFolder,
} from "./sqlite/store.fixture.ts";
import { storePaths } from "./sqlite/store-paths.ts";
import type { AppendBatch } from "./store.ts";
import { ensureStoreId } from "./store-id.ts";
import { verifyLog } from "./verify-log.ts";

const fresh = `st_${"0123456789abcdef".repeat(2)}`;
const other = `st_${"fedcba9876543210".repeat(2)}`;

function created(storeId: string): AppendBatch {
  const body = { kind: "store_created", runId: null, storeId };
  return {
    durability: "synced",
    documents: [],
    records: [{ stream: storeStream, atMs: startMs, kind: body.kind, body }],
  };
}

/** A store that has an id, closed. */
async function storeWithId(): Promise<string> {
  const folder = scratchFolder();
  const store = openOwned(folder);
  valueOf(await ensureStoreId(store, { atMs: startMs, fresh, place: null }));
  await appendAll(store, runOf("run_a", 2, "succeeded"));
  await store.close();
  return folder;
}

function exportOf(folder: string): readonly string[] {
  const lines = read(folder, (reader) => [...exportLog(reader)]);
  if ("code" in lines) throw new Error(lines.message);
  return lines;
}

describe("the id of a store", () => {
  it("is given once, in a record, and stays when the store is opened again", async () => {
    const folder = await storeWithId();

    const store = openOwned(folder);
    const again = valueOf(await ensureStoreId(store, { atMs: startMs, fresh: other, place: null }));

    const records = store.entries({ stream: storeStream, fromSeq: 0, limit: 10 });
    expect([again, store.storeId()]).toEqual([fresh, fresh]);
    expect(records.map(({ record }) => record.kind)).toEqual(["store_created"]);
    expect(verifyFolder(folder)).toBeNull();
  });

  it("is no removal of bodies, though its record stands among those", async () => {
    const records = read(await storeWithId(), (reader) => bodyRecords(reader));

    expect(records).toEqual([]);
  });

  it("that was changed beside its record is damage", async () => {
    const folder = await storeWithId();
    const db = new DatabaseSync(storePaths(folder).database);
    db.prepare("UPDATE meta SET store_id = ?").run(other);
    db.close();

    expect(verifyFolder(folder)).toMatchObject({ code: "E_STORE_CORRUPT", pointer: "/store" });
  });

  it("is one: a log that gives a second does not verify", async () => {
    const disk = new MemoryDisk();
    const { store } = valueOf(openMemoryStore(disk));

    await appendAll(store, [created(fresh), created(other)]);

    expect(verifyLog(memoryReader(disk))).toMatchObject({
      ok: false,
      error: { code: "E_LOG_CHAIN", message: "record 1 gives the store a second id" },
    });
    expect(verifyExport([...exportLog(memoryReader(disk))]).problem).toBe("record 1 gives the store a second id");
    await store.close();
  });
});

describe("an export", () => {
  function withHeader(lines: readonly string[], change: object): Verification {
    return verifyExport([JSON.stringify({ ...JSON.parse(lines[0] ?? ""), ...change }), ...lines.slice(1)]);
  }

  it("names the store it is of, and verifies alone", async () => {
    const lines = exportOf(await storeWithId());

    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ format: "interlock.log/1", storeId: fresh });
    expect(verifyExport(lines).ok).toBe(true);
  });

  it("that names another store than its records do does not verify", async () => {
    const lines = exportOf(await storeWithId());

    expect(withHeader(lines, { storeId: other }).problem).toBe("the header names another store than the log does");
    expect(withHeader(lines, { storeId: 7 }).ok).toBe(false);
  });

  it("that names none verifies, as those of 0.1.0 do", async () => {
    const lines = exportOf(await storeWithId());

    expect(withHeader(lines, { storeId: undefined }).ok).toBe(true);
  });

  it("of a store without an id names none", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    await appendAll(store, runOf("run_a", 2, "succeeded"));
    await store.close();

    const lines = exportOf(folder);

    expect(JSON.parse(lines[0] ?? "")).not.toHaveProperty("storeId");
    expect(verifyExport(lines).ok).toBe(true);
  });
});
