import { chmodSync, copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { backup, type DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { makeFolder } from "../make-folder.ts";
import type { StorePaths } from "../store-home.ts";
import { verifyLog } from "../verify-log.ts";
import { databaseFiles, findIrregular, findMissingRecords, isEmptyFile, openDatabaseFile } from "./database-file.ts";
import { openStore } from "./open.ts";
import { openReader } from "./reader.ts";
import { schemaVersion } from "./schema.ts";
import { storePaths } from "./store-paths.ts";
import { isStorageError, storeProblem } from "./store-problem.ts";
import { storeVersion } from "./store-version.ts";

/** A copy of a store that can be opened as one. */
export interface BackupReceipt {
  readonly length: number;
  readonly head: Digest;
}

/**
 * Copies a store into an empty folder while its owner goes on working, and verifies the copy. The copy of a mirror is a
 * store of its own, which opens without the journal. The copy is of one moment. The head that comes with it is older,
 * so everything that was acknowledged before the backup began is in it. A store of an older release is copied as it is,
 * and a drill beside it verifies the copy.
 */
export async function backUpStore(
  from: Pick<StorePaths, "database" | "head">,
  target: string,
): Promise<Result<BackupReceipt, Problem>> {
  const to = storePaths(target);
  if (!existsSync(from.database))
    return fail(problem("E_INPUT_MISSING", "", `there is no store at \`${from.database}\``));
  if (existsSync(to.database)) return fail(problem("E_BACKUP_EXISTS", "", `there is a store in \`${target}\` already`));
  let source: DatabaseSync | null = null;
  try {
    const unfit = findUnfit(from);
    if (unfit !== null) return fail(unfit);
    makeFolder(target);
    if (existsSync(from.head)) copyFileSync(from.head, to.head);
    const opened = openDatabaseFile(from.database, { readOnly: true, timeoutMs: 5_000 });
    if (!opened.ok) return opened;
    source = opened.value;
    // A file with the database's name is complete. A kill leaves only a part, which the next attempt replaces.
    const partPath = `${to.database}.part`;
    rmSync(partPath, { force: true });
    // SQLite would create it open to others, and the files beside it get its mode.
    writeFileSync(partPath, "", { flag: "wx", mode: 0o600 });
    await backup(source, partPath, { rate: 1_000 });
    for (const path of [partPath, to.head]) if (existsSync(path)) chmodSync(path, 0o600);
    renameSync(partPath, to.database);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  } finally {
    source?.close();
  }
  const version = storeVersion(target);
  if (!version.ok) return version;
  return version.value === schemaVersion ? verifyFolder(target) : drillRestore(target, dirname(target));
}

/**
 * Proves that a backup can take over: copies it, becomes the owner of the copy, verifies all of it, and gives it up
 * again. The backup itself is only read. A copy that no drill has opened is not a backup.
 */
export async function drillRestore(
  backupFolder: string,
  scratchFolder: string,
): Promise<Result<BackupReceipt, Problem>> {
  const from = storePaths(backupFolder);
  const { database } = from;
  if (!existsSync(database)) return fail(problem("E_INPUT_MISSING", "", `there is no store at \`${database}\``));
  const folder = mkdtempSync(join(scratchFolder, "restore-drill-"));
  try {
    const unfit = findUnfit(from);
    if (unfit !== null) return fail(unfit);
    // SQLite makes the `-shm` file anew. A socket or an archive beside the store is no part of it.
    for (const path of [...databaseFiles(database), from.head])
      if (existsSync(path)) copyFileSync(path, join(folder, basename(path)));
    const store = openStore(folder);
    if (!store.ok) return store;
    await store.value.close();
    return verifyFolder(folder);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why these files can be no backup, asked before one of them is opened; `null` if nothing speaks against it. */
function findUnfit(from: Pick<StorePaths, "database" | "head">): Problem | null {
  const found = findIrregular([...databaseFiles(from.database), from.head]) ?? findMissingRecords(from);
  if (found !== null || !isEmptyFile(from.database)) return found;
  return problem(
    "E_STORE_CORRUPT",
    "",
    `the file \`${from.database}\` is empty: there is nothing to take over from it`,
  );
}

function verifyFolder(folder: string): Result<BackupReceipt, Problem> {
  const reader = openReader(folder);
  if (!reader.ok) return reader;
  try {
    const verified = verifyLog(reader.value);
    return verified.ok ? ok({ length: verified.value.length, head: verified.value.head }) : verified;
  } finally {
    reader.value.close();
  }
}
