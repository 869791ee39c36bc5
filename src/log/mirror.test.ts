import { describe, expect, it } from "vitest";
import { storedDocument } from "../core/value/stored-document.ts";
import type { LogStore } from "./log-store.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";
import { MemoryJournal } from "./memory/memory-journal.ts";
import { memoryMirror, memoryReader } from "./memory/memory-store.ts";
import { MemoryTables } from "./memory/memory-tables.ts";
import { type Mirror, openMirroredStore } from "./mirror.ts";
import { removeBodies, restoreBodies } from "./retention/remove-bodies.ts";
import { openSqliteMirror } from "./sqlite/sqlite-mirror.ts";
import { appendAll, batchOf, runOf, scratchFolder, startMs, valueOf } from "./sqlite/store.fixture.ts";
import type { LogSource } from "./store.ts";
import { ensureStoreId } from "./store-id.ts";

interface Place {
  readonly disk: MemoryDisk;
  readonly journal: () => MemoryJournal;
  mirror(): Mirror;
}

function placeOf(mirrorOf: () => Mirror): Place {
  const disk = new MemoryDisk();
  return { disk, journal: () => new MemoryJournal(disk), mirror: mirrorOf };
}

const kinds: readonly (readonly [string, () => Place])[] = [
  [
    "in memory",
    () => {
      const tables = new MemoryTables();
      return placeOf(() => memoryMirror(tables));
    },
  ],
  [
    "in SQLite",
    () => {
      const folder = scratchFolder();
      return placeOf(() => valueOf(openSqliteMirror(folder)));
    },
  ],
];

async function open(place: Place, journal = place.journal()): Promise<LogStore> {
  return valueOf(await openMirroredStore({ journal, mirror: place.mirror(), owner: "ada" }));
}

/** Everything that a source says of a log. */
function everythingOf(source: LogSource): unknown {
  const all = { state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1_000 };
  return {
    end: source.end(),
    storeId: source.storeId(),
    entries: source.storedEntries({ stream: null, fromSeq: 0, limit: 10_000 }),
    runs: source.runs(all),
    unfinished: [...source.unfinishedCounts()].sort(),
    removable: source.removableRuns({ endedBeforeMs: Number.MAX_SAFE_INTEGER, afterSeq: -1, limit: 100 }),
    prefixed: source.runsWithPrefix({ ...all, prefix: "run_" }),
  };
}

async function fill(store: LogStore, from: number): Promise<void> {
  valueOf(await ensureStoreId(store, { atMs: startMs, fresh: `st_${"0123456789abcdef".repeat(2)}`, place: null }));
  const document = storedDocument("interlock.test/1", { from });
  await appendAll(store, [{ durability: "ordered", records: [], documents: [document] }]);
  for (let index = from; index < from + 3; index += 1)
    await appendAll(store, runOf(`run_${index}`, 2, index % 3 === 0 ? null : "succeeded"));
}

describe.each(kinds)("a mirror %s", (_, create) => {
  it("shows what its journal has, while it is written and to the next owner", async () => {
    const place = create();
    const store = await open(place);
    await fill(store, 0);
    expect(everythingOf(store)).toEqual(everythingOf(memoryReader(place.disk)));
    await store.close();

    const again = await open(place);

    expect(everythingOf(again)).toEqual(everythingOf(memoryReader(place.disk)));
    expect(again.document(storedDocument("interlock.test/1", { from: 0 }).digest)).toEqual({ from: 0 });
    expect(again.hasRun("run_1") && !again.hasRun("run_9")).toBe(true);
    await again.close();
  });

  it("is brought up to what another owner has appended meanwhile", async () => {
    const place = create();
    const store = await open(place);
    await fill(store, 0);
    await store.close();
    const elsewhere = await open({ ...place, mirror: () => memoryMirror() });
    await fill(elsewhere, 3);
    await elsewhere.close();

    const again = await open(place);

    expect(again.end().length).toBeGreaterThan(store.end().length);
    expect(everythingOf(again)).toEqual(everythingOf(memoryReader(place.disk)));
    expect(again.document(storedDocument("interlock.test/1", { from: 3 }).digest)).toEqual({ from: 3 });
    await again.close();
  });

  it("is made anew where another owner has taken bodies out or put them back", async () => {
    const place = create();
    const store = await open(place);
    await fill(store, 0);
    await store.close();
    const archiveFolder = scratchFolder();
    const by = { by: "ada", reason: "old", atMs: 1_700_000_000_000 };
    const elsewhere = await open({ ...place, mirror: () => memoryMirror() });
    const removed = valueOf(await removeBodies(elsewhere, { runIds: ["run_1", "run_2"], ...by, archiveFolder }));
    await elsewhere.close();

    const without = await open(place);
    const seen = everythingOf(without);
    const expected = everythingOf(memoryReader(place.disk));
    const archivePath = removed.archive?.path ?? "";
    valueOf(await restoreBodies(without, { archivePath, ...by }));
    await without.close();

    expect(removed.removedCount).toBeGreaterThan(0);
    expect(seen).toEqual(expected);
    const back = await open(place);
    expect(everythingOf(back)).toEqual(everythingOf(memoryReader(place.disk)));
    await back.close();
  });

  it("is made anew where it is of another journal, or ahead of its own", async () => {
    const place = create();
    const store = await open(place);
    await fill(store, 0);
    await store.close();
    const [otherDisk, shorterDisk] = [new MemoryDisk(), new MemoryDisk()];
    for (const [disk, count] of [
      [otherDisk, 9],
      [shorterDisk, 1],
    ] as const) {
      const elsewhere = await open({ ...place, mirror: () => memoryMirror() }, new MemoryJournal(disk));
      for (let index = 0; index < count; index += 1) await appendAll(elsewhere, runOf(`run_x${index}`, 2, null));
      await elsewhere.close();
    }

    for (const disk of [otherDisk, shorterDisk]) {
      const again = await open(place, new MemoryJournal(disk));
      expect(everythingOf(again)).toEqual(everythingOf(memoryReader(disk)));
      await again.close();
    }
  });

  it("acknowledges nothing that its journal refused, and shows nothing of it", async () => {
    const place = create();
    const journal = place.journal();
    const store = await open(place, journal);
    await fill(store, 0);
    const before = everythingOf(store);

    journal.failNext({ kind: "problem", code: "E_STORE_IO", isWritten: false });
    const refused = await store.append(batchOf("synced", "run_a", "lost"));

    expect(refused).toMatchObject({ ok: false, error: { code: "E_STORE_IO" } });
    expect(everythingOf(store)).toEqual(before);
    await store.close();
  });

  it("gives the journal back where it cannot be opened", async () => {
    const place = create();
    const store = await open(place);

    const second = await openMirroredStore({ journal: place.journal(), mirror: memoryMirror(), owner: "bob" });

    expect(second).toMatchObject({ ok: false, error: { code: "E_STORE_LOCKED" } });
    await store.close();
    await (await open(place)).close();
  });
});
