import { genesisDigest } from "../../../core/log/chain.ts";
import type { LogEntry } from "../../../core/log/record.ts";
import type { Digest } from "../../../core/value/digest.ts";
import { invariant } from "../../../core/value/invariant.ts";
import type { JsonValue } from "../../../core/value/json.ts";
import type { RunListState, RunRow } from "../run-index.ts";
import type { Statements } from "./statements.ts";

type Row = Record<string, unknown>;

/** A range of the log, of one stream or of all. */
export interface EntryRange {
  readonly stream: string | null;
  readonly fromSeq: number;
  readonly limit: number;
}

/** Entries in order. The previous digest is the row before, wherever that row is: a gap shows as a digest that does not fit. */
export function readEntries(statements: Statements, range: EntryRange): readonly LogEntry[] {
  const rows = range.stream === null
    ? statements.entries.all(range.fromSeq, range.limit)
    : statements.streamEntries.all(range.stream, range.fromSeq, range.limit);
  const entries: LogEntry[] = [];
  let before: { readonly seq: number; readonly digest: Digest } | null = null;
  for (const row of rows) {
    const seq = Number(row["seq"]);
    const previous: Digest = before !== null && before.seq === seq - 1 ? before.digest : digestAt(statements, seq - 1);
    const entry = toEntry(row, seq, previous);
    before = { seq, digest: entry.digest };
    entries.push(entry);
  }
  return entries;
}

/** Runs, newest first, before the given sequence number. */
export function readRuns(statements: Statements, options: { readonly state: RunListState | null; readonly beforeSeq: number; readonly limit: number }): readonly RunRow[] {
  const rows = options.state === null
    ? statements.runs.all(options.beforeSeq, options.limit)
    : statements.runsInState.all(options.state, options.beforeSeq, options.limit);
  return rows.map(toRunRow);
}

/** The runs whose id begins with the prefix, at most two: enough to know whether it is unique. */
export function readRunsByPrefix(statements: Statements, prefix: string): readonly RunRow[] {
  return statements.run.all(prefix, `${prefix}\u{10ffff}`).map(toRunRow);
}

/** A document by its digest, or `null` where there is none or it was redacted. */
export function readDocument(statements: Statements, digest: Digest): JsonValue | null {
  const row = statements.document.get(digest);
  const text = row?.["text"];
  // Written by us from canonical text.
  return typeof text === "string" ? (JSON.parse(text) as JsonValue) : null;
}

/** The last record's number and digest; an empty log ends in the genesis digest. */
export function readHead(statements: Statements): { readonly length: number; readonly head: Digest } {
  const row = statements.last.get();
  if (row === undefined) return { length: 0, head: genesisDigest };
  return { length: Number(row["seq"]) + 1, head: fromBlob(row["digest"]) };
}

export function digestAt(statements: Statements, seq: number): Digest {
  if (seq < 0) return genesisDigest;
  const row = statements.digestAt.get(seq);
  return row === undefined ? genesisDigest : fromBlob(row["digest"]);
}

/** 32 bytes as stored. */
export function toBlob(digest: Digest): Uint8Array {
  return Buffer.from(digest.slice("sha256:".length), "hex");
}

function fromBlob(blob: unknown): Digest {
  invariant(blob instanceof Uint8Array, "a stored digest is a blob");
  // The brand is earned: whatever stands there is compared with a computed digest by whoever verifies.
  return `sha256:${Buffer.from(blob).toString("hex")}` as Digest;
}

function toEntry(row: Row, seq: number, previous: Digest): LogEntry {
  return {
    record: {
      seq, stream: String(row["stream"]), atMs: Number(row["at_ms"]), kind: String(row["kind"]), body: fromBlob(row["body_digest"]), previous,
    },
    digest: fromBlob(row["digest"]),
    bodyText: typeof row["body"] === "string" ? row["body"] : null,
  };
}

function toRunRow(row: Row): RunRow {
  return {
    seq: Number(row["seq"]), runId: String(row["run_id"]), planHash: String(row["plan_hash"]), actor: String(row["actor"]),
    startedMs: Number(row["started_ms"]), changedMs: Number(row["changed_ms"]),
    // Only `runIndexChange` writes this column.
    state: String(row["state"]) as RunListState,
  };
}
