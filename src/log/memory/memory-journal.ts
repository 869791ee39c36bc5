import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { assertNever } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { DocumentText, Durability, Journal, JournalBatch, JournalLease, StoredEntry } from "../../ports.ts";
import type { MemoryDisk } from "./memory-disk.ts";

/** How the next append fails. `isWritten`: the batch is written anyway, and only the answer is bad. */
export type MemoryFailure =
  | {
      readonly kind: "problem";
      readonly code: "E_STORE_FULL" | "E_STORE_IO" | "E_STORE_FENCED";
      readonly isWritten: boolean;
    }
  | { readonly kind: "throws"; readonly isWritten: boolean };

/**
 * A journal in memory, for tests and the simulator. By default an append is written and answered at once. In `held`
 * mode it waits until the test lets it through, so that a test can act between a decision and its durability.
 */
export class MemoryJournal implements Journal {
  /** `held`: appends wait for `release`, `land` or `drop`. */
  mode: "immediate" | "held" = "immediate";
  readonly #disk: MemoryDisk;
  readonly #lost = new AbortController();
  readonly #listeners = new Set<(length: number) => void>();
  #lease: JournalLease | null = null;
  #failure: MemoryFailure | null = null;
  #held: { readonly batch: JournalBatch; readonly settle: () => void }[] = [];

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  open(_owner: string): Promise<Result<JournalLease, Problem>> {
    return Promise.resolve(this.openNow());
  }

  /** Like `open`, for a caller that cannot wait. */
  openNow(): Result<JournalLease, Problem> {
    if (!this.#disk.take(this)) return fail(problem("E_STORE_LOCKED", "", "another owner has this journal"));
    this.#disk.epoch += 1;
    this.#lease = { epoch: this.#disk.epoch, end: this.#disk.tables.end(), lost: this.#lost.signal };
    return ok(this.#lease);
  }

  append(batch: JournalBatch): Promise<Result<undefined, Problem>> {
    if (this.mode === "immediate") return this.#carryOut(batch);
    return new Promise((resolve) => {
      this.#held.push({ batch, settle: () => resolve(this.#carryOut(batch)) });
    });
  }

  /** Lets waiting appends through: all of them, or this many. */
  release(count = Number.POSITIVE_INFINITY): void {
    for (const { settle } of this.#held.splice(0, count)) settle();
  }

  /** Writes the waiting appends and loses their answers, like a process that is killed just after its commit. */
  land(): void {
    for (const { batch } of this.#held.splice(0)) this.#write(batch);
  }

  /** Forgets the waiting appends, like a process that is killed just before its commit. */
  drop(): void {
    this.#held = [];
  }

  heldCount(): number {
    return this.#held.length;
  }

  /** Makes the next append that is let through fail. */
  failNext(failure: MemoryFailure): void {
    this.#failure = failure;
  }

  tail(fromSeq: number, limit: number): Promise<Result<readonly StoredEntry[], Problem>> {
    return this.#read(() => this.#disk.tables.storedEntries({ stream: null, fromSeq, limit }));
  }

  documents(skipCount: number, limit: number): Promise<Result<readonly DocumentText[], Problem>> {
    return this.#read(() => this.#disk.tables.documents(skipCount, limit));
  }

  document(digest: Digest): Promise<Result<string | null, Problem>> {
    return this.#read(() => this.#disk.tables.documentText(digest));
  }

  follow(onLength: (length: number) => void): () => void {
    // A function of its own, so that the same function can listen twice.
    const listener = (length: number): void => onLength(length);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    if (this.#lease !== null && this.#isOurs(this.#lease.epoch)) this.#disk.sync();
    this.#disk.release(this);
    this.#lease = null;
    this.#listeners.clear();
    return Promise.resolve();
  }

  async #carryOut(batch: JournalBatch): Promise<Result<undefined, Problem>> {
    const failure = this.#failure;
    this.#failure = null;
    if (failure === null || failure.isWritten) {
      const written = this.#write(batch);
      if (failure === null) return written;
    }
    if (failure.kind === "throws") throw new Error("the journal threw");
    if (failure.code === "E_STORE_FENCED") this.#lost.abort();
    return fail(problem(failure.code, "", "the test said so"));
  }

  #write(batch: JournalBatch): Result<undefined, Problem> {
    if (this.#lease === null) return fail(closedProblem());
    const end = this.#disk.tables.end();
    const follows = batch.from.length === end.length && batch.from.head === end.head;
    if (batch.epoch !== this.#lease.epoch || !this.#isOurs(batch.epoch) || !follows) {
      this.#lost.abort();
      return fail(problem("E_STORE_FENCED", "", "another engine owns this store now"));
    }
    this.#disk.write(batch);
    if (waitsForDisk(batch.durability)) this.#disk.sync();
    this.#announce(batch.to.length);
    return ok(undefined);
  }

  #announce(length: number): void {
    for (const listener of this.#listeners)
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(length);
      });
  }

  #isOurs(epoch: number): boolean {
    return epoch === this.#disk.epoch;
  }

  #read<T>(work: () => T): Promise<Result<T, Problem>> {
    return Promise.resolve(this.#lease === null ? fail(closedProblem()) : ok(work()));
  }
}

function closedProblem(): Problem {
  return problem("E_STORE_IO", "", "the journal is not open");
}

function waitsForDisk(durability: Durability): boolean {
  switch (durability) {
    case "synced":
      return true;
    case "ordered":
    case "trailing":
      return false;
    default:
      return assertNever(durability);
  }
}
