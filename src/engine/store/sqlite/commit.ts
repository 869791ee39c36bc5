import type { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../../core/value/codes.ts";
import type { Digest } from "../../../core/value/digest.ts";
import { type Result, fail, ok } from "../../../core/value/result.ts";
import { canonicalText } from "../../../core/value/canonical.ts";
import { runIndexChange } from "../run-index.ts";
import { sealRecord } from "../seal.ts";
import type { AppendBatch } from "../store.ts";
import { toBlob } from "./read.ts";
import type { Statements } from "./statements.ts";

/** Where the log ends. */
export interface LogEnd {
  readonly length: number;
  readonly head: Digest;
}

/**
 * Writes batches in one transaction: all of them, or none (I18). Refused when the epoch is no longer ours (I19); the
 * length is guarded by the primary key, since nobody can insert the same number twice.
 */
export function commitBatches(db: DatabaseSync, statements: Statements, options: { readonly epoch: number; readonly end: LogEnd; readonly batches: readonly AppendBatch[] }): Result<LogEnd, Problem> {
  try {
    db.exec("BEGIN IMMEDIATE");
    if (Number(statements.epoch.get()?.["epoch"]) !== options.epoch) {
      db.exec("ROLLBACK");
      return fail(problem("E_STORE_FENCED", "", "another engine owns this store now"));
    }
    let end = options.end;
    for (const batch of options.batches) end = writeBatch(statements, batch, end);
    db.exec("COMMIT");
    return ok(end);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    return fail(storeProblem(error));
  }
}

function writeBatch(statements: Statements, batch: AppendBatch, end: LogEnd): LogEnd {
  let { length, head } = end;
  for (const document of batch.documents) statements.insertDocument.run(document.digest, canonicalText(document.value));
  for (const draft of batch.records) {
    const { record, digest, bodyText } = sealRecord(draft, length, head);
    statements.insertRecord.run(length, record.stream, record.atMs, record.kind, toBlob(record.body), toBlob(digest), bodyText);
    const change = runIndexChange(draft.kind, draft.body);
    if (change?.kind === "started") {
      statements.insertRun.run(length, change.runId, change.planHash, change.actor, draft.atMs, draft.atMs);
    } else if (change?.kind === "moved") {
      statements.moveRun.run(change.state, draft.atMs, change.runId);
    }
    length += 1;
    head = digest;
  }
  return { length, head };
}

/** What SQLite says, in our words. Primary result codes: https://sqlite.org/rescode.html */
export function storeProblem(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0;
  switch (code) {
    case 13: return problem("E_STORE_FULL", "", `the disk is full: ${message}`);
    case 11: case 26: return problem("E_STORE_CORRUPT", "", `the store's file is damaged: ${message}`);
    case 19: return problem("E_STORE_FENCED", "", `the log is longer than this engine knows: ${message}`);
    default: return problem("E_STORE_IO", "", `the store could not be written: ${message}`);
  }
}
