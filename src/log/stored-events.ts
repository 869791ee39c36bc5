import type { LogEntry } from "../core/log/record.ts";
import { storeStream } from "../core/log/removal.ts";
import { readStoreRecord, type StoreRecord } from "../core/log/store-records.ts";
import type { Event } from "../core/run/words/event.ts";
import { readEvent } from "../core/run/words/read-event.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import type { Log } from "../ports.ts";
import type { LogSource } from "./store.ts";
import { StoreDamage } from "./store-damage.ts";

const pageSize = 2_000;

/** An event as the log has it. */
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

/** A record as the log has it: an event, or something about the log itself. */
export interface StoredRecord {
  readonly atMs: number;
  readonly what: Event | StoreRecord;
}

/**
 * The one reading of an event. `null` where its body was removed, which happens only to runs that have ended, and for a
 * record about the log itself. The record must come from a log whose bodies were held against their digests. Throws
 * `StoreDamage` for an event that this release does not know in every part.
 */
export function eventOf(entry: LogEntry): StoredEvent | null {
  const { record, bodyText } = entry;
  if (bodyText === null || record.stream === storeStream) return null;
  return { seq: record.seq, atMs: record.atMs, event: readBody(record, bodyText, readEvent) };
}

/** The one reading of a record about the log itself; `null` for any other, and where its body was removed. */
export function storeRecordOf({ record, bodyText }: LogEntry): StoreRecord | null {
  return bodyText === null || record.stream !== storeStream ? null : readBody(record, bodyText, readStoreRecord);
}

/** If a part of an event is unknown, folding it might lead to another state. So an unknown part is a refusal. */
function readBody<T>(
  { seq, kind }: LogEntry["record"],
  bodyText: string,
  read: (body: JsonValue) => Result<T, readonly Problem[]>,
): T {
  const body = read(JSON.parse(bodyText) as JsonValue);
  if (body.ok) return body.value;
  const { code, pointer, message } = body.error[0] ?? problem("E_SCHEMA", "", "it does not parse");
  throw new StoreDamage(
    problem(
      code,
      `/records/${seq}${pointer}`,
      `this release cannot read record ${seq} (${kind}): ${message}`,
      "use the release that wrote it, or a later one",
    ),
  );
}

/** Every record of the log from `firstSeq` on whose body is there, in order. The site is the fold of these. */
export function* storedRecords(log: Pick<LogSource, "entries">, firstSeq = 0): Generator<StoredRecord> {
  for (const entry of storedEntries(log, null, firstSeq)) {
    const what = eventOf(entry)?.event ?? storeRecordOf(entry);
    if (what !== null) yield { atMs: entry.record.atMs, what };
  }
}

/** Every event of one stream, or of the whole log, in order, from record `firstSeq` on. Reads a page at a time. */
export function* storedEvents(
  log: Pick<LogSource, "entries">,
  stream: string | null,
  firstSeq = 0,
): Generator<StoredEvent> {
  for (const entry of storedEntries(log, stream, firstSeq)) {
    const stored = eventOf(entry);
    if (stored !== null) yield stored;
  }
}

/** Every record about the log itself whose body is there, in order. */
export function* storedStoreRecords(log: Pick<LogSource, "entries">): Generator<StoreRecord> {
  for (const entry of storedEntries(log, storeStream, 0)) {
    const what = storeRecordOf(entry);
    if (what !== null) yield what;
  }
}

function* storedEntries(log: Pick<LogSource, "entries">, stream: string | null, firstSeq: number): Generator<LogEntry> {
  for (let fromSeq = firstSeq; ; ) {
    const page = log.entries({ stream, fromSeq, limit: pageSize });
    yield* page;
    if (page.length < pageSize) return;
    fromSeq = (page.at(-1)?.record.seq ?? 0) + 1;
  }
}

/** Like `storedEvents`, over the port. A problem is yielded once and ends the sequence. */
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
      const stored = tryEventOf(entry);
      if (stored !== null) yield stored;
      if (stored?.ok === false) return;
    }
    if (page.value.length < pageSize) return;
    fromSeq = (page.value.at(-1)?.record.seq ?? 0) + 1;
  }
}

/** Like `loggedEvents`, followed by each new event soon after its commit, until the signal aborts. See `Log.follow`. */
export async function* followedEvents(
  log: Pick<Log, "follow">,
  range: EventRange,
  signal: AbortSignal,
): AsyncGenerator<Result<StoredEvent, Problem>> {
  for await (const entry of log.follow(range, signal)) {
    const stored = entry.ok ? tryEventOf(entry.value) : entry;
    if (stored !== null) yield stored;
    if (stored?.ok === false) return;
  }
}

function tryEventOf(entry: LogEntry): Result<StoredEvent, Problem> | null {
  try {
    const stored = eventOf(entry);
    return stored === null ? null : ok(stored);
  } catch (error) {
    if (!(error instanceof StoreDamage)) throw error;
    return fail(error.problem);
  }
}
