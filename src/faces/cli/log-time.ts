import { openReader } from "../../log/sqlite/reader.ts";
import { isStorageError } from "../../log/sqlite/store-problem.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { storeFolder } from "./site.ts";

/** A lead of the log that is worth a word: clocks that are kept in step are never this far apart. */
const leadNotedMs = 60_000;

/**
 * The time that the kernel holds an approval against: this machine's, or the greatest in the log where a clock was once ahead.
 * What was signed by a clock behind the log would have expired before it could be used.
 */
export function logTimeMs(context: CliContext, globals: GlobalOptions): number {
  const nowMs = Date.now();
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return nowMs;
  try {
    // The log's clock never goes back: its last record has its greatest time.
    const [last] = reader.value.entries({ stream: null, fromSeq: reader.value.end().length - 1, limit: 1 });
    return Math.max(nowMs, last?.record.atMs ?? 0);
  } catch (error) {
    // Whoever goes on with a damaged store is refused there, with what is wrong.
    if (isStorageError(error)) return nowMs;
    throw error;
  } finally {
    reader.value.close();
  }
}

/** Says that the log is ahead of this machine's clock, where it is by more than clocks differ; `null` where not. */
export function describeLead(atMs: number): string | null {
  const leadMs = atMs - Date.now();
  return leadMs < leadNotedMs
    ? null
    : `the log's time is ${Math.round(leadMs / leadNotedMs)} minutes ahead of this machine's clock: approvals and waits count in the log's`;
}
