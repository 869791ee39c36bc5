/**
 * The owner's store. Batches go through one queue; they are chained, written by the journal, taken in by the index and
 * acknowledged, in that order. Keeps I6, I8, I18 and I19 together with the journal below it.
 *
 * Group commit: batches that arrive in one turn of the event loop share a commit, and batches that arrive during a
 * commit share the next. At most one append is in flight. A `trailing` batch asks for no commit of its own: it goes
 * with the next one, or after a moment (`CommitTimer.later`).
 */
import type { LogEntry } from "../core/log/record.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { assertNever, InvariantError } from "../core/value/invariant.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { BodyChange, Durability, Journal, JournalBatch, JournalLease } from "../ports.ts";
import { type CommitTimer, eventLoopTimer } from "./commit-timer.ts";
import type { RunListState, RunRow } from "./run-index.ts";
import { type PreparedBatch, prepareBatch, sealBatch } from "./seal.ts";
import type {
  AppendBatch,
  AppendReceipt,
  LogEnd,
  LogIndex,
  LogRange,
  LogSource,
  RemovableRange,
  RunRange,
  Snapshot,
  Store,
  StoreCounters,
  StoredEntry,
} from "./store.ts";

/** The parts of a store. The lease is the one that `journal.open` gave. */
export interface LogStoreParts {
  readonly journal: Journal;
  readonly index: LogIndex;
  readonly lease: JournalLease;
  /**
   * Decides when waiting batches are committed. The event loop does, unless a test or a simulation passes its own
   * timer.
   */
  readonly timer?: CommitTimer;
}

type Receipt<T> = (result: Result<T, Problem>) => void;

type Waiting =
  | { readonly kind: "batch"; readonly batch: PreparedBatch; readonly settle: Receipt<AppendReceipt> }
  | { readonly kind: "snapshot"; readonly text: string; readonly settle: Receipt<undefined> };

type WaitingBatch = Extract<Waiting, { readonly kind: "batch" }>;

export class LogStore implements Store, LogSource {
  readonly epoch: number;
  /** Aborted when another owner has taken the log. */
  readonly lost: AbortSignal;
  readonly #journal: Journal;
  readonly #index: LogIndex;
  readonly #timer: CommitTimer;
  #end: LogEnd;
  #queue: Waiting[] = [];
  /** Whether something that waits asks for a commit of its own. */
  #isUrgent = false;
  #isScheduled = false;
  #isLingering = false;
  #writing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #failure: Problem | null = null;
  #onSynced: (end: LogEnd) => void = () => undefined;
  #counters = { syncedCommits: 0, orderedCommits: 0, batches: 0, records: 0, refusals: 0, lastSyncMs: 0 };

  constructor({ journal, index, lease, timer }: LogStoreParts) {
    this.#journal = journal;
    this.#index = index;
    this.#timer = timer ?? eventLoopTimer();
    this.epoch = lease.epoch;
    this.lost = lease.lost;
    this.#end = lease.end;
  }

  append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>> {
    return this.changeBodies(batch, []);
  }

