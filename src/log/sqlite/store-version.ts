import type { DatabaseSync } from "node:sqlite";
import { genesisDigest } from "../../core/log/chain.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { findMissingRecords, isEmptyFile, noStore, openDatabaseFile } from "./database-file.ts";
import { checkVersion } from "./schema.ts";
import { storePaths } from "./store-paths.ts";
import { isStorageError, readProblem } from "./store-problem.ts";

/**
 * The version of the store in this folder, read from beside its owner.
 *
 * @returns `E_INPUT_MISSING` where there is none, `E_STORE_VERSION` where a newer release wrote it, `E_STORE_CORRUPT`
 *   where the file is another program's or no database, `E_LOG_TRUNCATED` where it is gone and records were
 *   acknowledged
 */
export function storeVersion(folder: string): Result<number, Problem> {
  return withDatabase(folder, checkVersion);
}

/** Where a log ends, and the version of the store that holds it. */
export interface VersionedEnd {
  readonly version: number;
  readonly length: number;
  /** As text, however the version stores it. */
  readonly head: string;
}

/** Like `storeVersion`, with the end of the log. Reads stores of every version, and verifies nothing. */
export function versionedEnd(folder: string): Result<VersionedEnd, Problem> {
  return withDatabase(folder, (db) => {
    const version = checkVersion(db);
    if (!version.ok) return version;
    return { ok: true, value: { version: version.value, ...(version.value === 0 ? emptyEnd : endOf(db)) } };
  });
}

const emptyEnd = { length: 0, head: genesisDigest };

/** Version 1 kept a digest as bytes. */
function endOf(db: DatabaseSync): { readonly length: number; readonly head: string } {
  const last = db
    .prepare(
      `SELECT seq, iif(typeof(digest) = 'blob', 'sha256:' || lower(hex(digest)), digest) AS head
       FROM records ORDER BY seq DESC LIMIT 1`,
    )
    .get();
  return last === undefined ? emptyEnd : { length: Number(last["seq"]) + 1, head: String(last["head"]) };
}

function withDatabase<T>(folder: string, read: (db: DatabaseSync) => Result<T, Problem>): Result<T, Problem> {
  const paths = storePaths(folder);
  const { database } = paths;
  let db: DatabaseSync | null = null;
  try {
    const missing = findMissingRecords(paths);
    if (missing !== null) return fail(missing);
    if (isEmptyFile(database)) return fail(noStore(database));
    const file = openDatabaseFile(database, { readOnly: true, timeoutMs: 5_000 });
    if (!file.ok) return file;
    db = file.value;
    return read(db);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(readProblem(error));
  } finally {
    db?.close();
  }
}
