import type { LogEntry } from "../core/log/record.ts";
import type { Event } from "../core/run/words/event.ts";
import type { Problem } from "../core/value/codes.ts";
import { ok, type Result } from "../core/value/result.ts";
import type { Log } from "../ports.ts";
import type { LogSource } from "./store.ts";

const pageSize = 2_000;

/** An event as it stands in the log. */
export interface StoredEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly event: Event;
}

/** Which events to read: of one stream or of all, from one record on. */
export interface EventRange {
  readonly stream: string | null;
  readonly fromSeq: number;
}

/**
 * The one reading of an event. `null` where its body was removed, which happens only to runs that have ended. The
 * record must come from a log whose bodies were held against their digests.
 */
export function eventOf({ record, bodyText }: LogEntry): StoredEvent | null {
  if (bodyText === null) return null;
  // Its digest held, so these are the bytes that our kernel's event was written as.
  return { seq: record.seq, atMs: record.atMs, event: JSON.parse(bodyText) as Event };
}

/** Every event of one stream, or of the whole log, in order, from record `firstSeq` on. Reads a page at a time. */
export function* storedEvents(
  log: Pick<LogSource, "entries">,
  stream: string | null,
  firstSeq = 0,
): Generator<StoredEvent> {
  for (let fromSeq = firstSeq; ; ) {
    const page = log.entries({ stream, fromSeq, limit: pageSize });
    for (const entry of page) {
      const stored = eventOf(entry);
      if (stored !== null) yield stored;
    }
    if (page.length < pageSize) return;
    fromSeq = (page.at(-1)?.record.seq ?? 0) + 1;
  }
}

/** As `storedEvents`, over the port. A problem is yielded once and ends the sequence. */
export async function* loggedEvents(
  log: Pick<Log, "page">,
  range: EventRange,
): AsyncGenerator<Result<StoredEvent, Problem>> {
  for (let { fromSeq } = range; ; ) {
    const page = await log.page({ stream: range.stream, fromSeq, limit: pageSize });
    if (!page.ok) {
      yield page;
      return;
    }
    for (const entry of page.value) {
      const stored = eventOf(entry);
      if (stored !== null) yield ok(stored);
    }
    if (page.value.length < pageSize) return;
    fromSeq = (page.value.at(-1)?.record.seq ?? 0) + 1;
  }
}

/** As `loggedEvents`, and then each new one soon after its commit, until the signal aborts. See `Log.follow`. */
export async function* followedEvents(
  log: Pick<Log, "follow">,
  range: EventRange,
  signal: AbortSignal,
): AsyncGenerator<Result<StoredEvent, Problem>> {
  for await (const entry of log.follow(range, signal)) {
    const stored = entry.ok ? eventOf(entry.value) : null;
    if (!entry.ok) yield entry;
    else if (stored !== null) yield ok(stored);
  }
}
