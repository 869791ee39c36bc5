// Power loss on the real store: of the write-ahead log the disk may hold anything from what was synced to all of it.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { Digest } from "../../core/value/digest.ts";
import { openStore } from "./open.ts";
import { batchOf, openOwned, scratchFolder, valueOf, verifyFolder } from "./store.fixture.ts";
import { storePaths } from "./store-paths.ts";

const walHeaderBytes = 32;
const frameBytes = 24 + 4_096;

interface Commit {
  readonly isSynced: boolean;
  readonly length: number;
  readonly walBytes: number;
  readonly headFile: Buffer;
}

/** A store at work: what its files held after each commit, and the digest of every record. */
async function recordWork(folder: string): Promise<{
  readonly database: Buffer;
  readonly wal: Buffer;
  readonly commits: readonly Commit[];
  readonly digests: readonly Digest[];
}> {
  const { database, head } = storePaths(folder);
  const store = openOwned(folder);
  const commits: Commit[] = [];
  // Every third commit is synced; one in seven is larger than a page.
  for (let index = 0; index < 24; index += 1) {
    const isSynced = index % 3 === 2;
    const { length } = valueOf(
      await store.append(
        batchOf(isSynced ? "synced" : "ordered", `run_${index % 4}`, "x".repeat(index % 7 === 0 ? 9_000 : 100 + index)),
      ),
    );
    commits.push({ isSynced, length, walBytes: readFileSync(`${database}-wal`).length, headFile: readFileSync(head) });
  }
  const digests = store.entries({ stream: null, fromSeq: 0, limit: 100 }).map(({ digest }) => digest);
  return { database: readFileSync(database), wal: readFileSync(`${database}-wal`), commits, digests };
}

function writeFiles(
  folder: string,
  files: { readonly database: Buffer; readonly wal: Buffer; readonly head: Buffer },
): void {
  mkdirSync(folder);
  const paths = storePaths(folder);
  writeFileSync(paths.database, files.database);
  writeFileSync(`${paths.database}-wal`, files.wal);
  writeFileSync(paths.head, files.head);
}

/**
 * Where the log can be cut: at every frame boundary, and somewhere inside each frame: in its header, its page, its
 * last byte.
 */
function cutsOf(wal: Buffer): readonly number[] {
  const frameCount = Math.floor((wal.length - walHeaderBytes) / frameBytes);
  return Array.from({ length: frameCount }, (_, frame) =>
    [0, [10, 24 + 1 + ((frame * 977) % 4_000), frameBytes - 1][frame % 3] ?? 0].map(
      (offset) => walHeaderBytes + frame * frameBytes + offset,
    ),
  )
    .flat()
    .concat(wal.length);
}

