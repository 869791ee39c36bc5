import { chmodSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
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
 * date.
 *
 * @param options.onStep - called for each version that the database is brought to
 */
export function openDatabase(
  path: string,
  options: { readonly readOnly: boolean; readonly onStep?: (step: SchemaStep) => void },
): Result<OpenDatabase, Problem> {
  if (options.readOnly && !existsSync(path))
    return fail(
      problem(
        "E_INPUT_MISSING",
        "",
        `there is no store at \`${path}\``,
        "name the store's folder, or trust a pack: that creates a store",
        { do: "trust" },
      ),
    );
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 5_000 });
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
