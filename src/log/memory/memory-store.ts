import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Log } from "../../ports.ts";
import type { CommitTimer } from "../commit-timer.ts";
import { LogStore } from "../log-store.ts";
import type { Mirror } from "../mirror.ts";
import { ReaderLog, type ReaderLogParts } from "../reader-log.ts";
import type { LogIndex, LogSource, StoreReader } from "../store.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import { MemoryJournal } from "./memory-journal.ts";
import { MemoryTables } from "./memory-tables.ts";

/** A store in memory, and the journal below it, which a test controls. */
export interface MemoryStore {
  readonly store: LogStore;
  readonly journal: MemoryJournal;
}

/** Becomes the owner of this disk. `E_STORE_LOCKED` if another owner lives. */
export function openMemoryStore(
  disk: MemoryDisk,
  options: { readonly timer?: CommitTimer } = {},
): Result<MemoryStore, Problem> {
  const journal = new MemoryJournal(disk);
  const lease = journal.openNow();
  if (!lease.ok) return lease;
  const store = new LogStore({ journal, index: sharedIndex(disk), lease: lease.value, ...options });
  return ok({ store, journal });
}

/** The index of an owner whose journal writes the same tables that it reads, so that there is nothing to take in. */
export function sharedIndex({ tables }: MemoryDisk): LogIndex {
  return indexOver(tables, () => undefined);
}

/** A mirror in memory of a journal that is elsewhere. */
export function memoryMirror(tables: MemoryTables = new MemoryTables()): Mirror {
  return {
    ...indexOver(tables, (batch) => tables.write(batch)),
    acknowledged: () => ({ kind: "absent" }),
    forgetAcknowledged: () => undefined,
    begin: () => ok(undefined),
    documentCount: () => tables.documentCount(),
    add(entries, documents) {
      tables.add(entries, documents);
      return ok(undefined);
    },
    clear() {
      tables.clear();
      return ok(undefined);
    },
  };
}

function indexOver(tables: MemoryTables, take: (batch: Parameters<LogIndex["take"]>[0]) => void): LogIndex {
  return {
    ...sourceOver(tables),
    hasRun: (runId) => tables.hasRun(runId),
    hasDocument: (digest) => tables.hasDocument(digest),
    take(batch) {
      take(batch);
      return ok(undefined);
    },
    writeSnapshot(end, text) {
      tables.writeSnapshot(end, text);
      return ok(undefined);
    },
    close: () => undefined,
  };
}

/** Reads this disk beside its owner. */
export function memoryReader(disk: MemoryDisk): StoreReader {
  const { tables } = disk;
  return {
    ...sourceOver(tables),
    acknowledged: () => disk.acknowledged(),
    epoch: () => disk.epoch,
    runCount: () => tables.runCount(),
    checkTables: () => null,
    checkStructure: () => null,
    atOneMoment: (work) => work(),
    close: () => undefined,
  };
}

function sourceOver(tables: MemoryTables): LogSource {
  return {
    end: () => tables.end(),
    storeId: () => tables.storeId(),
    entries: (range) => tables.entries(range),
    storedEntries: (range) => tables.storedEntries(range),
    document: (digest) => tables.document(digest),
    snapshot: () => tables.snapshot(),
    runs: (range) => tables.runs(range),
    runsByPrefix: (prefix) => tables.runsByPrefix(prefix),
    runsOfPlan: (range) => tables.runsOfPlan(range),
    runsWithPrefix: (range) => tables.runsWithPrefix(range),
    endOf: (runId) => tables.endOf(runId),
    invariantRecordsOf: (runId) => tables.invariantRecordsOf(runId),
    removableRuns: (range) => tables.removableRuns(range),
    countOf: (state) => tables.countOf(state),
    unfinishedCounts: () => tables.unfinishedCounts(),
  };
}

/** The log of what lies on this disk. See `ReaderLogParts`. */
export function memoryLog(disk: MemoryDisk, parts: Omit<ReaderLogParts, "open">): Log {
  const missing = problem("E_INPUT_MISSING", "", "there is no log yet");
  return new ReaderLog({ ...parts, open: () => (disk.epoch === 0 ? fail(missing) : ok(memoryReader(disk))) });
}
