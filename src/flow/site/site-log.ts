import type { CurrentStore } from "../../core/approval/check-store.ts";
import type { RecordDraft } from "../../core/log/record.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { readPlanOf } from "../../core/plan/read-plan.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import { siteEvent } from "../../core/run/words/read-event.ts";
import type { RunState, SiteState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { parseWith } from "../../core/value/shape.ts";
import { foldRun, readStream } from "../../log/read-run.ts";
import { ReaderLog } from "../../log/reader-log.ts";
import { missingBodies } from "../../log/retention/removed-bodies.ts";
import { dataDigest } from "../../log/seal.ts";
import { readSiteState } from "../../log/site-snapshot.ts";
import { isErrorOfStore, readProblem } from "../../log/sqlite/store-problem.ts";
import type { RunLists, StoreReader } from "../../log/store.ts";
import { isDamage, StoreDamage } from "../../log/store-damage.ts";
import { loggedEvents, type StoredEvent } from "../../log/stored-events.ts";
import type { Log, LogEnd } from "../../ports.ts";
import { currentStore } from "./current-store.ts";
import { recordEvents } from "./record.ts";
import { type SiteRecords, siteRecordsOf } from "./site-records.ts";
import type { Workplace } from "./workplace.ts";

/**
 * The log as the flow reads it, beside the owner, at any time and without a lock. Records and documents are read
 * through the port; only lists of runs and the fold of the site come from the index on this machine. A method throws
 * only what `withLog` turns into a problem.
 */
export interface SiteLog {
  /** The port itself, for reading pages and following. */
  readonly port: Log;
  end(): Promise<LogEnd>;
  /** The events of one stream, or of all with `null`, in order. */
  events(stream: string | null, fromSeq?: number): AsyncIterable<StoredEvent>;
  document(digest: Digest): Promise<JsonValue | null>;
  /**
   * A plan that was compiled here; `null` if its text is no longer kept. `E_PLAN_DIGEST` if it was changed, and the
   * problem of `readPlan` if a later release wrote it.
   */
  plan(planHash: Digest): Promise<Result<Plan | null, Problem>>;
  /** What the site's stream holds apart from runs: trusted packs, plans, approvals, grants. */
  records(): Promise<SiteRecords>;
  /**
   * One run, folded, as it was after record `lastSeq` or is now; `E_BODY_REMOVED` if bodies that this needs were
   * archived.
   */
  run(runId: string, lastSeq?: number): Promise<Result<RunState, Problem>>;
  /** Why a run can no longer be explained, and how to restore it; `null` if everything of it is here. */
  missing(runId: string): Promise<Problem | null>;
  /** Lists of runs, so that nothing has to read the log to find one. */
  readonly lists: RunLists;
  /**
   * The fold of the whole log: locks, freezes, what is left of grants. It starts from the last snapshot that the index
   * on this machine keeps.
   */
  siteState(): Promise<SiteState>;
  /** Which store this is, and where; `null` while it has no id. What a person signs is for it alone. */
  store(): CurrentStore | null;
  close(): Promise<void>;
}

/** A site's log, and the store on this machine below it, for verifying, exporting, measuring and archiving. */
export interface StoreLog extends SiteLog {
  readonly reader: StoreReader;
}

/** Opens the log for reading. The caller closes it. */
export function openSiteLog(place: Workplace): Promise<Result<SiteLog, Problem>> {
  return openStoreLog(place);
}

/** As `openSiteLog`, with the store under the log. */
export async function openStoreLog(place: Workplace): Promise<Result<StoreLog, Problem>> {
  const reader = await place.store.read();
  return reader.ok ? ok(siteLog(place, portOver(place, reader.value), reader.value)) : reader;
}

/** Opens the log for reading, uses it, and closes it in any case. A damaged store becomes a problem. */
export function withLog<T>(
  place: Workplace,
  use: (log: SiteLog) => Promise<Result<T, readonly Problem[]>>,
): Promise<Result<T, readonly Problem[]>> {
  return withStore(place, use);
}

/** Like `withLog`, for what only the store on this machine can say or do. */
export async function withStore<T>(
  place: Workplace,
  use: (log: StoreLog) => Promise<Result<T, readonly Problem[]>>,
): Promise<Result<T, readonly Problem[]>> {
  const log = await openStoreLog(place);
  if (!log.ok) return fail([log.error]);
  try {
    return await use(log.value);
  } catch (error) {
    // The caller's work uses more than the store: a system call that failed is told where the arrow ends.
    if (!isErrorOfStore(error)) throw error;
    const found = readProblem(error);
    if (isDamage(found)) place.store.distrust();
    return fail([found]);
  } finally {
    await log.value.close();
  }
}

/** Like `withLog`, but the answer is `empty` if there is no store yet. */
export async function withLogOr<T>(
  place: Workplace,
  empty: T,
  use: (log: SiteLog) => Promise<Result<T, readonly Problem[]>>,
): Promise<Result<T, readonly Problem[]>> {
  const read = await withLog(place, use);
  return !read.ok && noStoreYet(read.error) !== null ? { ok: true, value: empty } : read;
}

/** The problem that there is no store yet, if that is what went wrong. */
export function noStoreYet(problems: readonly Problem[]): Problem | null {
  const [first] = problems;
  return first?.code === "E_INPUT_MISSING" ? first : null;
}

function portOver(place: Workplace, reader: StoreReader): Log {
  return new ReaderLog({
    open: () => ok(reader),
    append: async (records, documents) => {
      const events: SiteEvent[] = [];
      for (const draft of records) {
        const read = siteEventOf(draft);
        if (!read.ok) return read;
        events.push(read.value);
      }
      const recorded = await recordEvents(place, events, documents);
      return recorded.ok ? ok(reader.end()) : recorded;
    },
    wake: (onNews) => place.owners.listen({ onEvent: onNews }),
  });
}

/** The owner folds what it writes, so a record that it cannot read is refused before it is written. */
function siteEventOf({ stream, kind, body }: RecordDraft): Result<SiteEvent, Problem> {
  const read = parseWith(siteEvent, body);
  if (read.ok && stream === "site" && kind === read.value.kind) return read;
  const [first = problem("E_SCHEMA", "", "only events of the site are appended here")] = read.ok ? [] : read.error;
  return fail(first);
}

function siteLog(place: Workplace, port: Log, reader: StoreReader): StoreLog {
  return {
    port,
    reader,
    lists: reader,
    siteState: async () => readSiteState(reader),
    store: () => currentStore(place, reader),
    close: async () => {
      await port.close();
      reader.close();
    },
    end: async () => given(await port.end()),
    events: async function* (stream, fromSeq = 0) {
      for await (const event of loggedEvents(port, { stream, fromSeq })) yield given(event);
    },
    document: async (wanted) => given(await port.document(wanted)),
    plan: async (planHash) => readPlan(given(await port.document(planHash)), planHash),
    records: async () => {
      const events: StoredEvent[] = [];
      for await (const event of loggedEvents(port, { stream: "site", fromSeq: 0 })) events.push(given(event));
      return siteRecordsOf(events);
    },
    missing: async (runId) => given(await missingBodies(port, runId, given(await readStream(port, runId)))),
    run: async (runId, lastSeq = Number.MAX_SAFE_INTEGER) => {
      const entries = given(await readStream(port, runId));
      const missing = given(await missingBodies(port, runId, entries));
      return missing === null ? foldRun(port, entries, lastSeq) : fail(missing);
    },
  };
}

/** If the log cannot be read, the arrow that needs it ends. `withLog` turns this into the arrow's problem. */
function given<T>(result: Result<T, Problem>): T {
  if (!result.ok) throw new StoreDamage(result.error);
  return result.value;
}

function readPlan(document: JsonValue | null, planHash: Digest): Result<Plan | null, Problem> {
  return document === null ? ok(null) : readPlanOf(planHash, document, dataDigest);
}
