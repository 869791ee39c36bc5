import { rmSync } from "node:fs";
import { describe, it } from "vitest";
import type { Journal } from "../ports.ts";
import { guardJournal } from "./guard-journal.ts";
import { type JournalPlace, journalContract } from "./journal-contract.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";
import { MemoryJournal } from "./memory/memory-journal.ts";
import { SqliteJournal } from "./sqlite/sqlite-journal.ts";
import { scratchFolder } from "./sqlite/store.fixture.ts";
import { storePaths } from "./sqlite/store-paths.ts";

/** Handles that are closed at the end, whatever the claim left open. */
function handlesOf<T extends { close(): Promise<void> }>(create: () => T) {
  const handles: T[] = [];
  const handle = (): T => {
    const created = create();
    handles.push(created);
    return created;
  };
  return { handle, close: async () => void (await Promise.all(handles.map((one) => one.close()))) };
}

function sqlitePlace(): JournalPlace {
  const folder = scratchFolder();
  return {
    ...handlesOf(() => new SqliteJournal(folder)),
    // Without the lock's file, another owner can open the journal.
    loseHold: async () => rmSync(storePaths(folder).lock),
    // A full disk is made for a process of its own (open.test.ts), and power is cut in power-loss.test.ts.
    failNext: null,
    losePower: null,
  };
}

function memoryPlace(wrap: (journal: Journal) => Journal = (journal) => journal): JournalPlace {
  const disk = new MemoryDisk();
  const ours = new Map<Journal, MemoryJournal>();
  const handles = handlesOf(() => {
    const journal = new MemoryJournal(disk);
    const wrapped = wrap(journal);
    ours.set(wrapped, journal);
    return wrapped;
  });
  return {
    ...handles,
    loseHold: async () => disk.abandon(),
    failNext: (journal, code, whole) => {
      ours.get(journal)?.failNext({ kind: "problem", code, isWritten: whole === "all" });
    },
    losePower: async () => disk.losePower(),
  };
}

describe.each([
  ["SQLite", sqlitePlace],
  ["memory", () => memoryPlace()],
  ["memory behind a guard", () => memoryPlace((journal) => guardJournal(journal, { onDefect: () => undefined }))],
])("a journal in %s", (_, create) => {
  for (const { claim, check } of journalContract({ create: async () => create() })) it(claim, check);
});
