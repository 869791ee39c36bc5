import { bodyDomain, genesisDigest, recordDomain, recordText } from "../../core/log/chain.ts";
import type { LogEntry } from "../../core/log/record.ts";
import { problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { LogEnd, LogRange, StoredEntry } from "../../ports.ts";
import type { RunListState, RunRow } from "../run-index.ts";
import { textDigest } from "../seal.ts";
import type { RemovableRange, RunRange, Snapshot } from "../store.ts";
import { StoreDamage } from "../store-damage.ts";
import { documentCheck, snapshotCheck } from "./schema.ts";
import type { Statements } from "./statements.ts";

type Row = Record<string, unknown>;

/**
 * Entries in order, each checked against its own digest. Throws `StoreDamage` at the first that is not as it was
 * written.
 */
export function readEntries(statements: Statements, range: LogRange): readonly LogEntry[] {
  const entries = readStoredEntries(statements, range);
  for (const { record, digest } of entries) {
    if (textDigest(recordDomain, recordText(record)) !== digest)
      throw new StoreDamage(
        problem("E_LOG_CHAIN", `/records/${record.seq}`, `record ${record.seq} (${record.kind}) was changed`),
      );
  }
  return entries;
}

/**
 * Entries in order, exactly as they are stored, for verification. The previous digest is that of the row before, even
 * if records are missing in between: a gap shows as a digest that does not fit.
 */
export function readStoredEntries(statements: Statements, range: LogRange): readonly StoredEntry[] {
  const entries: StoredEntry[] = [];
  let before: { readonly seq: number; readonly digest: Digest } | null = null;
  for (const row of entryRows(statements, range)) {
    const seq = Number(row["seq"]);
    const previous: Digest = before !== null && before.seq === seq - 1 ? before.digest : digestAt(statements, seq - 1);
    const entry = toEntry(row, seq, previous);
    before = { seq, digest: entry.digest };
    entries.push(entry);
  }
  return entries;
}

function entryRows(statements: Statements, { stream, fromSeq, limit }: LogRange): readonly Row[] {
  if (stream === null) return statements.entries.all(fromSeq, limit);
  const row = statements.stream.get(stream);
  return row === undefined ? [] : statements.streamEntries.all(Number(row["number"]), fromSeq, limit);
}

/** Runs, newest first, before the given sequence number. */
export function readRuns(statements: Statements, { state, beforeSeq, limit }: RunRange): readonly RunRow[] {
  const rows =
    state === null ? statements.runs.all(beforeSeq, limit) : statements.runsInState.all(state, beforeSeq, limit);
  return rows.map(toRunRow);
}

/** Runs of one plan, newest first, among those that were started at record `sinceSeq` or later. */
export function readRunsOfPlan(
  statements: Statements,
  { planHash, sinceSeq, state, beforeSeq, limit }: RunRange & { readonly planHash: Digest; readonly sinceSeq: number },
): readonly RunRow[] {
  return statements.runsOfPlan.all(planHash, sinceSeq, beforeSeq, state, limit).map(toRunRow);
}

/**
 * Runs whose ids begin with the prefix, the greatest id first. That is the newest, because later runs have greater ids.
 */
export function readRunsWithPrefix(
  statements: Statements,
  { prefix, state, beforeSeq, limit }: RunRange & { readonly prefix: string },
): readonly RunRow[] {
  const [last] =
    beforeSeq === Number.MAX_SAFE_INTEGER
      ? []
      : readRuns(statements, { state: null, beforeSeq: beforeSeq + 1, limit: 1 });
  const end =
    last === undefined || last.seq !== beforeSeq || !last.runId.startsWith(prefix) ? `${prefix}\u{10ffff}` : last.runId;
  return statements.runsWithPrefix.all(prefix, end, state, limit).map(toRunRow);
}

/** Runs that ended before a time and have bodies that may be removed, oldest first, after the given sequence number. */
export function readRemovableRuns(
  statements: Statements,
  { endedBeforeMs, afterSeq, limit }: RemovableRange,
): readonly RunRow[] {
  return statements.removableRuns.all(afterSeq, endedBeforeMs, limit).map(toRunRow);
}

/** At most two runs whose id begins with the prefix: enough to know whether it is unique. */
export function readRunsByPrefix(statements: Statements, prefix: string): readonly RunRow[] {
  return statements.runsByPrefix.all(prefix, `${prefix}\u{10ffff}`).map(toRunRow);
}

/** The record with which a run ended, or `null`. Throws `StoreDamage` if it is not as it was written. */
export function readRunEnd(statements: Statements, runId: string): LogEntry | null {
  const stream = statements.stream.get(runId);
  const end = stream === undefined ? undefined : statements.runEnd.get(Number(stream["number"]));
  if (end === undefined) return null;
  return readEntries(statements, { stream: null, fromSeq: Number(end["seq"]), limit: 1 })[0] ?? null;
}

/** What a run recorded of its plan's invariants. Throws `StoreDamage` for a record that is not as it was written. */
export function readRunInvariants(statements: Statements, runId: string): readonly LogEntry[] {
  const stream = statements.stream.get(runId);
  if (stream === undefined) return [];
  const rows = statements.runInvariants.all(Number(stream["number"]));
  return rows.flatMap((row) => readEntries(statements, { stream: null, fromSeq: Number(row["seq"]), limit: 1 }));
}

/** A document by its digest, or `null` if there is none. Throws `StoreDamage` if it is not as it was written. */
export function readDocument(statements: Statements, digest: Digest): JsonValue | null {
  const text = readDocumentText(statements, digest);
  // Written by us from canonical text, as the check beside it shows.
  return text === null ? null : (JSON.parse(text) as JsonValue);
}

/** The text of a document. Throws `StoreDamage` if it is not as it was written. */
export function readDocumentText(statements: Statements, digest: Digest): string | null {
  const row = statements.document.get(digest);
  if (row === undefined) return null;
  const text = String(row["text"]);
  if (documentCheck(digest, text) !== row["check_digest"])
    throw new StoreDamage(problem("E_STORE_CORRUPT", `/documents/${digest}`, `the document \`${digest}\` was changed`));
  return text;
}

/** The last snapshot, unless it is damaged or stands for another log: then the log is folded from its beginning. */
export function readSnapshot(statements: Statements): Snapshot | null {
  const row = statements.snapshot.get();
  if (row === undefined) return null;
  const snapshot = { length: Number(row["length"]), head: String(row["head"]), text: String(row["text"]) };
  const isIntact =
    snapshotCheck(snapshot) === row["check_digest"] && digestAt(statements, snapshot.length - 1) === snapshot.head;
  return isIntact ? { length: snapshot.length, text: snapshot.text } : null;
}

/** The id the store was given, or `null`. */
export function readStoreId(statements: Statements): string | null {
  const storeId = String(statements.storeId.get()?.["store_id"] ?? "");
  return storeId === "" ? null : storeId;
}

/** Where the log ends; an empty one ends in the genesis digest. */
export function readHead(statements: Statements): LogEnd {
  const row = statements.last.get();
  return row === undefined
    ? { length: 0, head: genesisDigest }
    : { length: Number(row["seq"]) + 1, head: asDigest(row["digest"]) };
}

/**
 * The digest of one record. If there is no such record, it is the genesis digest, which only record 0 names as its
 * predecessor.
 */
export function digestAt(statements: Statements, seq: number): Digest {
  const row = seq < 0 ? undefined : statements.digestAt.get(seq);
  return row === undefined ? genesisDigest : asDigest(row["digest"]);
}

function asDigest(value: unknown): Digest {
  // The brand is not checked here. Verification compares the stored text with a computed digest.
  return String(value) as Digest;
}

function toEntry(row: Row, seq: number, previous: Digest): StoredEntry {
  const bodyText = typeof row["body"] === "string" ? row["body"] : null;
  return {
    record: {
      seq,
      stream: String(row["name"]),
      atMs: Number(row["at_ms"]),
      kind: String(row["kind"]),
      body: bodyText === null ? asDigest(row["body_digest"]) : textDigest(bodyDomain, bodyText),
      previous,
    },
    digest: asDigest(row["digest"]),
    bodyText,
    removedBy: typeof row["removed_by"] === "number" ? row["removed_by"] : null,
  };
}

function toRunRow(row: Row): RunRow {
  return {
    seq: Number(row["seq"]),
    runId: String(row["name"]),
    planHash: String(row["plan_hash"]),
    actor: String(row["actor"]),
    startedMs: Number(row["started_ms"]),
    changedMs: Number(row["changed_ms"]),
    // Only `runIndexChange` writes this column.
    state: String(row["state"]) as RunListState,
  };
}
