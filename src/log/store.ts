/**
 * What the parts of this folder offer one another, and what the owner of a site works with. Everything here is
 * synchronous but appending: the owner reads its own index, and a reader beside it reads the same file.
 *
 *     engine - append -> LogStore - seal -> Journal (ports.ts) -> LogIndex -> receipt
 *
 * - **Ownership.** What goes in is copied to text before `append` returns; what comes out is the caller's to keep,
 *   not to change.
 * - **Errors.** Appending gives problems as values. Reads throw: `StoreDamage` where a row is not as it was written,
 *   and what the storage throws where it cannot be read. `isStorageError` recognises both, `readProblem` words them.
 */
import type { LogEntry, RecordDraft } from "../core/log/record.ts";
import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import type { Result } from "../core/value/result.ts";
import type { Durability, JournalBatch, LogEnd, LogRange, StoredDocument, StoredEntry } from "../ports.ts";
import type { HeadFile } from "./head-file.ts";
import type { RunListState, RunRow } from "./run-index.ts";

export type { Durability, LogEnd, LogRange, StoredEntry } from "../ports.ts";

/** A draft, with the canonical text of its body where the caller has made it already. */
export interface SealableDraft extends RecordDraft {
  readonly bodyText?: string;
}

/** Records of one decision, and documents that lie beside the log by digest (plans, envelopes, outputs). */
export interface AppendBatch {
  readonly durability: Durability;
  readonly records: readonly SealableDraft[];
  readonly documents: readonly SealableDocument[];
}

/** A document, and its canonical text where the caller has it. */
export interface SealableDocument extends StoredDocument {
  readonly text?: string;
}

/**
 * What became of a batch. Other batches may have shared its commit: `length` and `head` are the log's behind all of
 * them.
 */
export interface AppendReceipt extends LogEnd {
  /** Number of the batch's first record; its others follow without a gap. */
  readonly firstSeq: number;
}

/** What an engine needs of the log. */
export interface Store {
  readonly epoch: number;
  /**
   * All or none, in the order in which batches are handed over, conditional on the owner's epoch and on where it
   * knows the log to end (I18, I19). Batches handed over while a commit is under way share the next one.
   * `E_STORE_FULL`, `E_STORE_FENCED`, `E_STORE_IO`, `E_INTERNAL`; after one of these it refuses everything, since
   * memory is ahead of the log and must be rebuilt. Rejects with `InvariantError` for a body that is not plain data,
   * which concerns that batch alone.
   */
  append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>>;
  /** Whether a run of this id was ever started. Cost: one look-up. */
  hasRun(runId: string): boolean;
  /** Commits what was handed over, makes it durable, and gives the log up. Safe to call twice. */
  close(): Promise<void>;
}

/** Which runs to list: newest first, before the given sequence number. `state: null` is any. */
export interface RunRange {
  readonly state: RunListState | null;
  readonly beforeSeq: number;
  readonly limit: number;
}

/** A fold of the log up to `length`, kept to spare folding it again. */
export interface Snapshot {
  readonly length: number;
  readonly text: string;
}

/**
 * Lists of runs, which an index keeps beside the records so that nobody has to read the log to find a run. They are
 * derived from the log, written in the same commit, and held against it by `verify`. No list costs more for a longer
 * log, except where it says so.
 */
export interface RunLists {
  runs(range: RunRange): readonly RunRow[];
  /** Runs whose id begins so, at most two: enough to know whether the prefix is unique. */
  runsByPrefix(prefix: string): readonly RunRow[];
  /**
   * Runs of one plan that were started at record `sinceSeq` or later. Cost: O(the runs since then, as far as the page
   * goes).
   */
  runsOfPlan(range: RunRange & { readonly planHash: Digest; readonly sinceSeq: number }): readonly RunRow[];
  /** Runs whose ids begin with the prefix, the greatest id first, which is the newest. */
  runsWithPrefix(range: RunRange & { readonly prefix: string }): readonly RunRow[];
  /** The record with which a run ended; `null` while it has not. Cost: O(what was recorded of it after its end). */
  endOf(runId: string): LogEntry | null;
  /** What a run recorded of invariants that broke or held again, in ascending order. Cost: O(the run's records). */
  invariantRecordsOf(runId: string): readonly LogEntry[];
}

/** One log, read synchronously: by its owner, or from beside it. Each call sees whole commits only. */
export interface LogSource extends RunLists {
  end(): LogEnd;
  /** The id that was given to this store, or `null` before it has one. See `store-id.ts`. */
  storeId(): string | null;
  /** In ascending order, each record and body held against its digest. */
  entries(range: LogRange): readonly LogEntry[];
  /** In ascending order, as they lie there, for a verifier to judge. */
  storedEntries(range: LogRange): readonly StoredEntry[];
  /**
   * `null` if it was never stored. Its text is held against a check of the storage's own; the digest is for the
   * caller to compute.
   */
  document(digest: Digest): JsonValue | null;
  /**
   * The last snapshot of the site that is intact and stands for this log; `null` means that the log has to be folded.
   */
  snapshot(): Snapshot | null;
  /** Runs that ended before a time and have bodies that may go, oldest first. Cost: O(the runs passed over). */
  removableRuns(range: RemovableRange): readonly RunRow[];
  /** How many runs there are in each state that is not an end. Cost: O(those runs). */
  unfinishedCounts(): ReadonlyMap<string, number>;
  /** How many runs there are in one state. Cost: O(those runs). */
  countOf(state: RunListState): number;
}

/** Which runs to take bodies of. */
export interface RemovableRange {
  readonly endedBeforeMs: number;
  readonly afterSeq: number;
  readonly limit: number;
}

/** The owner's own view of its log: every record its journal has acknowledged. One is in use by one `LogStore`. */
export interface LogIndex extends LogSource {
  hasRun(runId: string): boolean;
  hasDocument(digest: Digest): boolean;
  /**
   * Takes in a batch that the journal has written: records, documents, bodies and the list of runs, all or none. Does
   * nothing where index and journal are one file. A problem leaves the index behind its journal; the next owner
   * catches it up.
   */
  take(batch: JournalBatch): Result<undefined, Problem>;
  /**
   * Keeps one snapshot, of the log up to `end`, in the place of those before. Not waited for: it is a derived value.
   */
  writeSnapshot(end: LogEnd, text: string): Result<undefined, Problem>;
  close(): void;
}

/** A store seen from beside its owner: reads only, at any time, without a lock. */
export interface StoreReader extends LogSource {
  /** The end of the log as last acknowledged, kept apart from the log itself. */
  acknowledged(): HeadFile;
  /** How often an owner has opened the store. */
  epoch(): number;
  /** Cost: O(n). */
  runCount(): number;
  /** Whether everything beside the chain is as it was written. Cost: reads the whole file. */
  checkTables(): Problem | null;
  /** Whether the file's pages hold together, as `doctor` asks. Cost: reads the whole file once. */
  checkStructure(): Problem | null;
  /** Everything that the work reads, it reads of one moment, however much the owner writes meanwhile. */
  atOneMoment<T>(work: () => T): T;
  close(): void;
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
