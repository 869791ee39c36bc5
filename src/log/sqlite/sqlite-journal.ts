/**
 * The embedded journal: one SQLite file in WAL mode, and beside it a file with the acknowledged head. It writes the
 * owner's index in the same transaction as the records, so that one commit does both. Keeps I6, I18 and I19.
 */
import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { DocumentText, Journal, JournalBatch, JournalLease, LogEnd, StoredEntry } from "../../ports.ts";
import { HeadFileWriter, readHeadFile } from "../head-file.ts";
import { makeFolder } from "../make-folder.ts";
import type { LogIndex } from "../store.ts";
import { checkEnd } from "./check-end.ts";
import { type OpenDatabase, openDatabase } from "./database.ts";
import { type OwnerLock, takeOwnerLock } from "./owner-lock.ts";
import { readDocumentText, readHead, readStoredEntries } from "./read.ts";
import { epochCheck } from "./schema.ts";
import { indexOver } from "./sqlite-index.ts";
import { storePaths } from "./store-paths.ts";
import { folderProblem, isStorageError, readProblem, storeProblem } from "./store-problem.ts";
import { createWriter, inTransaction, synchronousFor, type Writer, writeBatch } from "./write-batch.ts";

/** A journal that somebody owns. */
interface Owned {
  readonly writer: Writer;
  readonly lock: OwnerLock;
  readonly headFile: HeadFileWriter;
  end: LogEnd;
  /** Whether something was committed that a power cut may still take. */
  isUnsynced: boolean;
  hasFailed: boolean;
}

/** How a store is opened. */
export interface OpenOptions {
  /**
   * Keeps the database from growing beyond this many pages of 4096 bytes, so that tests can fill it before the disk is
   * full.
   */
  readonly pagesMax?: number;
}

export class SqliteJournal implements Journal {
  readonly #folder: string;
  readonly #options: OpenOptions;
  readonly #lost = new AbortController();
  readonly #listeners = new Set<(length: number) => void>();
  #owned: Owned | null = null;

  constructor(folder: string, options: OpenOptions = {}) {
    this.#folder = folder;
    this.#options = options;
  }

  open(_owner: string): Promise<Result<JournalLease, Problem>> {
    return Promise.resolve(this.openNow());
  }

  /** Like `open`, for a caller that cannot wait. */
  openNow(): Result<JournalLease, Problem> {
    const paths = storePaths(this.#folder);
    const created = createFolder(this.#folder);
    if (!created.ok) return created;
    const lock = takeOwnerLock(paths.lock);
    if (!lock.ok) return lock;
    const opened = openDatabase(paths, { readOnly: false });
    const owned = opened.ok ? becomeOwner(opened.value, lock.value, paths.head) : opened;
    if (!owned.ok) {
      if (opened.ok) opened.value.db.close();
      lock.value.release();
      return owned;
    }
    const { writer, end } = owned.value;
    const { pagesMax } = this.#options;
    if (pagesMax !== undefined) writer.db.exec(`PRAGMA max_page_count = ${Math.trunc(pagesMax)}`);
    this.#owned = owned.value;
    return ok({ epoch: writer.epoch, end, lost: this.#lost.signal });
  }

  /** What the owner reads: the tables that `append` writes. `null` while the journal is not open. */
  index(): LogIndex | null {
    return this.#owned === null ? null : indexOver(this.#owned.writer, () => undefined);
  }

  async append(batch: JournalBatch): Promise<Result<undefined, Problem>> {
    const owned = this.#owned;
    if (owned === null) return fail(closedProblem());
    const { from, to } = batch;
    if (batch.epoch !== owned.writer.epoch || from.length !== owned.end.length || from.head !== owned.end.head)
      return this.#fence(problem("E_STORE_FENCED", "", "the log does not end where this engine knows it to end"));
    const synchronous = synchronousFor(batch.durability);
    const written = inTransaction(owned.writer, synchronous, () => writeBatch(owned.writer, batch));
    if (!written.ok) {
      owned.hasFailed = true;
      return written.error.code === "E_STORE_FENCED" ? this.#fence(written.error) : written;
    }
    owned.end = to;
    owned.isUnsynced = synchronous === "NORMAL";
    const recorded = owned.isUnsynced ? ok(undefined) : recordHead(owned);
    if (recorded.ok) this.#announce(to.length);
    return recorded;
  }

  async tail(fromSeq: number, limit: number): Promise<Result<readonly StoredEntry[], Problem>> {
    return this.#read(({ statements }) => readStoredEntries(statements, { stream: null, fromSeq, limit }));
  }

  async documents(skipCount: number, limit: number): Promise<Result<readonly DocumentText[], Problem>> {
    return this.#read(({ statements }) =>
      // Documents are never deleted, so their row ids count them.
      statements.documents.all(skipCount, limit).map((row) => ({
        // Only `writeBatch` writes this column, with a digest.
        digest: String(row["digest"]) as Digest,
        text: String(row["text"]),
      })),
    );
  }

  async document(digest: Digest): Promise<Result<string | null, Problem>> {
    return this.#read(({ statements }) => readDocumentText(statements, digest));
  }

  follow(onLength: (length: number) => void): () => void {
    // A function of its own, so that the same function can listen twice.
    const listener = (length: number): void => onLength(length);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    const owned = this.#owned;
    if (owned === null) return;
    this.#owned = null;
    this.#listeners.clear();
    // After a failed write no later sync can be trusted. The next owner reads what is there.
    if (owned.isUnsynced && !owned.hasFailed) sync(owned);
    owned.headFile.close();
    owned.writer.db.close();
    owned.lock.release();
  }

  #fence(error: Problem): Result<never, Problem> {
    this.#lost.abort();
    return fail(error);
  }

  #announce(length: number): void {
    for (const listener of this.#listeners)
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(length);
      });
  }