describe("power loss", () => {
  it("leaves a prefix with everything acknowledged as synced, wherever the write-ahead log is cut", async () => {
    const scratch = scratchFolder();
    const { database, wal, commits, digests } = await recordWork(join(scratch, "work"));
    const found: {
      readonly cut: number;
      readonly length: number;
      readonly synced: number;
      readonly isPrefix: boolean;
    }[] = [];

    for (const [index, cut] of cutsOf(wal).entries()) {
      // The latest moment at which the disk may have held just this much: nothing beyond the cut was synced by then.
      const synced = commits.findLast(({ isSynced, walBytes }) => isSynced && walBytes <= cut);
      const folder = join(scratch, `cut-${index}`);
      writeFiles(folder, { database, wal: wal.subarray(0, cut), head: synced?.headFile ?? Buffer.alloc(0) });
      const store = valueOf(openStore(folder));
      const survivors = store.entries({ stream: null, fromSeq: 0, limit: 100 }).map(({ digest }) => digest);
      found.push({
        cut,
        length: survivors.length,
        synced: synced?.length ?? 0,
        isPrefix: survivors.every((digest, seq) => digest === digests[seq]),
      });
      await store.close();
    }

    expect(found.length).toBeGreaterThan(100);
    expect(found.filter(({ isPrefix }) => !isPrefix)).toEqual([]);
    expect(found.filter(({ length, synced }) => length < synced)).toEqual([]);
    // The test would pass over a store that loses nothing at all, or everything: cuts do cost ordered records.
    expect(new Set(found.map(({ length }) => length)).size).toBe(25);
  });

  it("that takes back what the disk said it had is E_LOG_TRUNCATED", async () => {
    const scratch = scratchFolder();
    const { database, wal, commits } = await recordWork(join(scratch, "work"));
    const last = commits.findLast(({ isSynced }) => isSynced);
    const before = commits.findLast(({ walBytes }) => walBytes < (last?.walBytes ?? 0));
    const folder = join(scratch, "lying-disk");
    writeFiles(folder, { database, wal: wal.subarray(0, before?.walBytes), head: last?.headFile ?? Buffer.alloc(0) });

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_LOG_TRUNCATED" } });
  });

  it("a flipped bit in the write-ahead log never changes a record: what follows it is missed", async () => {
    const scratch = scratchFolder();
    const { database, wal, commits, digests } = await recordWork(join(scratch, "work"));
    const head = commits.at(-1)?.headFile ?? Buffer.alloc(0);
    const outcomes = new Map<string, number>();

    for (let index = 0; index < 60; index += 1) {
      const flipped = Buffer.from(wal);
      const at = (index * 79_193) % wal.length;
      flipped[at] = (wal[at] ?? 0) ^ (1 << (index % 8));
      const folder = join(scratch, `flip-${index}`);
      writeFiles(folder, { database, wal: flipped, head });
      const opened = openStore(folder);
      const survivors = opened.ok
        ? opened.value.entries({ stream: null, fromSeq: 0, limit: 100 }).map(({ digest }) => digest)
        : [];
      const isPrefix = survivors.every((digest, seq) => digest === digests[seq]);
      const outcome = opened.ok ? `${isPrefix ? "prefix" : "changed"} ${survivors.length}` : opened.error.code;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (opened.ok) await opened.value.close();
    }

    // All 24 records were synced: nothing but all of them, or the message that some are gone.
    expect([...outcomes.keys()].filter((outcome) => outcome !== "E_LOG_TRUNCATED" && outcome !== "prefix 24")).toEqual(
      [],
    );
    expect(outcomes.get("E_LOG_TRUNCATED")).toBeGreaterThan(50);
  });
});

const sectorBytes = 512;

