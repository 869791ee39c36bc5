import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { makeFolder } from "../make-folder.ts";
import { backUpStore, drillRestore } from "./backup.ts";
import { openDatabase } from "./database.ts";
import { takeOwnerLock } from "./owner-lock.ts";
import { type SchemaStep, schemaVersion } from "./schema.ts";
import { storePaths } from "./store-paths.ts";
import { isStorageError, storeProblem } from "./store-problem.ts";
import { storeVersion, versionedEnd } from "./store-version.ts";

/** What is done to a store while it is brought up to date. */
export interface UpgradeOptions {
  /** The folder that gets a copy first; `null` makes none. */
  readonly backupFolder: string | null;
  /** The copy has been made and a drill has opened it. */
  readonly onBackedUp: (folder: string) => void;
  /** A version has been reached, and its transaction is committed. */
  readonly onStep: (step: SchemaStep) => void;
}

/**
 * Brings a store that an older release wrote up to this one: copies it, upgrades a copy of the copy and verifies all of
 * that, and only then upgrades the store itself, in one transaction a version. Nobody owns the store meanwhile.
 * A store of this version is left as it is. After a kill at any moment the same call goes on from there.
 *
 * @returns `E_STORE_LOCKED` where another process owns the store, `E_BACKUP_EXISTS` where something else is in the
 *   copy's folder, `E_STORE_VERSION` where a newer release wrote the store, and whatever does not hold in its log
 */
export async function upgradeStore(folder: string, options: UpgradeOptions): Promise<Result<undefined, Problem>> {
  const before = storeVersion(folder);
  if (!before.ok) return before;
  const paths = storePaths(folder);
  const lock = takeOwnerLock(paths.lock);
  if (!lock.ok) return lock;
  try {
    const version = storeVersion(folder);
    if (!version.ok) return version;
    if (version.value === schemaVersion) return ok(undefined);
    if (options.backupFolder !== null) {
      const kept = await keepCopy(folder, options.backupFolder);
      if (!kept.ok) return kept;
      options.onBackedUp(options.backupFolder);
    }
    const opened = openDatabase(paths, { readOnly: false, onStep: options.onStep });
    if (!opened.ok) return opened;
    opened.value.db.close();
    return ok(undefined);
  } finally {
    lock.value.release();
  }
}

/** Why this folder cannot take the copy of the store, or `null`. A copy from an earlier attempt is fine. */
export function checkCopyFolder(folder: string, copy: string): Problem | null {
  try {
    if (!existsSync(copy) || readdirSync(copy).length === 0) return null;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return storeProblem(error);
  }
  return isCopyOf(copy, folder)
    ? null
    : problem("E_BACKUP_EXISTS", "", `${quote(copy)} is not empty, and holds no copy of this store as it is now`);
}

/** Whether the same log is in both. An upgrade changes no record, so an older copy stays good. */
function isCopyOf(copy: string, folder: string): boolean {
  const [from, to] = [versionedEnd(folder), versionedEnd(copy)];
  if (!from.ok || !to.ok || isSameFile(storePaths(folder).database, storePaths(copy).database)) return false;
  return from.value.length === to.value.length && from.value.head === to.value.head;
}

/** A store is not a copy of itself, through whatever link or path it is reached. */
function isSameFile(one: string, other: string): boolean {
  const [left, right] = [statSync(one), statSync(other)];
  return left.dev === right.dev && left.ino === right.ino;
}

/** A copy gets its name only once a drill has opened it. */
async function keepCopy(folder: string, copy: string): Promise<Result<undefined, Problem>> {
  const taken = checkCopyFolder(folder, copy);
  if (taken !== null) return fail(taken);
  const stage = `${copy}.interlock-part`;
  try {
    rmSync(stage, { recursive: true, force: true });
    makeFolder(stage);
    if (isCopyOf(copy, folder)) {
      const drilled = await drillRestore(copy, stage);
      return drilled.ok ? ok(undefined) : drilled;
    }
    const staged = join(stage, "store");
    const made = await backUpStore(storePaths(folder), staged);
    if (!made.ok) return made;
    renameSync(staged, copy);
    syncFolder(dirname(copy));
    return ok(undefined);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** If a power cut took the name back, the copy would go with it. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}
