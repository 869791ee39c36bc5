/**
 * The embedded store: one SQLite file in WAL mode. Keeps I6, I8, I18, I19.
 *
 * Two durability classes (https://sqlite.org/pragma.html#pragma_synchronous): `ordered` commits with synchronous=NORMAL,
 * which in WAL mode does not wait for the disk; `synced` with FULL, which does, and makes everything before it durable too.
 * Batches handed over in one turn of the event loop share a commit, and while a sync blocks the loop replies pile up and
 * share the next: that is group commit across runs.
 */
import type { DatabaseSync } from "node:sqlite";
import type { LogEntry } from "../../../core/log/record.ts";
import type { Problem } from "../../../core/value/codes.ts";
import type { Digest } from "../../../core/value/digest.ts";
import type { JsonValue } from "../../../core/value/json.ts";
import { type Result, fail, ok } from "../../../core/value/result.ts";
import { writeHeadFile } from "../head-file.ts";
import type { RunListState, RunRow } from "../run-index.ts";
import type { AppendBatch, AppendReceipt, Store } from "../store.ts";
import { type LogEnd, commitBatches } from "./commit.ts";
import type { OwnerLock } from "./owner-lock.ts";
import { type EntryRange, readDocument, readEntries, readRuns, readRunsByPrefix } from "./read.ts";
import type { Statements } from "./statements.ts";

interface Waiting {
  readonly batch: AppendBatch;
  readonly settle: (result: Result<AppendReceipt, Problem>) => void;
}

/** How often the store waited for the disk, and how many batches shared: counts, for targets that no clock can fake. */
export interface StoreCounters {
  readonly syncedCommits: number;
  readonly orderedCommits: number;
  readonly batches: number;
  readonly records: number;
}

export class SqliteStore implements Store {
  readonly epoch: number;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #lock: OwnerLock;
  readonly #headPath: string;
  #end: LogEnd;
  #queue: Waiting[] = [];
  #scheduled = false;
  #failure: Problem | null = null;
  #counters = { syncedCommits: 0, orderedCommits: 0, batches: 0, records: 0 };
  #synchronous: "FULL" | "NORMAL" = "NORMAL";

  /** Use `openStore`. */
  constructor(parts: { readonly db: DatabaseSync; readonly statements: Statements; readonly lock: OwnerLock; readonly epoch: number; readonly end: LogEnd; readonly headPath: string }) {
    this.#db = parts.db;
    this.#statements = parts.statements;
    this.#lock = parts.lock;
    this.epoch = parts.epoch;
    this.#end = parts.end;
    this.#headPath = parts.headPath;
  }

  append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>> {
    return new Promise((settle) => {
      this.#queue.push({ batch, settle });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.flush());
    });
  }

  /** Commits what is waiting. After a failure the store refuses everything: memory is ahead of the disk and must be rebuilt. */
  flush(): void {
    this.#scheduled = false;
    const waiting = this.#queue;
    if (waiting.length === 0) return;
    this.#queue = [];
    if (this.#failure !== null) return this.#refuse(waiting, this.#failure);
    const isSynced = waiting.some(({ batch }) => batch.durability === "synced");
    this.#setSynchronous(isSynced ? "FULL" : "NORMAL");
    const before = this.#end;
    const written = commitBatches(this.#db, this.#statements, { epoch: this.epoch, end: before, batches: waiting.map(({ batch }) => batch) });
    if (!written.ok) {
      this.#failure = written.error;
      return this.#refuse(waiting, written.error);
    }
    this.#end = written.value;
    this.#count(isSynced, waiting.length, written.value.length - before.length);
    if (isSynced) writeHeadFile(this.#headPath, written.value);
    this.#acknowledge(waiting, before.length);
  }

  length(): number {
    return this.#end.length;
  }

  head(): Digest {
    return this.#end.head;
  }

  entries(range: EntryRange): readonly LogEntry[] {
    return readEntries(this.#statements, range);
  }

  document(digest: Digest): JsonValue | null {
    return readDocument(this.#statements, digest);
  }

  runs(options: { readonly state: RunListState | null; readonly beforeSeq: number; readonly limit: number }): readonly RunRow[] {
    return readRuns(this.#statements, options);
  }

  runsByPrefix(prefix: string): readonly RunRow[] {
    return readRunsByPrefix(this.#statements, prefix);
  }

  /** The last snapshot of the site's state: the log up to `seq` is in it. */
  snapshot(): { readonly length: number; readonly text: string } | null {
    const row = this.#statements.snapshot.get();
    return row === undefined ? null : { length: Number(row["seq"]), text: String(row["text"]) };
  }

  /** Spares the next owner folding the whole log; a derived value, so it is written without waiting for the disk. */
  writeSnapshot(length: number, text: string): void {
    this.#setSynchronous("NORMAL");
    this.#statements.insertSnapshot.run(length, text);
    this.#db.exec(`DELETE FROM site_snapshots WHERE seq < ${length}`);
  }

  counters(): StoreCounters {
    return { ...this.#counters };
  }

  async close(): Promise<void> {
    this.flush();
    if (this.#failure === null) writeHeadFile(this.#headPath, this.#end);
    this.#db.close();
    this.#lock.release();
  }

  #setSynchronous(level: "FULL" | "NORMAL"): void {
    if (this.#synchronous === level) return;
    this.#db.exec(`PRAGMA synchronous = ${level}`);
    this.#synchronous = level;
  }

  #count(isSynced: boolean, batchCount: number, recordCount: number): void {
    if (isSynced) this.#counters.syncedCommits += 1;
    else this.#counters.orderedCommits += 1;
    this.#counters.batches += batchCount;
    this.#counters.records += recordCount;
  }

  #acknowledge(waiting: readonly Waiting[], firstSeq: number): void {
    let seq = firstSeq;
    for (const { batch, settle } of waiting) {
      settle(ok({ firstSeq: seq, length: this.#end.length, head: this.#end.head }));
      seq += batch.records.length;
    }
  }

  #refuse(waiting: readonly Waiting[], error: Problem): void {
    for (const { settle } of waiting) settle(fail(error));
  }
}
