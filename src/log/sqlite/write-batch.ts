import type { DatabaseSync } from "node:sqlite";
import { storeIdIn } from "../../core/log/store-records.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { assertNever, invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { Durability, JournalBatch, MarkedBodyChange, SealedRecord } from "../../ports.ts";
import { type RunIndexChange, runIndexChange } from "../run-index.ts";
import { documentCheck } from "./schema.ts";
import { recordsAtOnce, type Statements } from "./statements.ts";
import { isStorageError, storeProblem } from "./store-problem.ts";

type Synchronous = "FULL" | "NORMAL";

/** What the commits of one owner work with. */
export interface Writer {
  readonly db: DatabaseSync;
  readonly statements: Statements;
  /** A mirror's epoch changes when its journal is opened. */
  epoch: number;
  /** Numbers of streams written lately. */
  readonly streams: Map<string, number>;
  /** The present setting of the connection. Changing it costs a statement. */
  synchronous: Synchronous;
}

/** A writer for an open database, which is opened with synchronous=NORMAL. */
export function createWriter(open: Pick<Writer, "db" | "statements">, epoch: number): Writer {
  return { ...open, epoch, streams: new Map(), synchronous: "NORMAL" };
}

const streamCountMax = 50_000;

/**
 * Whether the commit waits for the disk: FULL does in WAL mode, NORMAL does not
 * (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function synchronousFor(durability: Durability): Synchronous {
  switch (durability) {
    case "synced":
      return "FULL";
    case "ordered":
    case "trailing":
      return "NORMAL";
    default:
      return assertNever(durability);
  }
}

/**
 * Does the work in one transaction, or nothing of it. It first checks whether the store is still ours (I19). Rolls back
 * and throws if the storage is not at fault.
 */
export function inTransaction<T>(writer: Writer, synchronous: Synchronous, work: () => T): Result<T, Problem> {
  const { db, statements } = writer;
  try {
    setSynchronous(writer, synchronous);
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

function setSynchronous(writer: Writer, level: Synchronous): void {
  if (writer.synchronous === level) return;
  writer.db.exec(`PRAGMA synchronous = ${level}`);
  writer.synchronous = level;
}

function rollBack(db: DatabaseSync): void {
  try {
    if (db.isOpen && db.isTransaction) db.exec("ROLLBACK");
  } catch {
    // After an I/O error SQLite may have rolled back by itself, or may be unable to. What is uncommitted is gone either
    // way.
  }
}

/** Writes a batch's rows, for a transaction: records, documents, bodies and the list of runs. */
export function writeBatch(writer: Writer, batch: JournalBatch): void {
  const { statements } = writer;
  for (const { digest, text } of batch.documents)
    statements.insertDocument.run(digest, text, documentCheck(digest, text));
  for (const change of batch.bodies) changeBody(writer, change);
  writeRecords(writer, batch.records);
}

function writeRecords(writer: Writer, records: readonly SealedRecord[]): void {
  const { insertRecord, insertRecords } = writer.statements;
  const rows: (number | string)[] = [];
  const togetherCount = records.length - (records.length % recordsAtOnce);
  records.forEach(({ record, digest, bodyText }, index) => {
    const { seq, atMs, kind } = record;
    const stream = streamNumber(writer, record.stream, seq);
    if (index >= togetherCount) insertRecord.run(seq, stream, atMs, kind, digest, bodyText);
    else rows.push(seq, stream, atMs, kind, digest, bodyText);
    if (rows.length === 6 * recordsAtOnce) insertRecords.run(...rows.splice(0));
  });
  for (const sealed of records) followRecord(writer, sealed);
}

/** Writes what a record changes elsewhere: the list of runs, and the id of the store. */
function followRecord(writer: Writer, { record, bodyText }: SealedRecord): void {
  const { seq, atMs, kind } = record;
  const change = runIndexChange(kind, record.stream, bodyText);
  if (change !== null) listRun(writer, change, { seq, stream: streamNumber(writer, record.stream, seq), atMs });
  nameStore(writer, record, bodyText);
}

/** Stores the id that a record gives the store where it is found at once. */
export function nameStore(
  { statements }: Writer,
  record: { readonly stream: string; readonly kind: string },
  bodyText: string,
): void {
  const storeId = storeIdIn(record, bodyText);
  if (storeId !== null) invariant(statements.nameStore.run(storeId).changes === 1, "a store is given one id");
}

function changeBody({ statements }: Writer, change: MarkedBodyChange): void {
  const { changes } =
    change.kind === "remove"
      ? statements.removeBody.run(change.body, change.markerSeq, change.seq)
      : statements.restoreBody.run(change.bodyText, change.seq);
  invariant(changes === 1, "a body is removed once, and put back where it is missing");
}

/** Writes what one record changes in the list of runs. */
export function listRun(
  { statements }: Writer,
  change: RunIndexChange,
  at: { readonly seq: number; readonly stream: number; readonly atMs: number },
): void {
  if (change.kind === "started")
    statements.insertRun.run(at.seq, at.stream, change.planHash, change.actor, at.atMs, at.atMs);
  else statements.moveRun.run(change.state, at.atMs, at.stream);
}

/** A stream goes by the number of its first record. */
export function streamNumber({ statements, streams }: Writer, name: string, seq: number): number {
  const known = streams.get(name);
  if (known !== undefined) return known;
  const row = statements.stream.get(name);
  const number = row === undefined ? seq : Number(row["number"]);
  if (row === undefined) statements.insertStream.run(number, name);
  if (streams.size >= streamCountMax) streams.clear();
  streams.set(name, number);
  return number;
}
