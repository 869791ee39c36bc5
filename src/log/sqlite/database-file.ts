import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { readHeadFile } from "../head-file.ts";

/*
 * The one place that opens a database file (test/tidy.test.ts). SQLite opens by name and waits: on a pipe that nobody
 * writes into it waits for ever. So every file that it would open is looked at first. A file without a byte is the same
 * to SQLite as no file. It would throw away the write-ahead log beside it and begin a new store. So that is asked first
 * too.
 */

/** What SQLite opens together with a database. */
const besides = ["", "-wal", "-shm", "-journal"] as const;

/**
 * Opens a database file that is a regular file or does not exist yet. Throws what SQLite throws.
 *
 * @returns `E_STORE_IO` where it, or a file that belongs to it, is a pipe, a device, a socket or a folder
 */
export function openDatabaseFile(
  path: string,
  options: { readonly readOnly: boolean; readonly timeoutMs: number },
): Result<DatabaseSync, Problem> {
  const irregular = findIrregular(databaseFiles(path));
  if (irregular !== null) return fail(irregular);
  return ok(new DatabaseSync(path, { readOnly: options.readOnly, timeout: options.timeoutMs }));
}

/** The paths of a database and of what SQLite keeps beside it. */
export function databaseFiles(path: string): readonly string[] {
  return besides.map((ending) => `${path}${ending}`);
}

/** The first of these that is there and is no regular file, as a problem. A link counts as what it leads to. */
export function findIrregular(paths: readonly string[]): Problem | null {
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isFile()) continue;
    return problem(
      "E_STORE_IO",
      "",
      `${quote(path)} is ${nameOf(found)}, where a file of the store belongs`,
      "move it away, and put the store's file back from a backup if it is gone; then try again",
    );
  }
  return null;
}

/** Whether there is no database: no file, or one without a byte. */
export function isEmptyFile(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || (found.isFile() && found.size === 0);
}

/**
 * Why a database that is not there, or that has no byte, must not be taken for a new one: records were acknowledged.
 * `null` where nothing says so. Asked before SQLite opens anything, so that what is left beside it stays as it is.
 */
export function findMissingRecords(paths: { readonly database: string; readonly head: string }): Problem | null {
  if (!isEmptyFile(paths.database)) return null;
  const acknowledged = readHeadFile(paths.head);
  if (acknowledged.kind !== "head" || acknowledged.head.length === 0) return null;
  const { length } = acknowledged.head;
  const state = statSync(paths.database, { throwIfNoEntry: false }) === undefined ? "is not there" : "has no byte";
  return problem(
    "E_LOG_TRUNCATED",
    "/records/0",
    `${quote(paths.database)} ${state}, and ${length} ${length === 1 ? "record was" : "records were"} acknowledged`,
  );
}

/** The problem of a reader where there is no database. */
export function noStore(path: string): Problem {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  const message = isThere ? `the file ${quote(path)} is empty, and no store` : `there is no store at ${quote(path)}`;
  const inTheWay = isThere ? null : fileOnTheWay(dirname(path));
  if (inTheWay !== null)
    return problem("E_INPUT_MISSING", "", message, `${quote(inTheWay)} is no folder: name another one for the store`);
  const hint = "name the store's folder, or trust a pack: that creates a store";
  return problem("E_INPUT_MISSING", "", message, hint, { do: "trust" });
}

/** The part of a path that is there and is no folder, so that no store can be created below it. */
function fileOnTheWay(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined) return found.isDirectory() ? null : path;
  return dirname(path) === path ? null : fileOnTheWay(dirname(path));
}

function nameOf(found: Stats): string {
  if (found.isFIFO()) return "a named pipe";
  if (found.isSocket()) return "a socket";
  if (found.isDirectory()) return "a folder";
  return "a device";
}
