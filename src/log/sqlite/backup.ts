import { chmodSync, copyFileSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { makeFolder } from "../make-folder.ts";
import type { StorePaths } from "../store-home.ts";
import { verifyLog } from "../verify-log.ts";
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
    makeFolder(target);
    if (existsSync(from.head)) copyFileSync(from.head, to.head);
    source = new DatabaseSync(from.database, { readOnly: true, timeout: 5_000 });
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
  const { database } = storePaths(backupFolder);
  if (!existsSync(database)) return fail(problem("E_INPUT_MISSING", "", `there is no store at \`${database}\``));
  const folder = mkdtempSync(join(scratchFolder, "restore-drill-"));
  try {
    cpSync(backupFolder, folder, { recursive: true });
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
