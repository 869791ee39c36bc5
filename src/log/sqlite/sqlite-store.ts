/**
 * The embedded store: one SQLite file in WAL mode. Keeps I6, I8, I18, I19.
 *
 * Two durability classes (https://sqlite.org/pragma.html#pragma_synchronous): `ordered` commits with synchronous=NORMAL,
 * which in WAL mode does not wait for the disk; `synced` with FULL, which does, and makes everything before it durable too.
 * Batches handed over in one turn of the event loop share a commit, and while a sync blocks the loop replies pile up and
 * share the next: that is group commit across runs. A `trailing` batch asks for no commit of its own: it waits for the next one,
 * or for `lingerMs`.
 */
import type { LogEntry } from "../../core/log/record.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { HeadFileWriter } from "../head-file.ts";
import type { RunRow } from "../run-index.ts";
import type { AppendBatch, AppendReceipt, Store } from "../store.ts";
import {
  type BodyChange,
  commitBatches,
  inTransaction,
  type LogEnd,
  type PreparedBatch,
  prepareBatch,
  type Writer,
} from "./commit.ts";
import type { OwnerLock } from "./owner-lock.ts";
import {
  type EntryRange,
  type RunRange,
  readDocument,
  readEntries,
  readRuns,
  readRunsByPrefix,
  readSnapshot,
  type Snapshot,
} from "./read.ts";
import { snapshotCheck } from "./schema.ts";
import { storeProblem } from "./store-problem.ts";

interface Waiting {
  readonly batch: PreparedBatch;
  readonly isSynced: boolean;
  readonly settle: (result: Result<AppendReceipt, Problem>) => void;
}

/** How often the store waited for the disk, and how many batches shared: counts, for targets that no clock can fake. */
export interface StoreCounters {
  readonly syncedCommits: number;
  readonly orderedCommits: number;
  readonly batches: number;
  readonly records: number;
  /** Batches refused since the store was opened. */
  readonly refusals: number;
  /** Wall time of the last synced commit; 0 before the first. */
  readonly lastSyncMs: number;
}

/** What `openStore` hands over. */
export interface StoreParts extends Omit<Writer, "streams"> {
  readonly lock: OwnerLock;
  readonly headFile: HeadFileWriter;
  readonly end: LogEnd;
}

/** How long a batch that nothing waits for stays in memory when no other commit takes it along. */
const lingerMs = 2;

export class SqliteStore implements Store {
  readonly epoch: number;
  readonly #writer: Writer;
  readonly #lock: OwnerLock;
  readonly #headFile: HeadFileWriter;
  #end: LogEnd;
  #syncedLength: number;
  #queue: Waiting[] = [];
  #scheduled = false;
  #lingering: NodeJS.Timeout | null = null;
  #isLingering = false;
  #failure: Problem | null = null;
  #counters = { syncedCommits: 0, orderedCommits: 0, batches: 0, records: 0, refusals: 0, lastSyncMs: 0 };
  #synchronous: "FULL" | "NORMAL" = "NORMAL";

  /** Use `openStore`. */
  constructor({ lock, headFile, end, ...writer }: StoreParts) {
    this.#writer = { ...writer, streams: new Map() };
    this.#lock = lock;
    this.#headFile = headFile;
    this.epoch = writer.epoch;
    this.#end = end;
    // What an earlier owner left in the log was made durable when this one recorded its epoch.
    this.#syncedLength = end.length;
  }

  append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>> {
    return this.#enqueue(batch, []);
  }

  /** Appends a record that says so and removes bodies, or puts them back, in the same commit. See `retention.ts`. */
  changeBodies(batch: AppendBatch, bodies: readonly BodyChange[]): Promise<Result<AppendReceipt, Problem>> {
    return this.#enqueue(batch, bodies);
  }

