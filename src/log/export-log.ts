import type { LogEntry } from "../core/log/record.ts";
import type { StoreReader } from "./store.ts";

/** The first line of an export: what the rest claims to be. */
export interface LogExportHeader {
  readonly format: "interlock.log/1";
  readonly length: number;
  readonly head: string;
  /** Which store the log belongs to; absent if the log does not say. */
  readonly storeId?: string;
}

/**
 * The log as JSON Lines: a header, then one record a line with the canonical text of its body, so that a verifier
 * hashes those bytes and not what its own parser makes of them. `verifier/` reads it without any code of ours.
 */
export function* exportLog(reader: StoreReader): Generator<string> {
  const { length, head } = reader.end();
  const storeId = reader.storeId();
  const header: LogExportHeader = { format: "interlock.log/1", length, head, ...(storeId === null ? {} : { storeId }) };
  yield JSON.stringify(header);
  for (let fromSeq = 0; fromSeq < length; ) {
    const page = reader.storedEntries({ stream: null, fromSeq, limit: Math.min(1_000, length - fromSeq) });
    if (page.length === 0) return;
    for (const entry of page) yield exportLine(entry);
    fromSeq += page.length;
  }
}

/** The line of one record. `text` is null for a body that was removed. */
export function exportLine({ record, digest, bodyText }: LogEntry): string {
  return JSON.stringify({ ...record, digest, text: bodyText });
}
