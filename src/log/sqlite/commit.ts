import type { DatabaseSync } from "node:sqlite";
import { canonicalText } from "../../core/value/canonical.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { type RunIndexChange, runIndexChange } from "../run-index.ts";
import { chainRecord, type PreparedRecord, prepareRecord } from "../seal.ts";
import type { AppendBatch } from "../store.ts";
import { documentCheck } from "./schema.ts";
import type { Statements } from "./statements.ts";
import { isStorageError, storeProblem } from "./store-problem.ts";

/** Where the log ends. */
export interface LogEnd {
  readonly length: number;
  readonly head: Digest;
}

/** A batch whose bytes are fixed: nothing that is wrong with it can fail a commit that it shares with others. */
export interface PreparedBatch {
  readonly records: readonly (PreparedRecord & { readonly change: RunIndexChange | null })[];
  readonly documents: readonly { readonly digest: Digest; readonly text: string }[];
  /** Bodies that the first record of the batch says are removed, or put back. */
  readonly bodies: readonly BodyChange[];
}

/** What happens to a body that lies beside the log. */
export type BodyChange =
  | { readonly kind: "remove"; readonly seq: number; readonly body: Digest }
  | { readonly kind: "restore"; readonly seq: number; readonly bodyText: string };

/** What one owner's commits work with. */
export interface Writer {
  readonly db: DatabaseSync;
  readonly statements: Statements;
  readonly epoch: number;
  /** Numbers of streams written lately. */
  readonly streams: Map<string, number>;
}

const streamCountMax = 50_000;

/** Fixes a batch's bytes. Throws `InvariantError` for what is not plain data: a defect of the caller, who alone suffers for it. */
export function prepareBatch(batch: AppendBatch, bodies: readonly BodyChange[] = []): PreparedBatch {
  return {
    bodies,
    records: batch.records.map((draft) => ({
      ...prepareRecord(draft),
      change: runIndexChange(draft.kind, draft.body),
    })),
    documents: batch.documents.map(({ digest, value }) => ({ digest, text: canonicalText(value) })),
  };
}

/**
 * Writes batches in one transaction: all of them, or none (I18). Refused when the epoch is no longer ours (I19); the
 * length is guarded by the primary key, since nobody can insert the same number twice.
 */
export function commitBatches(
  writer: Writer,
  start: LogEnd,
  batches: readonly PreparedBatch[],
): Result<LogEnd, Problem> {
  return inTransaction(writer, () => {
    let end = start;
    for (const batch of batches) end = writeBatch(writer, batch, end);
    return end;
  });
}

/** Does the work in one transaction of ours, or nothing; the first thing it sees is whether the store is still ours (I19). */
export function inTransaction<T>(writer: Writer, work: () => T): Result<T, Problem> {
  const { db, statements } = writer;
  try {
    statements.begin.run();
    if (Number(statements.epoch.get()?.["epoch"]) !== writer.epoch) {
      rollBack(db);
      return fail(problem("E_STORE_FENCED", "", "another engine owns this store now"));
    }
    const value = work();
    statements.commit.run();
    return ok(value);
  } catch (error) {
    rollBack(db);
    if (!isStorageError(error)) throw error;
    return fail(storeProblem(error));
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    if (db.isOpen && db.isTransaction) db.exec("ROLLBACK");
  } catch {
    // After an I/O error SQLite may have rolled back by itself, or not be able to: what is uncommitted is gone either way.
  }
}

function writeBatch(writer: Writer, batch: PreparedBatch, end: LogEnd): LogEnd {
  const { statements } = writer;
  let { length, head } = end;
  for (const { digest, text } of batch.documents)
    statements.insertDocument.run(digest, text, documentCheck(digest, text));
  for (const change of batch.bodies) changeBody(writer, change, length);
  for (const prepared of batch.records) {
    const { record, digest, bodyText } = chainRecord(prepared, length, head);
    const stream = streamNumber(writer, record.stream, length);
    statements.insertRecord.run(length, stream, record.atMs, record.kind, digest, bodyText);
    if (prepared.change !== null) projectRun(writer, prepared.change, { seq: length, stream, atMs: record.atMs });
    length += 1;
    head = digest;
  }
  return { length, head };
}

function changeBody({ statements }: Writer, change: BodyChange, markerSeq: number): void {
  const { changes } =
    change.kind === "remove"
      ? statements.removeBody.run(change.body, markerSeq, change.seq)
      : statements.restoreBody.run(change.bodyText, change.seq);
  invariant(changes === 1, "a body is removed once, and put back where it is missing");
}

function projectRun(
  { statements }: Writer,
  change: RunIndexChange,
  at: { readonly seq: number; readonly stream: number; readonly atMs: number },
): void {
  if (change.kind === "started")
    statements.insertRun.run(at.seq, at.stream, change.planHash, change.actor, at.atMs, at.atMs);
  else statements.moveRun.run(change.state, at.atMs, at.stream);
}

/** A stream goes by the number of its first record. */
function streamNumber({ statements, streams }: Writer, name: string, seq: number): number {
  const known = streams.get(name);
  if (known !== undefined) return known;
  const row = statements.stream.get(name);
  const number = row === undefined ? seq : Number(row["number"]);
  if (row === undefined) statements.insertStream.run(number, name);
  if (streams.size >= streamCountMax) streams.clear();
  streams.set(name, number);
  return number;
}
