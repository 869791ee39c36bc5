import { genesisDigest } from "../../core/log/chain.ts";
import type { LogEntry } from "../../core/log/record.ts";
import { storeStream } from "../../core/log/removal.ts";
import { storeIdIn } from "../../core/log/store-records.ts";
import type { Digest } from "../../core/value/digest.ts";
import { invariant } from "../../core/value/invariant.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import type { DocumentText, JournalBatch, MarkedBodyChange } from "../../ports.ts";
import {
  endedStates,
  indexedKinds,
  invariantKinds,
  type RunListState,
  type RunRow,
  runIndexChange,
  unfinishedStates,
} from "../run-index.ts";
import type { LogEnd, LogRange, LogSource, RemovableRange, RunRange, Snapshot, StoredEntry } from "../store.ts";

/**
 * A log as plain arrays, with the same content as the SQLite tables and the same answers. Rows are returned as the
 * objects that were written, so there are no digests to check.
 *
 * Cost of listing runs: O(all runs).
 */
export class MemoryTables implements LogSource {
  readonly #entries: StoredEntry[] = [];
  readonly #seqsOf = new Map<string, number[]>();
  readonly #documents = new Map<Digest, string>();
  readonly #runs = new Map<string, RunRow>();
  #snapshot: (Snapshot & { readonly head: Digest }) | null = null;

