import { chmodSync, rmSync } from "node:fs";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { DocumentText, JournalBatch, StoredEntry } from "../../ports.ts";
import { HeadFileWriter, readHeadFile } from "../head-file.ts";
import { makeFolder } from "../make-folder.ts";
import type { Mirror } from "../mirror.ts";
import { runIndexChange } from "../run-index.ts";
import { StoreDamage } from "../store-damage.ts";
import { type OpenDatabase, openDatabase } from "./database.ts";
import { takeOwnerLock } from "./owner-lock.ts";
import { documentCheck, epochCheck } from "./schema.ts";
import { indexOver } from "./sqlite-index.ts";
import { mirrorPaths } from "./store-paths.ts";
import { folderProblem, isStorageError, storeProblem } from "./store-problem.ts";
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
 * Opens a mirror of a journal that is elsewhere, in a file with the tables of the embedded store. It waits for no disk,
 * because it can catch up on what a power cut takes. `E_STORE_LOCKED` if another process has it. Throws a storage error
 * if the file is damaged, and returns `E_STORE_CORRUPT` or `E_STORE_VERSION` if it cannot be opened: the caller then
 * asks for a fresh one.
 */
export function openSqliteMirror(
  folder: string,
  options: { readonly isFresh?: boolean } = {},
): Result<Mirror, Problem> {
  const { database, head, lock: lockPath } = mirrorPaths(folder);
  try {
    makeFolder(folder);
    chmodSync(folder, 0o700);
  } catch (error) {
    return fail(folderProblem(error, folder));
  }
  const lock = takeOwnerLock(lockPath);
  if (!lock.ok) return lock;
  if (options.isFresh === true) for (const end of ["", "-wal", "-shm"]) rmSync(`${database}${end}`, { force: true });
  const opened = openDatabase({ database, head: null }, { readOnly: false });
  if (!opened.ok) {
    lock.value.release();
    return opened;
  }
  return ok(mirrorOver(opened.value, head, () => lock.value.release()));
}

function mirrorOver(open: OpenDatabase, headPath: string, release: () => void): Mirror {
  const { db, statements } = open;
  const writer = createWriter(open, Number(statements.epoch.get()?.["epoch"]));
  let headFile: HeadFileWriter | null = null;
  const take = (batch: JournalBatch): Result<undefined, Problem> => {
    const taken = inMirror(writer, () => writeBatch(writer, batch));
    if (!taken.ok || batch.durability !== "synced") return taken;
    return noteAcknowledged(() => {
      headFile ??= new HeadFileWriter(headPath);
      headFile.write(batch.to);
    });
  };
  return {
    ...indexOver(writer, take),
    acknowledged: () => readHeadFile(headPath),
    forgetAcknowledged: () => rmSync(headPath, { force: true }),
    begin(epoch) {
      const begun = inMirror(writer, () => statements.beginEpoch.run(epoch, epochCheck(epoch)));
      writer.epoch = epoch;
      return unlessDamaged(begun);
    },
    documentCount: () => Number(statements.documentCount.get()?.["count"]),
    add: (entries, documents) => unlessDamaged(inMirror(writer, () => addRows(writer, entries, documents))),
    clear() {
      writer.streams.clear();
      const cleared = inMirror(writer, () => {
        for (const table of ["records", "streams", "runs", "documents", "site_snapshots"])
          db.exec(`DELETE FROM ${table}`);
        db.exec("UPDATE meta SET store_id = ''");
      });
      return unlessDamaged(cleared);
    },
    close() {
      if (!db.isOpen) return;
      headFile?.close();
      db.close();
      release();
    },
  };
}

/** Without this note nobody could tell that the journal has lost the batch, so the batch is not acknowledged. */
function noteAcknowledged(write: () => void): Result<undefined, Problem> {
  try {
    write();
    return ok(undefined);
  } catch (error) {
    return fail(storeProblem(error));
  }
}

/**
 * Separates damage of the mirror, which is thrown, from faults of the journal. Nobody else writes here, so a row that
 * is there already (`E_STORE_FENCED`) is damage too.
 */
function unlessDamaged(result: Result<undefined, Problem>): Result<undefined, Problem> {
  if (!result.ok && ["E_STORE_CORRUPT", "E_STORE_FENCED"].includes(result.error.code))
    throw new StoreDamage(result.error);
  return result;
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