  #read<T>(work: (writer: Writer) => T): Result<T, Problem> {
    if (this.#owned === null) return fail(closedProblem());
    try {
      return ok(work(this.#owned.writer));
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return fail(readProblem(error));
    }
  }
}

function closedProblem(): Problem {
  return problem("E_STORE_IO", "", "the journal is not open");
}

function createFolder(folder: string): Result<void, Problem> {
  try {
    if (existsSync(folder)) return ok(undefined);
    makeFolder(folder);
    // If a power cut took the folder back, the log would go with it.
    const parent = openSync(dirname(folder), "r");
    fsyncSync(parent);
    closeSync(parent);
    return ok(undefined);
  } catch (error) {
    return fail(folderProblem(error, folder));
  }
}

/** Checks what is there and begins a new epoch, synced. */
function becomeOwner(open: OpenDatabase, lock: OwnerLock, headPath: string): Result<Owned, Problem> {
  const { db, statements } = open;
  try {
    const end = readHead(statements);
    const damage = checkEnd(statements, end, readHeadFile(headPath));
    if (damage !== null) return fail(damage);
    const epoch = Number(statements.epoch.get()?.["epoch"]) + 1;
    db.exec("PRAGMA synchronous = FULL");
    statements.beginEpoch.run(epoch, epochCheck(epoch));
    db.exec("PRAGMA synchronous = NORMAL");
    const headFile = new HeadFileWriter(headPath);
    headFile.write(end);
    // The commit of the epoch also made durable what an earlier owner left in the log.
    return ok({ writer: createWriter(open, epoch), lock, headFile, end, isUnsynced: false, hasFailed: false });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(readProblem(error));
  }
}

/** Called only with what the disk has, because the head file is never ahead of the log. */
function recordHead({ headFile, end }: Owned): Result<undefined, Problem> {
  try {
    headFile.write(end);
    return ok(undefined);
  } catch (error) {
    // The records are durable, but nobody could tell if they went missing, so they are not acknowledged.
    return fail(storeProblem(error));
  }
}

/** A synced commit that changes nothing makes every ordered commit before it durable. */
function sync(owned: Owned): void {
  const { writer } = owned;
  const synced = inTransaction(writer, "FULL", () => writer.db.exec("UPDATE meta SET epoch = epoch"));
  if (synced.ok) recordHead(owned);
}
