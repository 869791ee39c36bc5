import type { Plan } from "../../core/plan/plan.ts";
import { readPlanOf } from "../../core/plan/read-plan.ts";
import type { RunState, SiteState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { loadRun } from "../../log/load-state.ts";
import { missingBodies } from "../../log/retention/removed-bodies.ts";
import type { RunRow } from "../../log/run-index.ts";
import { readSiteState } from "../../log/site-snapshot.ts";
import { isStorageError, readProblem } from "../../log/sqlite/store-problem.ts";
import type { StoreReader } from "../../log/store.ts";
import { type StoredEvent, storedEvents } from "../../log/stored-events.ts";
import type { LogEnd } from "../../ports.ts";
import { readSiteRecords, type SiteRecords } from "./site-records.ts";
import type { Workplace } from "./workplace.ts";

/**
 * The log as the flow reads it, from beside the owner: at any time and without a lock. A method throws only what
 * `withLog` turns
 * into a problem.
 */
export interface SiteLog {
  end(): Promise<LogEnd>;
  /** The greatest time in the log, which its last record has; 0 while it is empty. */
  lastMs(): Promise<number>;
  /** Events of one stream, or of all with `null`, in order. */
  events(stream: string | null, fromSeq?: number): AsyncIterable<StoredEvent>;
  document(digest: Digest): Promise<JsonValue | null>;
  /**
   * A plan that was compiled here; `null` where its text is no longer kept. `E_PLAN_DIGEST` where it was changed, and
   * the problem of `readPlan` where a later release wrote it.
   */
  plan(planHash: Digest): Promise<Result<Plan | null, Problem>>;
  /** What the site's stream holds beyond runs: trusted packs, plans, approvals, grants. */
  records(): Promise<SiteRecords>;
  /** The fold of the whole log: locks, freezes, what is left of grants. */
  siteState(): Promise<SiteState>;
  runs(range: Parameters<StoreReader["runs"]>[0]): Promise<readonly RunRow[]>;
  runsByPrefix(prefix: string): Promise<readonly RunRow[]>;
  runsWithPrefix(range: Parameters<StoreReader["runsWithPrefix"]>[0]): Promise<readonly RunRow[]>;
  runsOfPlan(range: Parameters<StoreReader["runsOfPlan"]>[0]): Promise<readonly RunRow[]>;
  /**
   * One run, folded, as it stood after record `lastSeq` or now; `E_BODY_REMOVED` where bodies that this needs were
   * archived.
   */
  run(runId: string, lastSeq?: number): Promise<Result<RunState, Problem>>;
  /** Why a run cannot be told any more, and what brings it back; `null` where everything of it is here. */
  missing(runId: string): Promise<Problem | null>;
  /** What only a local store can show: archives, metrics, checks of its files. */
  readonly reader: StoreReader;
  close(): void;
}

/** Opens the log for reading; the caller closes it. */
export async function openSiteLog(place: Pick<Workplace, "store">): Promise<Result<SiteLog, Problem>> {
  const reader = await place.store.read();
  return reader.ok ? { ok: true, value: siteLog(reader.value) } : reader;
}

/** Opens the log for reading, uses it, and closes it again whatever happens. A damaged store becomes a problem. */
export async function withLog<T>(
  place: Pick<Workplace, "store">,
  use: (log: SiteLog) => Promise<Result<T, readonly Problem[]>>,
): Promise<Result<T, readonly Problem[]>> {
  const log = await openSiteLog(place);
  if (!log.ok) return fail([log.error]);
  try {
    return await use(log.value);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    place.store.distrust();
    return fail([readProblem(error)]);
  } finally {
    log.value.close();
  }
}

/** As `withLog`; where there is no store yet, the answer is `empty`. */
export async function withLogOr<T>(
  place: Pick<Workplace, "store">,
  empty: T,
  use: (log: SiteLog) => Promise<Result<T, readonly Problem[]>>,
): Promise<Result<T, readonly Problem[]>> {
  const read = await withLog(place, use);
  return !read.ok && noStoreYet(read.error) !== null ? { ok: true, value: empty } : read;
}

/** The problem that says that there is no store yet, where that is what went wrong. */
export function noStoreYet(problems: readonly Problem[]): Problem | null {
  const [first] = problems;
  return first?.code === "E_INPUT_MISSING" ? first : null;
}

function siteLog(reader: StoreReader): SiteLog {
  return {
    reader,
    close: () => reader.close(),
    end: async () => reader.end(),
    lastMs: async () => {
      const [last] = reader.entries({ stream: null, fromSeq: reader.end().length - 1, limit: 1 });
      return last?.record.atMs ?? 0;
    },
    events: async function* (stream, fromSeq = 0) {
      yield* storedEvents(reader, stream, fromSeq);
    },
    document: async (wanted) => reader.document(wanted),
    plan: async (planHash) => readPlan(reader, planHash),
    records: async () => readSiteRecords(reader),
    siteState: async () => readSiteState(reader),
    runs: async (range) => reader.runs(range),
    runsByPrefix: async (prefix) => reader.runsByPrefix(prefix),
    missing: async (runId) => missingBodies(reader, runId),
    runsWithPrefix: async (range) => reader.runsWithPrefix(range),
    runsOfPlan: async (range) => reader.runsOfPlan(range),
    run: async (runId, lastSeq) => {
      const missing = missingBodies(reader, runId);
      return missing === null ? { ok: true, value: loadRun(reader, runId, lastSeq) } : fail(missing);
    },
  };
}

function readPlan(reader: StoreReader, planHash: Digest): Result<Plan | null, Problem> {
  const value = reader.document(planHash);
  return value === null ? ok(null) : readPlanOf(planHash, value);
}
