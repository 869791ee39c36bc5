import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { JournalBatch } from "../../ports.ts";
import type { LogIndex, LogSource } from "../store.ts";
import {
  readDocument,
  readEntries,
  readHead,
  readRemovableRuns,
  readRunEnd,
  readRunInvariants,
  readRuns,
  readRunsByPrefix,
  readRunsOfPlan,
  readRunsWithPrefix,
  readSnapshot,
  readStoredEntries,
  readStoreId,
} from "./read.ts";
import { snapshotCheck } from "./schema.ts";
import type { Statements } from "./statements.ts";
import { inTransaction, type Writer } from "./write-batch.ts";

/** Reads of a log in SQLite, for its owner and for a reader beside it. */
export function sourceOver(statements: Statements): LogSource {
  return {
    end: () => readHead(statements),
    storeId: () => readStoreId(statements),
    entries: (range) => readEntries(statements, range),
    storedEntries: (range) => readStoredEntries(statements, range),
    document: (digest) => readDocument(statements, digest),
    snapshot: () => readSnapshot(statements),
    runs: (range) => readRuns(statements, range),
    runsByPrefix: (prefix) => readRunsByPrefix(statements, prefix),
    runsOfPlan: (range) => readRunsOfPlan(statements, range),
    runsWithPrefix: (range) => readRunsWithPrefix(statements, range),
    endOf: (runId) => readRunEnd(statements, runId),
    invariantRecordsOf: (runId) => readRunInvariants(statements, runId),
    removableRuns: (range) => readRemovableRuns(statements, range),
    countOf: (state) => Number(statements.countInState.get(state)?.["count"]),
    unfinishedCounts: () =>
      new Map(statements.unfinishedCounts.all().map((row) => [String(row["state"]), Number(row["count"])])),
  };
}

/** An owner's index in SQLite. `take` adds a batch to it; it does nothing if the journal writes the same tables. */
export function indexOver(
  writer: Writer,
  take: (batch: JournalBatch) => Result<undefined, Problem> | undefined,
): LogIndex {
  const { statements } = writer;
  return {
    ...sourceOver(statements),
    hasRun: (runId) => statements.runOfName.get(runId) !== undefined,
    hasDocument: (digest) => statements.hasDocument.get(digest) !== undefined,
    take: (batch) => take(batch) ?? ok(undefined),
    writeSnapshot({ length, head }, text) {
      return inTransaction(writer, "NORMAL", () => {
        statements.insertSnapshot.run(length, head, text, snapshotCheck({ length, head, text }));
        statements.dropSnapshots.run(length);
        return undefined;
      });
    },
    close: () => undefined,
  };
}
