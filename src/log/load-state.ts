import type { Plan } from "../core/plan/plan.ts";
import { readPlanOf } from "../core/plan/read-plan.ts";
import { applyRun, createRun } from "../core/run/apply/apply.ts";
import { applySite, emptySite } from "../core/run/apply/site.ts";
import type { RunState, SiteState } from "../core/run/words/state.ts";
import { problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { invariant } from "../core/value/invariant.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { dataDigest } from "./seal.ts";
import type { LogSource } from "./store.ts";
import { StoreDamage } from "./store-damage.ts";
import { storedEvents, storedRecords } from "./stored-events.ts";

/** The site: the fold of the whole log. */
export function loadSite(log: Pick<LogSource, "entries">): SiteState {
  let site = emptySite();
  for (const { what, atMs } of storedRecords(log)) site = applySite(site, what, atMs);
  return site;
}

/** One run: the fold of its stream over the plan that its first event names, up to and including record `lastSeq`. */
export function loadRun(
  log: Pick<LogSource, "entries" | "document">,
  runId: string,
  lastSeq = Number.MAX_SAFE_INTEGER,
): RunState {
  let run: RunState | null = null;
  for (const { event, atMs, seq } of storedEvents(log, runId)) {
    if (seq > lastSeq) break;
    if (run === null) {
      // A refused start leaves a record in the stream of a run that never existed.
      if (event.kind !== "run_started") continue;
      run = createRun(loadPlan(log, event.planHash), event.planHash, runId);
    }
    run = applyRun(run, event, atMs);
  }
  invariant(run !== null, "a run that is listed was started");
  return run;
}

/**
 * A plan by its hash, which is stored beside the log as long as a run names it. After a crash, exactly the approved
 * plan goes on, never something in its place (I1). Throws `StoreDamage`: `E_STORE_CORRUPT` if it was changed, and the
 * problem of `readPlan` if a later release wrote it.
 */
export function loadPlan(log: Pick<LogSource, "document">, planHash: Digest): Plan {
  return planOf(log.document(planHash), planHash);
}

/** Like `loadPlan`, for a document that was read already; `null` means that it is missing. */
export function planOf(document: JsonValue | null, planHash: Digest): Plan {
  const at = `/documents/${planHash}`;
  if (document === null)
    throw new StoreDamage(problem("E_STORE_CORRUPT", at, "the plan of a run is not beside the log"));
  const read = readPlanOf(planHash, document, dataDigest);
  if (read.ok) return read.value;
  const { code, message } = read.error;
  throw new StoreDamage(code === "E_PLAN_DIGEST" ? problem("E_STORE_CORRUPT", at, message) : read.error);
}
