/**
 * Stands between the owner and a journal that is not ours, and holds it to the contract of `ports.ts` as far as that is
 * possible from outside. An exception, or an answer of the wrong form, becomes `E_INTERNAL`. No answer in time becomes
 * `E_STORE_IO`. After either, it is unknown what an append wrote until the journal is opened again.
 */
import { codes, type Problem, problem } from "../core/value/codes.ts";
import { parseDigest } from "../core/value/digest.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { DocumentText, Journal, JournalBatch, JournalLease, LogEnd, StoredEntry } from "../ports.ts";

/** How a journal is guarded. */
export interface GuardOptions {
  /** How long a method may take, in milliseconds. */
  readonly answerMsMax?: number;
  /** Hears what the journal threw. */
  readonly onDefect: (error: unknown) => void;
  /** Called when the journal is given up. */
  readonly onClose?: (journal: Journal) => void;
}

/** Much longer than any commit, but shorter than a person's patience. */
const answerMsMaxDefault = 30_000;

/** A journal that keeps its contract, or reports with a code that it did not. */
export function guardJournal(journal: Journal, options: GuardOptions): Journal {
  return new GuardedJournal(journal, options);
}

class GuardedJournal implements Journal {
  readonly #journal: Journal;
  readonly #answerMsMax: number;
  readonly #onDefect: (error: unknown) => void;
  readonly #onClose: (journal: Journal) => void;
  /** Aborted when the journal is lost. Before it is open there is nothing to lose. */
  #lost: AbortSignal | null = null;

  constructor(journal: Journal, { answerMsMax = answerMsMaxDefault, onDefect, onClose }: GuardOptions) {
    this.#journal = journal;
    this.#answerMsMax = answerMsMax;
    this.#onDefect = onDefect;
    this.#onClose = onClose ?? (() => undefined);
  }

  async open(owner: string): Promise<Result<JournalLease, Problem>> {
    const opening = call(() => this.#journal.open(owner));
    const opened = await this.#answer("open", opening, isLease);
    if (opened.ok) this.#lost = opened.value.lost;
    // If it opens after all, it must be closed again, or it would stay taken.
    else opening.then((late) => (isGiven(late) ? this.close() : undefined)).catch(() => undefined);
    return opened;
  }

  append(batch: JournalBatch): Promise<Result<undefined, Problem>> {
    return this.#answer(
      "append",
      call(() => this.#journal.append(batch)),
      () => true,
      this.#lost,
    );
  }

  tail(fromSeq: number, limit: number): Promise<Result<readonly StoredEntry[], Problem>> {
    return this.#answer(
      "tail",
      call(() => this.#journal.tail(fromSeq, limit)),
      (value) => Array.isArray(value) && value.every(isEntry),
    );
  }

  documents(skipCount: number, limit: number): Promise<Result<readonly DocumentText[], Problem>> {
    return this.#answer(
      "documents",
      call(() => this.#journal.documents(skipCount, limit)),
      (value) => Array.isArray(value) && value.every(isDocument),
    );
  }

  document(digest: DocumentText["digest"]): Promise<Result<string | null, Problem>> {
    return this.#answer(
      "document",
      call(() => this.#journal.document(digest)),
      (value) => value === null || typeof value === "string",
    );
  }

  /** A journal that cannot be followed wakes nobody. Followers look from time to time anyway. */
  follow(onLength: (length: number) => void): () => void {
    try {
      return this.#journal.follow(onLength);
    } catch (error) {
      this.#onDefect(error);
      return () => undefined;
    }
  }

  async close(): Promise<void> {
    this.#onClose(this);
    const closing = call(() => this.#journal.close());
    await this.#answer(
      "close",
      closing.then(() => ok(undefined)),
      () => true,
    );
  }

  async #answer<T>(
    name: string,
    asked: Promise<Result<T, Problem>>,
    isRight: (value: unknown) => boolean,
    lost: AbortSignal | null = null,
  ): Promise<Result<T, Problem>> {
    const given = new AbortController();
    try {
      const answer = await Promise.race([asked, this.#tooLate(name, given.signal), whenLost(lost, given.signal)]);
      if (isGiven(answer) ? isRight(answer.value) : isRefused(answer)) return answer;
      return fail(problem("E_INTERNAL", "", `what the journal's \`${name}\` answered is no answer of its kind`));
    } catch (error) {
      this.#onDefect(error);
      const what = error instanceof Error ? error.name : typeof error;
      return fail(problem("E_INTERNAL", "", `the journal's \`${name}\` threw (${what})`));
    } finally {
      given.abort();
    }
  }

  #tooLate(name: string, given: AbortSignal): Promise<Result<never, Problem>> {
    return new Promise((resolve) => {
      const seconds = Math.ceil(this.#answerMsMax / 1_000);
      const late = problem("E_STORE_IO", "", `the journal's \`${name}\` did not answer within ${seconds} s`);
      const timer = setTimeout(() => resolve(fail(late)), this.#answerMsMax);
      given.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
  }
}

/** Turns an exception that is thrown before the promise into a rejection. */
async function call<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

function whenLost(lost: AbortSignal | null, given: AbortSignal): Promise<Result<never, Problem>> {
  return new Promise((resolve) => {
    if (lost === null) return;
    const fenced = (): void => resolve(fail(problem("E_STORE_FENCED", "", "another owner has taken the journal")));
    if (lost.aborted) fenced();
    else lost.addEventListener("abort", fenced, { once: true, signal: given });
  });
}

// The answers of a journal are checked by hand, because it may be written in JavaScript, where types guarantee nothing.

function isGiven<T>(answer: Result<T, Problem>): answer is { readonly ok: true; readonly value: T } {
  return isRecord(answer) && answer.ok === true;
}

function isRefused(answer: unknown): boolean {
  if (!isRecord(answer) || answer["ok"] !== false || !isRecord(answer["error"])) return false;
  const { code, pointer, message, hint } = answer["error"];
  return [pointer, message, hint].every((text) => typeof text === "string") && Object.hasOwn(codes, String(code));
}

function isLease(value: unknown): boolean {
  return isRecord(value) && isCount(value["epoch"]) && isEnd(value["end"]) && value["lost"] instanceof AbortSignal;
}

function isEnd(value: unknown): value is LogEnd {
  return isRecord(value) && isCount(value["length"]) && isDigest(value["head"]);
}

function isEntry(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value["record"])) return false;
  const { record, digest, bodyText, removedBy } = value;
  const texts = [record["stream"], record["kind"], record["body"], record["previous"], digest];
  return (
    [record["seq"], record["atMs"]].every(isCount) &&
    texts.every((text) => typeof text === "string") &&
    (bodyText === null || typeof bodyText === "string") &&
    (removedBy === null || isCount(removedBy))
  );
}

function isDocument(value: unknown): boolean {
  return isRecord(value) && isDigest(value["digest"]) && typeof value["text"] === "string";
}

function isDigest(value: unknown): boolean {
  return typeof value === "string" && parseDigest(value).ok;
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
