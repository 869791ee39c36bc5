import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { ok } from "../core/value/result.ts";
import type { Log } from "../ports.ts";
import { type LogPlace, logContract } from "./log-contract.ts";
import type { LogStore } from "./log-store.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";
import { memoryLog, openMemoryStore } from "./memory/memory-store.ts";
import { openStore } from "./sqlite/open.ts";
import { sqliteLog } from "./sqlite/sqlite-log.ts";
import { batchOf, openOwned, scratchFolder, startMs, valueOf } from "./sqlite/store.fixture.ts";
import { storePaths } from "./sqlite/store-paths.ts";
import type { AppendBatch } from "./store.ts";
import { followedEvents, loggedEvents } from "./stored-events.ts";

/** A place whose owner is opened when something is to be committed, and a log that appends through it. */
function placeOf(open: () => LogStore, logOf: (append: Log["append"]) => Log, tamper: LogPlace["tamper"]): LogPlace {
  let store: LogStore | null = null;
  const append: Log["append"] = async (records, documents) => {
    store ??= open();
    const receipt = await store.append({ durability: "synced", records, documents });
    return receipt.ok ? ok({ length: receipt.value.length, head: receipt.value.head }) : receipt;
  };
  const log = logOf(append);
  return {
    log,
    commit: async (records) => void valueOf(await append(records, [])),
    tamper,
    close: async () => {
      await log.close();
      await store?.close();
    },
  };
}

function sqlitePlace(): LogPlace {
  const folder = scratchFolder();
  const changeBody = async (seq: number): Promise<void> => {
    const db = new DatabaseSync(storePaths(folder).database);
    db.prepare("UPDATE records SET body = ? WHERE seq = ?").run('{"note":"another"}', seq);
    db.close();
  };
  return placeOf(
    () => valueOf(openStore(folder)),
    (append) => sqliteLog(folder, { append }),
    changeBody,
  );
}

function memoryPlace(): LogPlace {
  const disk = new MemoryDisk();
  return placeOf(
    () => valueOf(openMemoryStore(disk)).store,
    (append) => memoryLog(disk, { append }),
    null,
  );
}

describe("a log over a SQLite reader", () => {
  for (const { claim, check } of logContract({ create: async () => sqlitePlace() })) it(claim, check);
});

describe("a log in memory", () => {
  for (const { claim, check } of logContract({ create: async () => memoryPlace() })) it(claim, check);
});

describe("following beside an owner in the same process", () => {
  it("is told of each commit at once, without looking again and again", async () => {
    const disk = new MemoryDisk();
    const { store } = valueOf(openMemoryStore(disk));
    const log = memoryLog(disk, {
      append: () => Promise.reject(new Error("not asked")),
      wake: (told) => store.follow(told),
    });
    const stop = new AbortController();
    const startedMs = performance.now();
    let count = 0;
    await store.append(batchOf("ordered", "run_a", "0"));

    for await (const entry of log.follow({ stream: null, fromSeq: 0 }, stop.signal)) {
      valueOf(entry);
      count += 1;
      if (count === 50) stop.abort();
      else setImmediate(() => void store.append(batchOf("ordered", "run_a", `${count}`)));
    }

    // Looking every 150 ms would take more than seven seconds.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await store.close();
  });
});

describe("events", () => {
  it("are read through the port as they are from the store, and followed from there", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    for (const stepId of ["0", "1", "2"]) await store.append(skipped(stepId));
    const log = sqliteLog(folder, { append: () => Promise.reject(new Error("not asked")) });
    const stop = new AbortController();

    const read = [];
    for await (const event of loggedEvents(log, { stream: "run_a", fromSeq: 1 })) read.push(valueOf(event).seq);
    const followed = [];
    for await (const event of followedEvents(log, { stream: null, fromSeq: 0 }, stop.signal)) {
      followed.push(valueOf(event).event);
      if (followed.length === 3) stop.abort();
    }

    expect(read).toEqual([1, 2]);
    expect(followed).toMatchObject([{ stepId: "0" }, { stepId: "1" }, { stepId: "2" }]);
    await log.close();
  });

  it("end with a problem at one that this release does not know in every part", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    for (const stepId of ["0", "1"]) await store.append(skipped(stepId, stepId === "1" ? { because: "later" } : {}));
    const log = sqliteLog(folder, { append: () => Promise.reject(new Error("not asked")) });

    const read = [];
    for await (const event of loggedEvents(log, { stream: null, fromSeq: 0 }))
      read.push(event.ok ? event.value.seq : event.error);
    const followed = [];
    for await (const event of followedEvents(log, { stream: null, fromSeq: 0 }, new AbortController().signal))
      followed.push(event.ok ? event.value.seq : event.error);

    expect(read).toEqual([
      0,
      {
        code: "E_SCHEMA_UNKNOWN_FIELD",
        pointer: "/records/1/because",
        message: "this release cannot read record 1 (step_skipped): the field `because` is unknown",
        hint: "use the release that wrote it, or a later one",
      },
    ]);
    expect(followed).toEqual(read);
    await log.close();
  });
});

function skipped(stepId: string, more: { readonly because?: string } = {}): AppendBatch {
  const body = { kind: "step_skipped", runId: "run_a", stepId, ...more };
  return {
    durability: "ordered",
    documents: [],
    records: [{ stream: "run_a", atMs: startMs, kind: "step_skipped", body }],
  };
}
