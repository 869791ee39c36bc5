import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { type Result, fail, ok } from "../../../core/value/result.ts";

/**
 * The one owner of a store: an exclusive transaction on a file of its own, held as long as the process lives. The operating
 * system gives it back when the process dies, however it dies, so that no stale lock needs breaking (keeps I19, H094).
 */
export interface OwnerLock {
  release(): void;
}

export function takeOwnerLock(path: string): Result<OwnerLock, Problem> {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (isBusy(error)) return fail(problem("E_STORE_LOCKED", "", "another process owns this store"));
    throw error;
  }
  return ok({ release: () => db.close() });
}

/** SQLITE_BUSY: somebody else holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}