  /** Commits what is waiting. After a failure the store refuses everything: memory is ahead of the disk and must be rebuilt. */
  flush(): void {
    const waiting = this.#queue;
    if (waiting.length === 0) return;
    this.#queue = [];
    if (this.#failure !== null) return this.#refuse(waiting, this.#failure);
    const before = this.#end;
    const isSynced = waiting.some((one) => one.isSynced);
    const written = this.#commit(waiting, isSynced);
    if (!written.ok) {
      this.#failure = written.error;
      return this.#refuse(waiting, written.error);
    }
    this.#end = written.value;
    this.#counters.batches += waiting.length;
    this.#counters.records += written.value.length - before.length;
    this.#acknowledge(waiting, before.length);
  }

  hasRun(runId: string): boolean {
    return this.#writer.statements.runOfName.get(runId) !== undefined;
  }

  length(): number {
    return this.#end.length;
  }

  head(): Digest {
    return this.#end.head;
  }

  entries(range: EntryRange): readonly LogEntry[] {
    return readEntries(this.#writer.statements, range);
  }

  document(digest: Digest): JsonValue | null {
    return readDocument(this.#writer.statements, digest);
  }

  runs(range: RunRange): readonly RunRow[] {
    return readRuns(this.#writer.statements, range);
  }

  runsByPrefix(prefix: string): readonly RunRow[] {
    return readRunsByPrefix(this.#writer.statements, prefix);
  }

  /** The last snapshot of the site's state that is intact and stands for this log. */
  snapshot(): Snapshot | null {
    return readSnapshot(this.#writer.statements);
  }

  /**
   * Keeps a fold of the whole log as it stands now, to spare the next owner folding it. A derived value: written without
   * waiting for the disk, and after the records it stands for, so that no power loss leaves it ahead of them.
   */
  writeSnapshot(text: string): Result<void, Problem> {
    this.flush();
    if (this.#failure !== null) return fail(this.#failure);
    const { length, head } = this.#end;
    this.#setSynchronous("NORMAL");
    return inTransaction(this.#writer, () => {
      this.#writer.statements.insertSnapshot.run(length, head, text, snapshotCheck({ length, head, text }));
      this.#writer.statements.dropSnapshots.run(length);
    });
  }

  counters(): StoreCounters {
    return { ...this.#counters };
  }

  /** Keeps the database from growing beyond so many pages of 4096 bytes: a full disk before the disk is full. */
  limitPages(countMax: number): void {
    this.#writer.db.exec(`PRAGMA max_page_count = ${Math.trunc(countMax)}`);
  }

  /** Why the store refuses to write, or `null`. */
  failure(): Problem | null {
    return this.#failure;
  }

  /** Makes what was only ordered durable, and gives the store up. */
  async close(): Promise<void> {
    if (!this.#writer.db.isOpen) return;
    clearTimeout(this.#lingering ?? undefined);
    this.flush();
    if (this.#failure === null && this.#syncedLength < this.#end.length) this.#sync();
    this.#failure ??= problem("E_STORE_IO", "", "the store is closed");
    this.#headFile.close();
    this.#writer.db.close();
    this.#lock.release();
  }

  #enqueue(batch: AppendBatch, bodies: readonly BodyChange[]): Promise<Result<AppendReceipt, Problem>> {
    return new Promise((settle) => {
      // A plan that was recorded when it was made lies there already, and is large.
      const documents = batch.documents.filter(
        ({ digest }) => this.#writer.statements.hasDocument.get(digest) === undefined,
      );
      this.#queue.push({
        batch: prepareBatch({ ...batch, documents }, bodies),
        isSynced: batch.durability === "synced",
        settle,
      });
      if (batch.durability === "trailing") this.#linger();
      else this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** One timer for all that trails: whatever is flushed earlier leaves it nothing to do. */
  #linger(): void {
    if (this.#scheduled || this.#isLingering) return;
    this.#isLingering = true;
    // One timer for the life of the store, wound up again: a step needs it twice.
    this.#lingering =
      this.#lingering?.refresh() ??
      setTimeout(() => {
        this.#isLingering = false;
        this.flush();
      }, lingerMs);
  }

  #commit(waiting: readonly Waiting[], isSynced: boolean): Result<LogEnd, Problem> {
    const startedMs = isSynced ? performance.now() : 0;
    this.#setSynchronous(isSynced ? "FULL" : "NORMAL");
    const written = commitBatches(
      this.#writer,
      this.#end,
      waiting.map(({ batch }) => batch),
    );
    if (!written.ok) return written;
    this.#counters[isSynced ? "syncedCommits" : "orderedCommits"] += 1;
    return isSynced ? this.#recordHead(written.value, startedMs) : written;
  }

  /** Only ever called with what the disk has: the head file is never ahead of the log. */
  #recordHead(end: LogEnd, startedMs: number): Result<LogEnd, Problem> {
    this.#syncedLength = end.length;
    try {
      this.#headFile.write(end);
    } catch (error) {
      // Durable, but nobody could tell if it went missing: not acknowledged.
      return fail(storeProblem(error));
    }
    this.#counters.lastSyncMs = performance.now() - startedMs;
    return ok(end);
  }

  /** A synced commit that changes nothing makes every ordered one before it durable. */
  #sync(): void {
    this.#setSynchronous("FULL");
    const synced = inTransaction(this.#writer, () => this.#writer.db.exec("UPDATE meta SET epoch = epoch"));
    if (synced.ok) this.#recordHead(this.#end, performance.now());
  }

  #setSynchronous(level: "FULL" | "NORMAL"): void {
    if (this.#synchronous === level) return;
    this.#writer.db.exec(`PRAGMA synchronous = ${level}`);
    this.#synchronous = level;
  }

  #acknowledge(waiting: readonly Waiting[], firstSeq: number): void {
    let seq = firstSeq;
    for (const { batch, settle } of waiting) {
      settle(ok({ firstSeq: seq, length: this.#end.length, head: this.#end.head }));
      seq += batch.records.length;
    }
  }

  #refuse(waiting: readonly Waiting[], error: Problem): void {
    this.#counters.refusals += waiting.length;
    for (const { settle } of waiting) settle(fail(error));
  }
}
