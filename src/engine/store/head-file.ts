import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Digest } from "../../core/value/digest.ts";

/** The log's end as last acknowledged, kept outside the database file, so that a shortened or swapped database is noticed. */
export interface LogHead {
  readonly length: number;
  readonly head: Digest;
}

/** Written after a synced commit and replaced by renaming: at worst it is a few commits old, never ahead of the log. */
export function writeHeadFile(path: string, head: LogHead): void {
  writeFileSync(`${path}.new`, `${JSON.stringify({ format: "interlock.head/1", ...head })}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The last head written, or `null` where there is none that can be read. */
export function readHeadFile(path: string): LogHead | null {
  if (!existsSync(path)) return null;
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<LogHead>;
    return typeof value.length === "number" && typeof value.head === "string" ? { length: value.length, head: value.head } : null;
  } catch {
    return null;
  }
}
