import type { LogEntry } from "../../core/log/record.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { type HeadFile, readHeadFile } from "../head-file.ts";
import type { RunRow } from "../run-index.ts";
import { checkStructure, checkTables } from "./check-tables.ts";
import { type OpenDatabase, openDatabase, storePaths } from "./open.ts";
import {
  type EntryRange,
  type RunRange,
  readDocument,
  readEntries,
  readHead,
  readRemovableRuns,
  readRuns,
  readRunsByPrefix,
  readRunsOfPlan,
  readRunsWithPrefix,
  readSnapshot,
  readStoredEntries,
  type StoredEntry,
} from "./read.ts";

/** A store seen from beside its owner: reads only, at any time, without a lock. */
export interface StoreReader {
  end(): { readonly length: number; readonly head: Digest };
  /** The head as last acknowledged, kept outside the database. */
  acknowledged(): HeadFile;
  /** Each held against its digest; throws `StoreDamage` at one that was changed. */
  entries(range: EntryRange): readonly LogEntry[];
  /** As they stand, for whoever verifies them. */
  storedEntries(range: EntryRange): readonly StoredEntry[];
  document(digest: Digest): JsonValue | null;
  /** The last snapshot of the site that is intact and stands for this log, or `null`. */
  snapshot(): { readonly length: number; readonly text: string } | null;
  runs(range: RunRange): readonly RunRow[];
  runsByPrefix(prefix: string): readonly RunRow[];
  /** Cost: O(the runs since the plan, as far as the page goes). */
  runsOfPlan(range: RunRange & { readonly planHash: Digest; readonly sinceSeq: number }): readonly RunRow[];
  runsWithPrefix(range: RunRange & { readonly prefix: string }): readonly RunRow[];
  /** Runs that ended before a time and have bodies that may go, oldest first. Cost: O(the runs passed over). */
  removableRuns(range: {
    readonly endedBeforeMs: number;
    readonly afterSeq: number;
    readonly limit: number;
  }): readonly RunRow[];
  /** How many runs there are in each state that is no end. Cost: O(those runs). */
  unfinishedCounts(): ReadonlyMap<string, number>;
  /** How often an owner has opened the store. */
  epoch(): number;
  /** Cost: O(n). */
  runCount(): number;
  /** Whether everything beside the chain is as it was written. Cost: reads the whole file. */
  checkTables(): Problem | null;
  /** Whether the file's pages hold together, as `doctor` asks. Cost: reads the whole file once. */
  checkStructure(): Problem | null;
  /** Whatever the work reads, it reads of one moment, however much the owner writes meanwhile. */
  atOneMoment<T>(work: () => T): T;
  close(): void;
}

/** Opens a store read-only, whoever owns it. */
export function openReader(folder: string): Result<StoreReader, Problem> {
  const paths = storePaths(folder);
  const opened = openDatabase(paths.database, { readOnly: true });
  return opened.ok ? ok(createReader(opened.value, paths.head)) : opened;
}

function createReader(open: OpenDatabase, headPath: string): StoreReader {
  const { db, statements } = open;
  return {
    end: () => readHead(statements),
    acknowledged: () => readHeadFile(headPath),
    entries: (range) => readEntries(statements, range),
    storedEntries: (range) => readStoredEntries(statements, range),
    document: (digest) => readDocument(statements, digest),
    snapshot: () => readSnapshot(statements),
    runs: (range) => readRuns(statements, range),
    runsByPrefix: (prefix) => readRunsByPrefix(statements, prefix),
    runsOfPlan: (range) => readRunsOfPlan(statements, range),
    runsWithPrefix: (range) => readRunsWithPrefix(statements, range),
    removableRuns: (range) => readRemovableRuns(statements, range),
    unfinishedCounts: () =>
      new Map(statements.unfinishedCounts.all().map((row) => [String(row["state"]), Number(row["count"])])),
    epoch: () => Number(statements.epoch.get()?.["epoch"]),
    runCount: () => Number(statements.runCount.get()?.["count"]),
    checkTables: () => checkTables(open),
    checkStructure: () => checkStructure(db, "quick_check"),
    atOneMoment: (work) => readAtOnce(open, work),
    close: () => db.close(),
  };
}

function readAtOnce<T>({ db }: OpenDatabase, work: () => T): T {
  db.exec("BEGIN");
  try {
    return work();
  } finally {
    if (db.isTransaction) db.exec("ROLLBACK");
  }
}
