import type { Log } from "../../ports.ts";
import { ReaderLog, type ReaderLogParts } from "../reader-log.ts";
import { openReader } from "./reader.ts";

/** The log of the store in this folder. See `ReaderLogParts`. */
export function sqliteLog(folder: string, parts: Omit<ReaderLogParts, "open">): Log {
  return new ReaderLog({ ...parts, open: () => openReader(folder) });
}
