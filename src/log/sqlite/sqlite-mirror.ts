import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { DocumentText, StoredEntry } from "../../ports.ts";
import type { Mirror } from "../mirror.ts";
import { runIndexChange } from "../run-index.ts";
import { type OpenDatabase, openDatabase } from "./database.ts";
import { takeOwnerLock } from "./owner-lock.ts";
import { documentCheck } from "./schema.ts";
import { indexOver } from "./sqlite-index.ts";
import { isStorageError, storeProblem } from "./store-problem.ts";
import {
  createWriter,
  inTransaction,
  listRun,
  nameStore,
  streamNumber,
  type Writer,
  writeBatch,
} from "./write-batch.ts";

/**
 * Opens a mirror of a journal that is elsewhere, in a file of the embedded store's tables. It waits for no disk: what
 * a power cut takes is caught up, and what it damages is made anew. `E_STORE_LOCKED` where another process has it.
 */
export function openSqliteMirror(folder: string): Result<Mirror, Problem> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (error) {
    return fail(storeProblem(error));
  }
  const lock = takeOwnerLock(join(folder, "mirror.lock"));
  if (!lock.ok) return lock;
  const opened = openDatabase(join(folder, "mirror.sqlite"), { readOnly: false });
  if (!opened.ok) {
    lock.value.release();
    return opened;
  }
  return ok(mirrorOver(opened.value, () => lock.value.release()));
}

function mirrorOver(open: OpenDatabase, release: () => void): Mirror {
  const { db, statements } = open;
  const writer = createWriter(open, Number(statements.epoch.get()?.["epoch"]));
  const index = indexOver(writer, (batch) => inMirror(writer, () => writeBatch(writer, batch)));
  return {
    ...index,
    documentCount: () => Number(statements.documentCount.get()?.["count"]),
    add: (entries, documents) => inMirror(writer, () => addRows(writer, entries, documents)),
    clear() {
      writer.streams.clear();
      return inMirror(writer, () => {
        for (const table of ["records", "streams", "runs", "documents", "site_snapshots"])
          db.exec(`DELETE FROM ${table}`);
        db.exec("UPDATE meta SET store_id = ''");
      });
    },
    close() {
      if (!db.isOpen) return;
      db.close();
      release();
    },
  };
}

function inMirror(writer: Writer, work: () => void): Result<undefined, Problem> {
  try {
    return inTransaction(writer, "NORMAL", () => {
      work();
      return undefined;
    });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  }
}

function addRows(writer: Writer, entries: readonly StoredEntry[], documents: readonly DocumentText[]): void {
  const { statements } = writer;
  for (const { digest, text } of documents) statements.insertDocument.run(digest, text, documentCheck(digest, text));
  for (const { record, digest, bodyText, removedBy } of entries) {
    const { seq, atMs, kind } = record;
    const stream = streamNumber(writer, record.stream, seq);
    if (bodyText === null) {
      statements.insertRemoved.run(seq, stream, atMs, kind, digest, record.body, removedBy);
      continue;
    }
    statements.insertRecord.run(seq, stream, atMs, kind, digest, bodyText);
    const change = runIndexChange(kind, record.stream, bodyText);
    if (change !== null) listRun(writer, change, { seq, stream, atMs });
    nameStore(writer, record, bodyText);
  }
}
