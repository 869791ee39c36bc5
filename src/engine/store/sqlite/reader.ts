import type { LogEntry } from "../../../core/log/record.ts";
import type { Problem } from "../../../core/value/codes.ts";
import type { Digest } from "../../../core/value/digest.ts";
import type { JsonValue } from "../../../core/value/json.ts";
import { type Result, ok } from "../../../core/value/result.ts";
import { type LogHead, readHeadFile } from "../head-file.ts";
import type { RunListState, RunRow } from "../run-index.ts";
import { openDatabase, storePaths } from "./open.ts";
import { type EntryRange, readDocument, readEntries, readHead, readRuns, readRunsByPrefix } from "./read.ts";

/** A store seen from beside its owner: reads only, at any time, without a lock. */
export interface StoreReader {
  end(): { readonly length: number; readonly head: Digest };
  /** The head as last acknowledged, kept outside the database. */
  acknowledged(): LogHead | null;
  entries(range: EntryRange): readonly LogEntry[];
  document(digest: Digest): JsonValue | null;
  runs(options: { readonly state: RunListState | null; readonly beforeSeq: number; readonly limit: number }): readonly RunRow[];
  runsByPrefix(prefix: string): readonly RunRow[];
  close(): void;
}

/** Opens a store read-only, whoever owns it. */
export function openReader(folder: string): Result<StoreReader, Problem> {
  const paths = storePaths(folder);
  const opened = openDatabase(paths.database, { readOnly: true });
  if (!opened.ok) return opened;
  const { db, statements } = opened.value;
  return ok({
    end: () => readHead(statements),
    acknowledged: () => readHeadFile(paths.head),
    entries: (range) => readEntries(statements, range),
    document: (digest) => readDocument(statements, digest),
    runs: (options) => readRuns(statements, options),
    runsByPrefix: (prefix) => readRunsByPrefix(statements, prefix),
    close: () => db.close(),
  });
}
