import type { LogEntry } from "../core/log/record.ts";
import type { Plan } from "../core/plan/plan.ts";
import { applyRun, createRun } from "../core/run/apply/apply.ts";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import type { Event } from "../core/run/words/event.ts";
import type { RunState, SiteState } from "../core/run/words/state.ts";
import { canonicalText } from "../core/value/canonical.ts";
import { problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { invariant } from "../core/value/invariant.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { textDigest } from "./seal.ts";
import { StoreDamage } from "./sqlite/store-problem.ts";

/** What both a store's owner and a reader beside it can show of the log. */
export interface LogSource {
  entries(range: {
    readonly stream: string | null;
    readonly fromSeq: number;
    readonly limit: number;
  }): readonly LogEntry[];
  document(digest: Digest): JsonValue | null;
}

const pageSize = 2_000;

/** An event as it stands in the log. */
export interface StoredEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly event: Event;
}

/** Every event of one stream, or of the whole log, in order; from one record on. */
export function* storedEvents(log: LogSource, stream: string | null, firstSeq = 0): Generator<StoredEvent> {
  for (let fromSeq = firstSeq; ; ) {
    const page = log.entries({ stream, fromSeq, limit: pageSize });
    for (const { record, bodyText } of page) {
      // Written by our kernel; a body that is gone belongs to a run that has ended and is not folded.
      if (bodyText !== null) yield { seq: record.seq, atMs: record.atMs, event: JSON.parse(bodyText) as Event };
      fromSeq = record.seq + 1;
    }
    if (page.length < pageSize) return;
  }
}

/** The site: the fold of the whole log. */
export function loadSite(log: LogSource): SiteState {
  let site = emptySite();
  for (const { event, atMs } of storedEvents(log, null)) site = applySite(site, event, atMs);
  return site;
}

/** One run: the fold of its stream over the plan that its first event names, up to and with record `lastSeq`. */
export function loadRun(log: LogSource, runId: string, lastSeq = Number.MAX_SAFE_INTEGER): RunState {
  let run: RunState | null = null;
  for (const { event, atMs, seq } of storedEvents(log, runId)) {
    if (seq > lastSeq) break;
    if (run === null) {
      // A refused start leaves a record in the stream of a run that never was.
      if (event.kind !== "run_started") continue;
      run = createRun(loadPlan(log, event.planHash), event.planHash, runId);
    }
    run = applyRun(run, event, atMs);
  }
  invariant(run !== null, "a run that is listed was started");
  return run;
}

/**
 * A plan by its hash; it lies beside the log as long as a run names it. What goes on after a crash is what was approved and
 * nothing that stands in its place (I1). Throws `StoreDamage`.
 */
export function loadPlan(log: LogSource, planHash: Digest): Plan {
  const plan = log.document(planHash);
  invariant(plan !== null, "the plan of a run lies beside the log");
  if (textDigest("interlock.plan/1", canonicalText(plan)) !== planHash)
    throw new StoreDamage(
      problem("E_STORE_CORRUPT", `/documents/${planHash}`, "the plan beside the log is not the one its hash names"),
    );
  // Its hash is that of a plan which the gate compiled.
  return plan as unknown as Plan;
}
