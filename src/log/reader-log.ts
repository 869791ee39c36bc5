import { setTimeout as delay } from "node:timers/promises";
import type { LogEntry, RecordDraft } from "../core/log/record.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Log, LogEnd, LogRange, StoredDocument } from "../ports.ts";
import { isStorageError, readProblem } from "./sqlite/store-problem.ts";
import type { StoreReader } from "./store.ts";

/** What a log is read from, and who appends to it. */
export interface ReaderLogParts {
  /** Opens a reader. Called at the first use, and again as long as there is no log. */
  readonly open: () => Result<StoreReader, Problem> | Promise<Result<StoreReader, Problem>>;
  /** Sends records to the owner of the log, or becomes the owner. */
  readonly append: Log["append"];
  /** Wakes followers if the owner is in this process. Without it, they look at the file from time to time. */
  readonly wake?: (onNews: () => void) => () => void;
}

const pageSize = 500;

/** How often a follower looks for new records that nobody reported. */
const lookMs = 100;

/** A log over a reader of the store, beside any owner. */
export class ReaderLog implements Log {
  readonly #parts: ReaderLogParts;
  readonly #closed = new AbortController();
  #reader: StoreReader | null = null;
  #opening: Promise<Result<StoreReader, Problem>> | null = null;

  constructor(parts: ReaderLogParts) {
    this.#parts = parts;
  }

  async end(): Promise<Result<LogEnd, Problem>> {
    return this.#read((reader) => ok(reader.end()));
  }

  async page(range: LogRange): Promise<Result<readonly LogEntry[], Problem>> {
    return this.#read((reader) => {
      const entries = reader.entries(range);
      const lost = range.stream === null ? firstGap(entries, range.fromSeq) : null;
      return lost === null
        ? ok(entries)
        : fail(problem("E_LOG_CHAIN", `/records/${lost}`, `record ${lost} is missing`));
    });
  }

  async *follow(
    range: Omit<LogRange, "limit">,
    signal: AbortSignal,
  ): AsyncGenerator<Result<LogEntry, Problem>, void, void> {
    const over = AbortSignal.any([signal, this.#closed.signal]);
    const bell = new Bell(this.#parts.wake);
    try {
      let { fromSeq } = range;
      while (!over.aborted) {
        const page = await this.page({ stream: range.stream, fromSeq, limit: pageSize });
        if (over.aborted) return;
        if (!page.ok) {
          yield page;
          return;
        }
        for (const entry of page.value) {
          fromSeq = entry.record.seq + 1;
          yield ok(entry);
          if (over.aborted) return;
        }
        if (page.value.length === pageSize) continue;
        await bell.wait(lookMs, over);
      }
    } finally {
      bell.close();
    }
  }

  async document(digest: Digest): Promise<Result<JsonValue | null, Problem>> {
    return this.#read((reader) => ok(reader.document(digest)));
  }

  async append(
    records: readonly RecordDraft[],
    documents: readonly StoredDocument[],
  ): Promise<Result<LogEnd, Problem>> {
    return this.#closed.signal.aborted ? fail(closedProblem()) : this.#parts.append(records, documents);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#reader?.close();
    this.#reader = null;
  }

  async #read<T>(work: (reader: StoreReader) => Result<T, Problem>): Promise<Result<T, Problem>> {
    if (this.#closed.signal.aborted) return fail(closedProblem());
    try {
      const reader = this.#reader === null ? await this.#open() : ok(this.#reader);
      if (!reader.ok) return reader;
      return this.#closed.signal.aborted ? fail(closedProblem()) : work(reader.value);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return fail(readProblem(error));
    }
  }

  #open(): Promise<Result<StoreReader, Problem>> {
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openOnce(): Promise<Result<StoreReader, Problem>> {
    const opened = await this.#parts.open();
    if (!opened.ok) return opened;
    if (this.#closed.signal.aborted) opened.value.close();
    else this.#reader = opened.value;
    return opened;
  }
}

function closedProblem(): Problem {
  return problem("E_STORE_IO", "", "the log is closed");
}

/** The first record that is missing before one that is there, or `null`. */
function firstGap(entries: readonly LogEntry[], fromSeq: number): number | null {
  const index = entries.findIndex(({ record }, at) => record.seq !== fromSeq + at);
  return index === -1 ? null : fromSeq + index;
}

/** Rings when the log has grown. A ring while nobody waits is heard by the next wait. */
class Bell {
  readonly #unsubscribe: () => void;
  #hasRung = false;
  #wake: () => void = () => undefined;

  constructor(follow: ReaderLogParts["wake"]) {
    this.#unsubscribe = follow?.(() => this.#ring()) ?? (() => undefined);
  }

  /** Resolves when it rings, after the time, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasRung && !signal.aborted) {
      const rung = new AbortController();
      this.#wake = () => rung.abort();
      // Being woken ends the delay early, which is not a failure.
      await delay(ms, undefined, { signal: AbortSignal.any([signal, rung.signal]) }).catch(() => undefined);
    }
    this.#hasRung = false;
  }

  close(): void {
    this.#unsubscribe();
  }

  #ring(): void {
    this.#hasRung = true;
    this.#wake();
  }
}
