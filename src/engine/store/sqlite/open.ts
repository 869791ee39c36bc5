import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { type Result, fail, ok } from "../../../core/value/result.ts";
import { readHeadFile } from "../head-file.ts";
import { storeProblem } from "./commit.ts";
import { takeOwnerLock } from "./owner-lock.ts";
import { digestAt, readHead } from "./read.ts";
import { isCurrent, migrate } from "./schema.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { type Statements, prepareStatements } from "./statements.ts";

/** Where a store's files lie below its folder. */
export function storePaths(folder: string): { readonly database: string; readonly lock: string; readonly head: string; readonly socket: string } {
  return { database: join(folder, "log.sqlite"), lock: join(folder, "owner.lock"), head: join(folder, "head.json"), socket: join(folder, "engine.sock") };
}

/**
 * Becomes the owner of the store in this folder, creating it at need: takes the lock, brings the schema up to date, checks
 * that nothing acknowledged is missing, and begins a new epoch. `E_STORE_LOCKED` where another process owns it.
 */
export function openStore(folder: string): Result<SqliteStore, Problem> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const paths = storePaths(folder);
  const lock = takeOwnerLock(paths.lock);
  if (!lock.ok) return lock;
  const opened = openDatabase(paths.database, { readOnly: false });
  if (!opened.ok) {
    lock.value.release();
    return opened;
  }
  const { db, statements } = opened.value;
  const end = readHead(statements);
  const missing = checkHead(paths.head, statements, end.length);
  if (missing !== null) {
    db.close();
    lock.value.release();
    return fail(missing);
  }
  const epoch = Number(statements.epoch.get()?.["epoch"]) + 1;
  db.exec(`PRAGMA synchronous = FULL; UPDATE meta SET epoch = ${epoch}; PRAGMA synchronous = NORMAL`);
  return ok(new SqliteStore({ db, statements, lock: lock.value, epoch, end, headPath: paths.head }));
}

/** Opens the database itself, for its owner or for a reader beside it. */
export function openDatabase(path: string, options: { readonly readOnly: boolean }): Result<{ readonly db: DatabaseSync; readonly statements: Statements }, Problem> {
  if (options.readOnly && !existsSync(path)) return fail(problem("E_INPUT_MISSING", "", `there is no store at \`${path}\``, "begin with `interlock trust` and `interlock plan`, or name the folder with `--store`"));
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 5_000 });
    if (!options.readOnly) {
      chmodSync(path, 0o600);
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 2000");
      const migrated = migrate(db);
      if (!migrated.ok) return closing(db, migrated.error);
    } else if (!isCurrent(db)) {
      return closing(db, problem("E_STORE_VERSION", "", "the store was written by another release and its owner has not opened it yet"));
    }
    return ok({ db, statements: prepareStatements(db) });
  } catch (error) {
    return closing(db, storeProblem(error));
  }
}

function closing(db: DatabaseSync | null, error: Problem): Result<never, Problem> {
  db?.close();
  return fail(error);
}

/** The head file is never ahead of the log: where it is, acknowledged records are gone or another file was put in place. */
function checkHead(path: string, statements: Statements, length: number): Problem | null {
  const head = readHeadFile(path);
  if (head === null || head.length === 0) return null;
  if (head.length > length) return problem("E_LOG_TRUNCATED", "", `the log holds ${length} records, ${head.length} were acknowledged`);
  if (digestAt(statements, head.length - 1) !== head.head) return problem("E_LOG_CHAIN", `/records/${head.length - 1}`, `record ${head.length - 1} is not the one that was acknowledged`);
  return null;
}
