import type { Event } from "../../src/core/run/words/event.ts";
import type { Problem } from "../../src/core/value/codes.ts";
import type { Result } from "../../src/core/value/result.ts";
import type { CommitTimer } from "../../src/log/commit-timer.ts";
import { LogStore } from "../../src/log/log-store.ts";
import { MemoryDisk } from "../../src/log/memory/memory-disk.ts";
import { MemoryJournal } from "../../src/log/memory/memory-journal.ts";
import { sharedIndex } from "../../src/log/memory/memory-store.ts";
import type { AppendBatch, AppendReceipt, Store } from "../../src/log/store.ts";
import type { Journal, JournalBatch } from "../../src/ports.ts";
import type { Commit } from "../commits.ts";

/* The real store over a journal in memory. The schedule decides when it begins a commit, writes it and reports it. */

/** What outlives a process, and what can be read of it, with each record as a commit of its own. */
export interface Disk {
  readonly memory: MemoryDisk;
  readonly commits: Commit[];
  /** The number of records that survive a power cut. */
  syncedCount: number;
  /** Where the records of acknowledged events are. */
  readonly seqs: WeakMap<Event, number>;
}

/** A disk without records. */
export function createDisk(): Disk {
  return { memory: new MemoryDisk(), commits: [], syncedCount: 0, seqs: new WeakMap() };
}

/** Reads what was written since the last call, and forgets what a power cut took. */
export function catchUp(disk: Disk): void {
  const { memory, commits } = disk;
  const { length } = memory.tables.end();
  commits.length = Math.min(commits.length, length);
  const entries = memory.tables.storedEntries({ stream: null, fromSeq: commits.length, limit: length });
  // The bodies are the events that engines handed over.
  for (const { record, bodyText } of entries)
    commits.push({ events: [JSON.parse(bodyText ?? "null") as Event], atMs: record.atMs });
  const acknowledged = memory.acknowledged();
  disk.syncedCount = acknowledged.kind === "head" ? acknowledged.head.length : 0;
}

/** The number of the record that an engine was told for its event, or -1 if it was not told yet. */
export function seqOf({ seqs }: Disk, event: Event): number {
  return seqs.get(event) ?? -1;
}

interface Held {
  readonly batch: JournalBatch;
  readonly settle: (result: Promise<Result<undefined, Problem>>) => void;
  /** The journal's answer, once the batch has been given to it. */
  result: Promise<Result<undefined, Problem>> | null;
}

/** The store of a process, controlled by the schedule. */
export class LoopStore implements Store {
  readonly epoch: number;
  readonly #disk: Disk;
  readonly #store: LogStore;
  readonly #journal: MemoryJournal;
  /** The append under way. There is at most one. */
  #held: Held | null = null;
  #soon: (() => void) | null = null;
  #later: (() => void) | null = null;
  /** Makes commits at once, as when a store opens or closes in good order. */
  isPrompt = false;

  /** Opens the disk, whose earlier owner is gone or does not know that it was replaced. */
  constructor(disk: Disk) {
    this.#disk = disk;
    disk.memory.abandon();
    this.#journal = new MemoryJournal(disk.memory);
    const lease = this.#journal.openNow();
    if (!lease.ok) throw new Error(lease.error.message);
    this.epoch = lease.value.epoch;
    this.#store = new LogStore({
      journal: this.#holding(),
      index: sharedIndex(disk.memory),
      lease: lease.value,
      timer: this.#timer(),
    });
  }

  async append(batch: AppendBatch): Promise<Result<AppendReceipt, Problem>> {
    const receipt = await this.#store.append(batch);
    if (receipt.ok)
      for (const [index, { body }] of batch.records.entries())
        this.#disk.seqs.set(body as unknown as Event, receipt.value.firstSeq + index);
    return receipt;
  }

  hasRun(runId: string): boolean {
    return this.#store.hasRun(runId);
  }

  close(): Promise<void> {
    this.isPrompt = true;
    this.write();
    this.tell();
    return this.#store.close();
  }

  /**
   * What is waiting: batches that something needs, or that only trail; a commit that is to be written; or its receipt.
   */
  waitsFor(): "nothing" | "commit" | "commit_of_trailing" | "disk" | "receipt" {
    if (this.#held !== null) return this.#held.result === null ? "disk" : "receipt";
    return this.#soon !== null ? "commit" : this.#later !== null ? "commit_of_trailing" : "nothing";
  }

  /** Begins a commit of everything that was handed over. */
  begin(): void {
    const [soon, later] = [this.#soon, this.#later];
    this.#soon = null;
    if (soon !== null) return soon();
    this.#later = null;
    later?.();
  }

  /** Gives the commit under way to the journal, which writes or refuses it. Nobody is told yet. */
  write(): void {
    if (this.#held === null || this.#held.result !== null) return;
    this.#held.result = this.#journal.append(this.#held.batch);
    // The engine handles the rejection when it is told. Until then it must not count as unhandled.
    this.#held.result.catch(() => undefined);
    catchUp(this.#disk);
  }

  /** Tells the store the result of the commit under way. */
  tell(): void {
    const held = this.#held;
    if (held === null || held.result === null) return;
    this.#held = null;
    held.settle(held.result);
  }

  /** Events that are written but not reported yet. */
  untold(): readonly Event[] {
    if (this.#held === null || this.#held.result === null) return [];
    return this.#held.batch.records.map(({ bodyText }) => JSON.parse(bodyText ?? "null") as Event);
  }

  /** Makes the next commit fail. */
  failNext(failure: Parameters<MemoryJournal["failNext"]>[0]): void {
    this.#journal.failNext(failure);
  }

  #holding(): Journal {
    const journal = this.#journal;
    return {
      open: (owner) => journal.open(owner),
      append: (batch) =>
        new Promise((settle) => {
          this.#held = { batch, settle, result: null };
          if (!this.isPrompt) return;
          this.write();
          this.tell();
        }),
      tail: (fromSeq, limit) => journal.tail(fromSeq, limit),
      documents: (skipCount, limit) => journal.documents(skipCount, limit),
      document: (digest) => journal.document(digest),
      follow: (onLength) => journal.follow(onLength),
      close: () => journal.close(),
    };
  }

  #timer(): CommitTimer {
    return {
      soon: (work) => {
        if (this.isPrompt) queueMicrotask(work);
        else this.#soon = work;
      },
      later: (work) => {
        if (this.isPrompt) queueMicrotask(work);
        else this.#later = work;
      },
      stop: () => {
        this.#soon = null;
        this.#later = null;
      },
    };
  }
}
