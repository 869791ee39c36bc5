import type { Problem } from "../../core/value/codes.ts";
import { invariant } from "../../core/value/invariant.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { LogStore } from "../log-store.ts";
import { type OpenOptions, SqliteJournal } from "./sqlite-journal.ts";

/**
 * Becomes the owner of the store in this folder, creating it if needed: takes the lock, brings the schema up to date,
 * checks that nothing acknowledged is missing and that the end of the log holds, and begins a new epoch.
 * `E_STORE_LOCKED` if another process owns it.
 *
 * Cost: does not grow with the log.
 */
export function openStore(folder: string, options: OpenOptions = {}): Result<LogStore, Problem> {
  const journal = new SqliteJournal(folder, options);
  const lease = journal.openNow();
  if (!lease.ok) return lease;
  const index = journal.index();
  invariant(index !== null, "a journal that is open has its index");
  return ok(new LogStore({ journal, index, lease: lease.value }));
}
