import { chmodSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { openDatabaseFile } from "./database-file.ts";
import { storeProblem } from "./store-problem.ts";

/**
 * The one owner of a store: an exclusive transaction on a file of its own, held as long as the process lives. The
 * operating system releases it whenever and however the process dies, so there are no stale locks to break (keeps I19).
 */
export interface OwnerLock {
  release(): void;
}

/** `E_STORE_LOCKED` if another process, or this one, has it. */
export function takeOwnerLock(path: string): Result<OwnerLock, Problem> {
  let db: DatabaseSync | null = null;
  try {
    const file = openDatabaseFile(path, { readOnly: false, timeoutMs: 0 });
    if (!file.ok) return file;
    const lock = file.value;
    db = lock;
    chmodSync(path, 0o600);
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return ok({ release: () => lock.close() });
  } catch (error) {
    db?.close();
    return fail(isBusy(error) ? problem("E_STORE_LOCKED", "", "another process owns this store") : storeProblem(error));
  }
}

/** SQLITE_BUSY: somebody else holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}