describe("a torn write", () => {
  it("in a write-ahead log that is written over an older one leaves everything acknowledged as synced", async () => {
    const scratch = scratchFolder();
    const folder = join(scratch, "work");
    const paths = storePaths(folder);
    const store = openOwned(folder);
    for (let index = 0; index < 20; index += 1)
      valueOf(await store.append(batchOf("synced", `run_${index % 4}`, "o".repeat(3_000))));
    const beside = new DatabaseSync(paths.database);
    beside.exec("PRAGMA wal_checkpoint(RESTART)");
    beside.close();
    const older = readFileSync(`${paths.database}-wal`);
    const commits: Commit[] = [];
    for (let index = 0; index < 12; index += 1) {
      const isSynced = index % 3 === 2;
      const { length } = valueOf(
        await store.append(batchOf(isSynced ? "synced" : "ordered", `run_${index % 4}`, "n".repeat(200 + 700 * index))),
      );
      commits.push({
        isSynced,
        length,
        walBytes: endOfLog(readFileSync(`${paths.database}-wal`)),
        headFile: readFileSync(paths.head),
      });
    }
    const newer = readFileSync(`${paths.database}-wal`);
    const digests = store.entries({ stream: null, fromSeq: 0, limit: 100 }).map(({ digest }) => digest);
    const [database, end] = [readFileSync(paths.database), endOfLog(newer)];
    const found: {
      readonly cut: number;
      readonly length: number;
      readonly synced: number;
      readonly isPrefix: boolean;
    }[] = [];

    // The disk writes sector by sector: what lies behind the tear is what lay there before.
    for (let cut = 0; cut <= end; cut += sectorBytes * 7) {
      const synced = commits.findLast(({ isSynced, walBytes }) => isSynced && walBytes <= cut);
      const torn = join(scratch, `torn-${cut}`);
      writeFiles(torn, {
        database,
        wal: Buffer.concat([newer.subarray(0, cut), older.subarray(cut)]),
        head: synced?.headFile ?? Buffer.alloc(0),
      });
      const opened = valueOf(openStore(torn));
      const survivors = opened.entries({ stream: null, fromSeq: 0, limit: 100 }).map(({ digest }) => digest);
      found.push({
        cut,
        length: survivors.length,
        synced: synced?.length ?? 20,
        isPrefix: survivors.every((digest, seq) => digest === digests[seq]),
      });
      await opened.close();
    }

    expect(older.length).toBeGreaterThan(end);
    expect(found.length).toBeGreaterThan(40);
    expect(found.filter(({ isPrefix, length, synced }) => !isPrefix || length < synced)).toEqual([]);
    // Every commit of the new log was the last to survive some tear, but for the last, which none spares.
    expect(new Set(found.map(({ length }) => length)).size).toBeGreaterThanOrEqual(12);
  });

  it("in the database itself, while a checkpoint copies the log into it, loses nothing", async () => {
    const scratch = scratchFolder();
    const { database, wal, commits, digests } = await recordWork(join(scratch, "work"));
    const head = commits.at(-1)?.headFile ?? Buffer.alloc(0);
    writeFiles(join(scratch, "whole"), { database, wal, head });
    await valueOf(openStore(join(scratch, "whole"))).close();
    const checkpointed = readFileSync(storePaths(join(scratch, "whole")).database);
    const survivors: number[] = [];

    for (let round = 0; round < 24; round += 1) {
      // Pages go in any order, and one of them is torn: each sector of the file has been written, or has not.
      const torn = Buffer.concat([database, Buffer.alloc(Math.max(0, checkpointed.length - database.length))]);
      for (let at = 0, sector = 0; at < checkpointed.length; at += sectorBytes, sector += 1) {
        if ((sector * 2_654_435_761 + round * 40_503) % 97 < 4 * round)
          checkpointed.copy(torn, at, at, at + sectorBytes);
      }
      const folder = join(scratch, `checkpoint-${round}`);
      writeFiles(folder, { database: torn, wal, head });
      const opened = valueOf(openStore(folder));
      survivors.push(
        opened.entries({ stream: null, fromSeq: 0, limit: 100 }).filter(({ digest }, seq) => digest === digests[seq])
          .length,
      );
      await opened.close();
      expect(verifyFolder(folder)).toBeNull();
    }

    expect(new Set(survivors)).toEqual(new Set([24]));
  });
});

/**
 * Where the newest generation of a write-ahead log ends: frames behind it have another salt
 * (https://sqlite.org/fileformat2.html#walformat).
 */
function endOfLog(wal: Buffer): number {
  const salt = wal.subarray(16, 24);
  let end = walHeaderBytes;
  while (end + frameBytes <= wal.length && wal.subarray(end + 8, end + 16).equals(salt)) end += frameBytes;
  return end;
}

it("a copy of a store's files between two commits opens as it was then", async () => {
  const scratch = scratchFolder();
  const store = openOwned(join(scratch, "work"));
  valueOf(await store.append(batchOf("synced", "run_a", "1")));
  const [from, to] = [storePaths(join(scratch, "work")), storePaths(join(scratch, "copy"))];
  mkdirSync(join(scratch, "copy"));
  for (const suffix of ["", "-wal"]) copyFileSync(from.database + suffix, to.database + suffix);
  copyFileSync(from.head, to.head);
  valueOf(await store.append(batchOf("synced", "run_a", "2")));

  expect(openOwned(join(scratch, "copy")).end().length).toBe(1);
});
