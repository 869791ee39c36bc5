import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type ChainState, verifyEntry } from "../../core/log/chain.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type HeadFile, HeadFileWriter, readHeadFile } from "../head-file.ts";
import { textDigest } from "../seal.ts";
import type { LogEnd } from "./commit.ts";
import { type OwnerLock, takeOwnerLock } from "./owner-lock.ts";
import { digestAt, readHead, readStoredEntries } from "./read.ts";
import { epochCheck, migrate, otherVersion } from "./schema.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { isStorageError, readProblem, storeProblem } from "./store-problem.ts";

/** A database with its statements. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  readonly statements: Statements;
}

/** How many of the last records are verified whenever a store is opened; the whole log is `interlock log verify`'s to check. */
const tailLength = 64;

/**
 * How many of the last records are held against the indexes that find a run and its journal: an entry lost there would let a
 * run forget what it did, or be forgotten. Covers what ran lately at a cost of milliseconds; `interlock log verify` covers all of it.
 */
const indexedTailLength = 4_096;

/** Where a store's files lie below its folder. */
export function storePaths(folder: string): {
  readonly database: string;
  readonly lock: string;
  readonly head: string;
  readonly socket: string;
} {
  return {
    database: join(folder, "log.sqlite"),
    lock: join(folder, "owner.lock"),
    head: join(folder, "log.head"),
    socket: join(folder, "engine.sock"),
  };
}

/**
 * Becomes the owner of the store in this folder, creating it at need: takes the lock, brings the schema up to date, checks
 * that nothing acknowledged is missing and that the end of the log holds, and begins a new epoch. `E_STORE_LOCKED` where
 * another process owns it. Cost: does not grow with the log.
 */
export function openStore(folder: string): Result<SqliteStore, Problem> {
  const paths = storePaths(folder);
  const created = createFolder(folder);
  if (!created.ok) return created;
  const lock = takeOwnerLock(paths.lock);
  if (!lock.ok) return lock;
  const opened = openDatabase(paths.database, { readOnly: false });
  const store = opened.ok ? becomeOwner(opened.value, lock.value, paths.head) : opened;
  if (store.ok) return store;
  if (opened.ok) opened.value.db.close();
  lock.value.release();
  return store;
}

/** Opens the database itself, for its owner or for a reader beside it. */
export function openDatabase(path: string, options: { readonly readOnly: boolean }): Result<OpenDatabase, Problem> {
  if (options.readOnly && !existsSync(path))
    return fail(
      problem(
        "E_INPUT_MISSING",
        "",
        `there is no store at \`${path}\``,
        "name the store's folder, or trust a pack: that begins a store",
        { do: "trust" },
      ),
    );
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 5_000 });
    if (!options.readOnly) {
      chmodSync(path, 0o600);
      // An extra sync on a directory matters to a rollback journal, not to a log that is kept: FULL is enough for WAL.
      db.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cell_size_check = ON",
      );
      const migrated = migrate(db);
      if (!migrated.ok) return closing(db, migrated.error);
    } else {
      const other = otherVersion(db);
      if (other !== null) return closing(db, other);
    }
    return ok({ db, statements: prepareStatements(db) });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    // Statements that worked when they were written fail only over tables that are not as the schema made them.
    return closing(db, readProblem(error));
  }
}

function closing(db: DatabaseSync | null, error: Problem): Result<never, Problem> {
  db?.close();
  return fail(error);
}

function createFolder(folder: string): Result<void, Problem> {
  try {
    if (existsSync(folder)) return ok(undefined);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // A folder that a power loss takes back would take the log along.
    const parent = openSync(dirname(folder), "r");
    fsyncSync(parent);
    closeSync(parent);
    return ok(undefined);
  } catch (error) {
    return fail(storeProblem(error));
  }
}

function becomeOwner(
  { db, statements }: OpenDatabase,
  lock: OwnerLock,
  headPath: string,
): Result<SqliteStore, Problem> {
  try {
    const end = readHead(statements);
    const damage =
      checkEpoch(statements) ??
      checkHead(readHeadFile(headPath), statements, end.length) ??
      checkTail(statements, end) ??
      checkIndex(statements, end);
    if (damage !== null) return fail(damage);
    const epoch = Number(statements.epoch.get()?.["epoch"]) + 1;
    db.exec("PRAGMA synchronous = FULL");
    statements.beginEpoch.run(epoch, epochCheck(epoch));
    db.exec("PRAGMA synchronous = NORMAL");
    const headFile = new HeadFileWriter(headPath);
    headFile.write(end);
    return ok(new SqliteStore({ db, statements, lock, epoch, end, headFile }));
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(readProblem(error));
  }
}

/** The epoch stands in no record while it is being begun, so it carries a digest of its own. */
export function checkEpoch(statements: Statements): Problem | null {
  const row = statements.epoch.get();
  const isIntact = row !== undefined && epochCheck(Number(row["epoch"])) === row["check_digest"];
  return isIntact ? null : problem("E_STORE_CORRUPT", "/epoch", "the store's epoch was changed");
}

/** The head file is never ahead of the log: where it is, acknowledged records are gone or another file was put in place. */
function checkHead(file: HeadFile, statements: Statements, length: number): Problem | null {
  if (file.kind === "damaged") return damagedHead();
  if (file.kind === "absent" || file.head.length === 0) return null;
  const { head } = file;
  if (head.length > length)
    return problem(
      "E_LOG_TRUNCATED",
      `/records/${length}`,
      `the log holds ${length} records, ${head.length} were acknowledged`,
    );
  if (digestAt(statements, head.length - 1) !== head.head)
    return problem(
      "E_LOG_CHAIN",
      `/records/${head.length - 1}`,
      `record ${head.length - 1} is not the one that was acknowledged`,
    );
  return null;
}

/** What is said of a head file that no commit of ours can have left behind. */
export function damagedHead(): Problem {
  return problem(
    "E_STORE_CORRUPT",
    "/head",
    "the file that holds the acknowledged head is damaged",
    "verify the log; where it holds by itself, remove `log.head` beside it",
    { do: "verify_log" },
  );
}

function checkTail(statements: Statements, end: LogEnd): Problem | null {
  const fromSeq = Math.max(0, end.length - tailLength);
  let chain: ChainState = { length: fromSeq, head: digestAt(statements, fromSeq - 1), atMs: 0 };
  for (const entry of readStoredEntries(statements, { stream: null, fromSeq, limit: tailLength })) {
    // A removed body is missed by whoever reads the whole log, where the record that removed it stands.
    const next = verifyEntry(chain, entry, { missingBody: "permitted", digestText: textDigest });
    if (!next.ok) return next.error;
    chain = next.value;
  }
  return chain.length === end.length
    ? null
    : problem("E_LOG_CHAIN", `/records/${chain.length}`, `record ${chain.length} is missing`);
}

function checkIndex(statements: Statements, end: LogEnd): Problem | null {
  const fromSeq = Math.max(0, end.length - indexedTailLength);
  const lost = statements.lostFromIndex.get(fromSeq) ?? statements.lostFromRuns.get(fromSeq);
  return lost === undefined
    ? null
    : problem("E_STORE_CORRUPT", "/records", `the run \`${String(lost["name"])}\` cannot be found in full`);
}