  /** Appends a batch whose first record says which bodies are removed or put back, and does that in the same commit. */
  changeBodies(batch: AppendBatch, bodies: readonly BodyChange[]): Promise<Result<AppendReceipt, Problem>> {
    return new Promise((settle) => {
      // A plan that was recorded when it was made is stored already, and is large.
      const documents = batch.documents.filter(({ digest }) => !this.#index.hasDocument(digest));
      const prepared = prepare({ ...batch, documents }, bodies);
      if (prepared === null) return settle(fail(problem("E_UNSTORABLE", "", "the batch holds what cannot be sealed")));
      this.#enqueue({ kind: "batch", batch: prepared, settle }, rankOf(batch.durability) > 0);
    });
  }

  /**
   * Keeps a fold of the log, so that the next owner need not fold it: of everything that was handed over before this
   * call, and nothing after it. It is a derived value, written after the records that it stands for.
   */
  writeSnapshot(text: string): Promise<Result<undefined, Problem>> {
    return new Promise((settle) => this.#enqueue({ kind: "snapshot", text, settle }, true));
  }

  hasRun(runId: string): boolean {
    return this.#index.hasRun(runId);
  }

  /** The end of the log: what has been acknowledged, without what still waits. */
  end(): LogEnd {
    return this.#end;
  }

  storeId(): string | null {
    return this.#index.storeId();
  }

  entries(range: LogRange): readonly LogEntry[] {
    return this.#index.entries(range);
  }

  storedEntries(range: LogRange): readonly StoredEntry[] {
    return this.#index.storedEntries(range);
  }

  document(digest: Digest): JsonValue | null {
    return this.#index.document(digest);
  }

  snapshot(): Snapshot | null {
    return this.#index.snapshot();
  }

  runs(range: RunRange): readonly RunRow[] {
    return this.#index.runs(range);
  }

  runsByPrefix(prefix: string): readonly RunRow[] {
    return this.#index.runsByPrefix(prefix);
  }

  runsOfPlan(range: RunRange & { readonly planHash: Digest; readonly sinceSeq: number }): readonly RunRow[] {
    return this.#index.runsOfPlan(range);
  }

  runsWithPrefix(range: RunRange & { readonly prefix: string }): readonly RunRow[] {
    return this.#index.runsWithPrefix(range);
  }

  endOf(runId: string): LogEntry | null {
    return this.#index.endOf(runId);
  }

  invariantRecordsOf(runId: string): readonly LogEntry[] {
    return this.#index.invariantRecordsOf(runId);
  }

  removableRuns(range: RemovableRange): readonly RunRow[] {
    return this.#index.removableRuns(range);
  }

  countOf(state: RunListState): number {
    return this.#index.countOf(state);
  }

  unfinishedCounts(): ReadonlyMap<string, number> {
    return this.#index.unfinishedCounts();
  }

  counters(): StoreCounters {
    return { ...this.#counters };
  }

  /** Why the store refuses to write, or `null`. */
  failure(): Problem | null {
    return this.#failure;
  }

  /** Calls back with the length after commits, as `Journal.follow` does. */
  follow(onLength: (length: number) => void): () => void {
    return this.#journal.follow(onLength);
  }

  /** Calls back with the end of the log after each synced commit, before anybody learns of that commit. */
  followSynced(onSynced: (end: LogEnd) => void): void {
    this.#onSynced = onSynced;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timer.stop();
    while (this.#writing !== null || this.#queue.length > 0) {
      this.#onTime();
      await this.#writing;
    }
    this.#failure ??= problem("E_STORE_IO", "", "the store is closed");
    await this.#journal.close();
    this.#index.close();
  }

  #enqueue(waiting: Waiting, isUrgent: boolean): void {
    if (this.#closing !== null || this.#failure !== null) {
      this.#refuse([waiting], this.#failure ?? problem("E_STORE_IO", "", "the store is closed"));
      return;
    }
    this.#queue.push(waiting);
    this.#isUrgent ||= isUrgent;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#writing !== null || this.#isScheduled || this.#queue.length === 0) return;
    if (this.#isUrgent) {
      this.#isScheduled = true;
      this.#timer.soon(() => {
        this.#isScheduled = false;
        this.#onTime();
      });
    } else if (!this.#isLingering) {
      this.#isLingering = true;
      this.#timer.later(() => {
        this.#isLingering = false;
        this.#onTime();
      });
    }
  }

  #onTime(): void {
    if (this.#writing === null && this.#queue.length > 0) this.#startWriting();
  }

  #startWriting(): void {
    const group = this.#takeGroup();
    const written = this.#write(group).catch((error: unknown) => {
      // What became of the group is unknown, which is as bad as a refusal.
      this.#failure ??= problem("E_INTERNAL", "", `the store failed (${nameOf(error)})`);
      this.#refuse(group, this.#failure);
    });
    this.#writing = written.finally(() => {
      this.#writing = null;
      this.#schedule();
    });
  }

  /** Takes batches up to the next snapshot, or that snapshot, which stands for what was handed over before it. */
  #takeGroup(): readonly Waiting[] {
    const at = this.#queue.findIndex(({ kind }) => kind === "snapshot");
    const count = at === -1 ? this.#queue.length : Math.max(1, at);
    const group = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    this.#isUrgent = this.#queue.length > 0;
    return group;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const [first] = group;
    if (this.#failure !== null) this.#refuse(group, this.#failure);
    else if (first?.kind === "snapshot") first.settle(this.#keepSnapshot(first.text));
    else await this.#commit(group.filter((one) => one.kind === "batch"));
  }

  async #commit(group: readonly WaitingBatch[]): Promise<void> {
    const durability = strongest(group.map(({ batch }) => batch.durability));
    const startedMs = performance.now();
    const batch = sealBatch({
      epoch: this.epoch,
      from: this.#end,
      durability,
      batches: group.map(({ batch }) => batch),
    });
    const written = await this.#writeOut(batch);
    if (!written.ok) {
      this.#failure = written.error;
      this.#refuse(group, written.error);
      return;
    }
    this.#end = batch.to;
    if (durability === "synced") this.#onSynced(batch.to);
    this.#count(batch, group.length, performance.now() - startedMs);
    let firstSeq = batch.from.length;
    for (const { batch: settled, settle } of group) {
      settle(ok({ firstSeq, ...batch.to }));
      firstSeq += settled.records.length;
    }
  }

  /** A snapshot that cannot be kept costs the next owner time and nothing else. */
  #keepSnapshot(text: string): Result<undefined, Problem> {
    try {
      return this.#index.writeSnapshot(this.#end, text);
    } catch (error) {
      return fail(problem("E_INTERNAL", "", `the snapshot failed (${nameOf(error)})`));
    }
  }

  /** If a journal throws, the outcome is unknown, which is as bad as a refusal. */
  async #writeOut(batch: JournalBatch): Promise<Result<undefined, Problem>> {
    try {
      const written = await this.#journal.append(batch);
      return written.ok ? this.#index.take(batch) : written;
    } catch (error) {
      return fail(problem("E_INTERNAL", "", `the journal failed (${nameOf(error)})`));
    }
  }

  #count(batch: JournalBatch, batchCount: number, elapsedMs: number): void {
    const counters = this.#counters;
    switch (batch.durability) {
      case "synced":
        counters.syncedCommits += 1;
        counters.lastSyncMs = elapsedMs;
        break;
      case "ordered":
      case "trailing":
        counters.orderedCommits += 1;
        break;
      default:
        assertNever(batch.durability);
    }
    counters.batches += batchCount;
    counters.records += batch.records.length;
  }

  #refuse(waiting: readonly Waiting[], error: Problem): void {
    for (const { kind, settle } of waiting) {
      if (kind === "batch") this.#counters.refusals += 1;
      settle(fail(error));
    }
  }
}

/** A batch that cannot be sealed is refused alone: nothing is wrong with the store. */
function prepare(batch: AppendBatch, bodies: readonly BodyChange[]): PreparedBatch | null {
  try {
    return prepareBatch(batch, bodies);
  } catch (error) {
    if (error instanceof InvariantError) return null;
    throw error;
  }
}

/** The text of an error may quote data, so only its name is used. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "no error";
}

/** Greater is stronger; 0 asks for no commit of its own. */
function rankOf(durability: Durability): number {
  switch (durability) {
    case "trailing":
      return 0;
    case "ordered":
      return 1;
    case "synced":
      return 2;
    default:
      return assertNever(durability);
  }
}

function strongest(durabilities: readonly Durability[]): Durability {
  return durabilities.reduce((one, other) => (rankOf(other) > rankOf(one) ? other : one), "trailing");
}