  /**
   * Writes a batch, completely or not at all. Throws `InvariantError` for one that does not follow from what is here.
   */
  write({ from, records, documents, bodies }: JournalBatch): void {
    const end = this.end();
    invariant(from.length === end.length && from.head === end.head, "a batch follows from where the log ends");
    const starts = records.filter(({ record }) => record.kind === "run_started");
    invariant(
      starts.every(({ record }) => !this.#runs.has(record.stream)),
      "a run is started once",
    );
    for (const change of bodies) this.#checkBody(change);
    for (const { digest, text } of documents) if (!this.#documents.has(digest)) this.#documents.set(digest, text);
    for (const entry of records) this.#writeEntry({ ...entry, removedBy: null });
    for (const change of bodies) this.#changeBody(change);
  }

  /** Adds records as a journal has them, where bodies may have been removed. */
  add(entries: readonly StoredEntry[], documents: readonly DocumentText[]): void {
    for (const { digest, text } of documents) this.#documents.set(digest, text);
    for (const entry of entries) this.#writeEntry(entry);
  }

  writeSnapshot(end: LogEnd, text: string): void {
    this.#snapshot = { length: end.length, head: end.head, text };
  }

  clear(): void {
    this.#entries.length = 0;
    for (const map of [this.#seqsOf, this.#documents, this.#runs]) map.clear();
    this.#snapshot = null;
  }

  end(): LogEnd {
    return { length: this.#entries.length, head: this.#entries.at(-1)?.digest ?? genesisDigest };
  }

  storeId(): string | null {
    const seqs = this.#seqsOf.get(storeStream) ?? [];
    for (const entry of seqs.flatMap((seq) => this.#entries[seq] ?? [])) {
      const storeId = entry.bodyText === null ? null : storeIdIn(entry.record, entry.bodyText);
      if (storeId !== null) return storeId;
    }
    return null;
  }

  entries(range: LogRange): readonly LogEntry[] {
    return this.storedEntries(range);
  }

  storedEntries({ stream, fromSeq, limit }: LogRange): readonly StoredEntry[] {
    if (stream === null) return this.#entries.slice(fromSeq, fromSeq + limit);
    const seqs = (this.#seqsOf.get(stream) ?? []).filter((seq) => seq >= fromSeq).slice(0, limit);
    return seqs.flatMap((seq) => this.#entries[seq] ?? []);
  }

  document(digest: Digest): JsonValue | null {
    const text = this.#documents.get(digest);
    // Written from canonical text.
    return text === undefined ? null : (JSON.parse(text) as JsonValue);
  }

  documentText(digest: Digest): string | null {
    return this.#documents.get(digest) ?? null;
  }

  documents(skipCount: number, limit: number): readonly DocumentText[] {
    return [...this.#documents].slice(skipCount, skipCount + limit).map(([digest, text]) => ({ digest, text }));
  }

  documentCount(): number {
    return this.#documents.size;
  }

  hasDocument(digest: Digest): boolean {
    return this.#documents.has(digest);
  }

  hasRun(runId: string): boolean {
    return this.#runs.has(runId);
  }

  runCount(): number {
    return this.#runs.size;
  }

  snapshot(): Snapshot | null {
    if (this.#snapshot === null) return null;
    const { length, head, text } = this.#snapshot;
    const before = length === 0 ? genesisDigest : this.#entries[length - 1]?.digest;
    return before === head ? { length, text } : null;
  }

  runs({ state, beforeSeq, limit }: RunRange): readonly RunRow[] {
    return this.#newestFirst(state)
      .filter(({ seq }) => seq < beforeSeq)
      .slice(0, limit);
  }

  runsByPrefix(prefix: string): readonly RunRow[] {
    return [...this.#runs.values()]
      .filter(({ runId }) => runId.startsWith(prefix))
      .sort((left, right) => (left.runId < right.runId ? -1 : 1))
      .slice(0, 2);
  }

  runsOfPlan(range: RunRange & { readonly planHash: Digest; readonly sinceSeq: number }): readonly RunRow[] {
    return this.#newestFirst(range.state)
      .filter(({ seq, planHash }) => planHash === range.planHash && seq >= range.sinceSeq && seq < range.beforeSeq)
      .slice(0, range.limit);
  }

  runsWithPrefix({ prefix, state, beforeSeq, limit }: RunRange & { readonly prefix: string }): readonly RunRow[] {
    const last = [...this.#runs.values()].find(({ seq }) => seq === beforeSeq);
    const end = last?.runId.startsWith(prefix) === true ? last.runId : `${prefix}\u{10ffff}`;
    return this.#newestFirst(state)
      .filter(({ runId }) => runId >= prefix && runId < end)
      .sort((left, right) => (left.runId < right.runId ? 1 : -1))
      .slice(0, limit);
  }

  endOf(runId: string): LogEntry | null {
    const entries = (this.#seqsOf.get(runId) ?? []).flatMap((seq) => this.#entries[seq] ?? []);
    return entries.findLast(({ record }) => record.kind === "run_ended") ?? null;
  }

  invariantRecordsOf(runId: string): readonly LogEntry[] {
    const entries = (this.#seqsOf.get(runId) ?? []).flatMap((seq) => this.#entries[seq] ?? []);
    return entries.filter(({ record }) => invariantKinds.includes(record.kind));
  }

  removableRuns({ endedBeforeMs, afterSeq, limit }: RemovableRange): readonly RunRow[] {
    const isRemovable = (seq: number): boolean => {
      const entry = this.#entries[seq];
      const kind = entry?.record.kind ?? "";
      return entry?.bodyText !== null && kind !== "step_intent" && !indexedKinds.has(kind);
    };
    return [...this.#runs.values()]
      .filter(({ seq, changedMs, state }) => seq > afterSeq && changedMs < endedBeforeMs && endedStates.includes(state))
      .filter(({ runId }) => (this.#seqsOf.get(runId) ?? []).some(isRemovable))
      .sort((left, right) => left.seq - right.seq)
      .slice(0, limit);
  }

  countOf(state: RunListState): number {
    return this.#newestFirst(state).length;
  }

  unfinishedCounts(): ReadonlyMap<string, number> {
    const counts = unfinishedStates.map((state) => [state, this.#newestFirst(state).length] as const);
    return new Map(counts.filter(([, count]) => count > 0));
  }

  #newestFirst(state: RunListState | null): readonly RunRow[] {
    return [...this.#runs.values()]
      .filter((run) => state === null || run.state === state)
      .sort((left, right) => right.seq - left.seq);
  }

  #writeEntry(entry: StoredEntry): void {
    const { seq, stream, atMs, kind } = entry.record;
    this.#entries.push(entry);
    const seqs = this.#seqsOf.get(stream);
    if (seqs === undefined) this.#seqsOf.set(stream, [seq]);
    else seqs.push(seq);
    const change = entry.bodyText === null ? null : runIndexChange(kind, stream, entry.bodyText);
    if (change === null) return;
    if (change.kind === "started") {
      const { runId, planHash, actor } = change;
      this.#runs.set(runId, { seq, runId, planHash, actor, startedMs: atMs, changedMs: atMs, state: "running" });
      return;
    }
    const known = this.#runs.get(stream);
    if (known !== undefined) this.#runs.set(stream, { ...known, changedMs: atMs, state: change.state });
  }

  #checkBody(change: MarkedBodyChange): void {
    const entry = this.#entries[change.seq];
    const isThere = entry !== undefined && entry.bodyText !== null;
    invariant(
      entry !== undefined && isThere === (change.kind === "remove"),
      "a body is removed once, and put back where it is missing",
    );
  }

  #changeBody(change: MarkedBodyChange): void {
    const entry = this.#entries[change.seq];
    if (entry === undefined) return;
    this.#entries[change.seq] =
      change.kind === "remove"
        ? { ...entry, bodyText: null, removedBy: change.markerSeq }
        : { ...entry, bodyText: change.bodyText, removedBy: null };
  }
}
