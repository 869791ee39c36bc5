import { chmodSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { findMissingRecords, isEmptyFile, noStore, openDatabaseFile } from "./database-file.ts";
import { migrate, otherVersion, type SchemaStep } from "./schema.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { isStorageError, readProblem } from "./store-problem.ts";

/** A database with its statements. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  readonly statements: Statements;
}

/**
 * Opens the database itself, for its owner or for a reader beside it. For an owner, it is created and brought up to
 * date. `E_LOG_TRUNCATED` where it is gone although the head file says that records were acknowledged: nothing is
 * created then.
 *
 * @param paths.head - the head file; `null` for a mirror, which can be made again
 * @param options.onStep - called for each version that the database is brought to
 */
export function openDatabase(
  { database: path, head }: { readonly database: string; readonly head: string | null },
  options: { readonly readOnly: boolean; readonly onStep?: (step: SchemaStep) => void },
): Result<OpenDatabase, Problem> {
  let db: DatabaseSync | null = null;
  try {
    const missing = head === null ? null : findMissingRecords({ database: path, head });
    if (missing !== null) return fail(missing);
    if (options.readOnly && isEmptyFile(path)) return fail(noStore(path));
    const file = openDatabaseFile(path, { readOnly: options.readOnly, timeoutMs: 5_000 });
    if (!file.ok) return file;
    db = file.value;
    if (!options.readOnly) {
      chmodSync(path, 0o600);
      // An extra sync of the folder matters to a rollback journal, but not to a log that is kept. FULL is enough for
      // WAL.
      db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 2000; PRAGMA cell_size_check = ON`,
      );
      const migrated = migrate(db, options.onStep);
      if (!migrated.ok) return closing(db, migrated.error);
    } else {
      const other = otherVersion(db);
      if (other !== null) return closing(db, other);
    }
    return ok({ db, statements: prepareStatements(db) });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    // Working statements can fail only if the tables are not as the schema made them.
    return closing(db, readProblem(error));
  }
}

function closing(db: DatabaseSync | null, error: Problem): Result<never, Problem> {
  db?.close();
  return fail(error);
}
