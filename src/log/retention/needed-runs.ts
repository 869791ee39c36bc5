/**
 * What keeps the bodies of a run that has ended: something that is under way, or approved and not started, and may
 * still ask for them.
 */
import { parseSignedEnvelope, readApprovalStatement } from "../../core/approval/parse-approval.ts";
import type { Event } from "../../core/run/words/event.ts";
import { parseDigest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { loadPlan } from "../load-state.ts";
import { endedStates, type RunListState, type RunRow, unfinishedStates } from "../run-index.ts";
import type { LogSource } from "../store.ts";
import { storedEvents } from "../stored-events.ts";

/** A log with its list of runs. */
export interface RunSource extends LogSource {
  runs(range: {
    readonly state: RunListState | null;
    readonly beforeSeq: number;
    readonly limit: number;
  }): readonly RunRow[];
}

/** Runs whose bodies are kept at any age. */
export interface NeededRuns {
  /** Runs that are succeeded by a run under way, or by a plan whose approval still counts. */
  readonly parents: ReadonlySet<string>;
  /** Where the oldest open incident was opened. Later runs may belong to it. */
  readonly incidentSeq: number;
}

/**
 * What is needed at this time.
 *
 * Cost: O(the site's stream, and the runs that have not ended).
 */
export function findNeededRuns(log: RunSource, nowMs: number): NeededRuns {
  const parents = new Set<string>();
  const addParent = (planHash: string): void => {
    const hash = parseDigest(planHash);
    const parent = hash.ok && log.document(hash.value) !== null ? loadPlan(log, hash.value).parent : null;
    if (parent !== null) parents.add(parent.runId);
  };
  for (const { planHash } of unfinishedRows(log)) addParent(planHash);
  const openIncidents = new Map<string, number>();
  for (const { event, seq } of storedEvents(log, "site")) {
    if (event.kind === "incident_opened") openIncidents.set(event.incidentId, seq);
    if (event.kind === "incident_closed") openIncidents.delete(event.incidentId);
    if (event.kind === "approval_recorded" && nowMs < expiryOf(log, event)) addParent(event.planHash);
  }
  return { parents, incidentSeq: Math.min(Number.MAX_SAFE_INTEGER, ...openIncidents.values()) };
}

/** Why the bodies of this run have to stay, or `null`. */
export function reasonToKeep(run: RunRow, needed: NeededRuns): string | null {
  if (!endedStates.includes(run.state)) return "has not ended";
  if (run.seq >= needed.incidentSeq) return "belongs to an incident that is not closed";
  return needed.parents.has(run.runId) ? "is succeeded by a run under way, or by a plan that is approved" : null;
}

function* unfinishedRows(log: RunSource): Generator<RunRow> {
  for (const state of unfinishedStates) {
    for (let beforeSeq = Number.MAX_SAFE_INTEGER; ; ) {
      const page = log.runs({ state, beforeSeq, limit: 500 });
      yield* page;
      if (page.length < 500) break;
      beforeSeq = page.at(-1)?.seq ?? 0;
    }
  }
}

/**
 * Until when an approval says that it counts. Its signature is not checked here, because the answer only ever keeps
 * more.
 */
function expiryOf(log: LogSource, { envelope }: Extract<Event, { readonly kind: "approval_recorded" }>): number {
  const stored = log.document(envelope);
  const signed = stored === null ? null : parseSignedEnvelope(stored);
  const payload = signed?.ok === true ? parseJson(Buffer.from(signed.value.payload, "base64")) : null;
  const approval = payload?.ok === true ? readApprovalStatement(payload.value) : null;
  return approval?.ok === true ? approval.value.expiresAtMs : Number.POSITIVE_INFINITY;
}
