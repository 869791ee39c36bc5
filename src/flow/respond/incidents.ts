import type { Principal } from "../../core/approval/approval.ts";
import type { Event } from "../../core/run/words/event.ts";
import { isEnded, type RunState } from "../../core/run/words/state.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import { loadRun } from "../../log/load-state.ts";
import type { LogSource, RunLists } from "../../log/store.ts";
import { type StoredEvent, storedEvents } from "../../log/stored-events.ts";
import type { Owner } from "../../owner/owner.ts";
import { queueOfIncident } from "../notify/queue-incident.ts";
import { approverOf } from "./approver.ts";
import { readDraft } from "./read-draft.ts";
import { endOfRun, type ResponseReport, type RunEnd, reportFormat } from "./report.ts";
import type { Testimony } from "./testimony.ts";
import { weigh } from "./weigh.ts";

/** An incident that nobody has closed, and the run that answers it, if there is one. */
export interface OpenIncident {
  readonly incidentId: string;
  readonly key: string;
  readonly openedAtMs: number;
  readonly planned: { readonly planHash: Digest; readonly draft: Digest } | null;
  /** The run of that plan, or else the newest run that started since: the incident's look. */
  readonly runId: string | null;
}

/** As `openIncidentsIn`, for the owner of the log. */
export function findOpenIncidents(log: LogSource): readonly OpenIncident[] {
  return openIncidentsIn(storedEvents(log, "site"), log);
}

/**
 * Incidents that were opened and not closed, oldest first. One process answers one incident at a time.
 *
 * Cost: O(the site's own records).
 *
 * @param events - the site's own, in order
 */
export function openIncidentsIn(events: Iterable<StoredEvent>, lists: RunLists): readonly OpenIncident[] {
  const open = new Map<
    string,
    {
      readonly seq: number;
      readonly atMs: number;
      readonly opened: Extract<Event, { readonly kind: "incident_opened" }>;
      planned: OpenIncident["planned"];
    }
  >();
  for (const { event, seq, atMs } of events) {
    if (event.kind === "incident_opened") open.set(event.incidentId, { seq, atMs, opened: event, planned: null });
    const known = event.kind === "incident_planned" ? open.get(event.incidentId) : undefined;
    if (event.kind === "incident_planned" && known !== undefined)
      known.planned = { planHash: event.planHash, draft: event.draft };
    if (event.kind === "incident_closed") open.delete(event.incidentId);
  }
  return [...open.values()].map(({ seq, atMs, opened, planned }) => ({
    incidentId: opened.incidentId,
    key: opened.key,
    openedAtMs: atMs,
    planned,
    runId: findRun(lists, seq, planned),
  }));
}

function findRun(lists: RunLists, sinceSeq: number, planned: OpenIncident["planned"]): string | null {
  const all = { state: null, beforeSeq: Number.MAX_SAFE_INTEGER } as const;
  if (planned !== null) {
    const ofPlan = lists.runsOfPlan({ ...all, planHash: planned.planHash, sinceSeq, limit: 1_000 }).at(-1);
    if (ofPlan !== undefined) return ofPlan.runId;
  }
  const [newest] = lists.runs({ ...all, limit: 1 });
  return newest === undefined || newest.seq < sinceSeq ? null : newest.runId;
}

/** Asks the witness that an incident named, in place of the process that opened it. */
export type AskWitness = (named: Testimony) => Promise<Testimony>;

/** An incident that was closed in place of the process that opened it. */
export interface ClosedIncident {
  readonly incidentId: string;
  readonly runId: string | null;
  /** `null` if its process ended before anything was planned. */
  readonly report: ResponseReport | null;
}

/**
 * Closes incidents whose process is gone, once their runs have come to rest: with the outcome of the run, or as
 * abandoned if no run was ever started. Only the store's owner may do this, because its ownership proves that no other
 * process answers them.
 *
 * @param only - close the incidents of this alert, or all of them with `null`
 * @param ask - asks the second witness of a run that was read back
 * @param to - the notifiers of the site, by name
 */
export async function closeLeftIncidents(
  owner: Owner,
  by: Principal,
  only: string | null,
  { ask, to }: { readonly ask: AskWitness; readonly to: readonly string[] },
): Promise<Result<readonly ClosedIncident[], Problem>> {
  const closed: ClosedIncident[] = [];
  for (const incident of findOpenIncidents(owner.store)) {
    if (only !== null && incident.key !== only) continue;
    const run =
      incident.runId === null ? null : (owner.engine.run(incident.runId) ?? loadRun(owner.store, incident.runId));
    if (run !== null && isUnderWay(owner, run)) continue;
    const found = await reportOf(owner.store, incident, run, ask);
    if (!found.ok) return found;
    const report = found.value;
    const stored = report === null ? null : storedDocument(reportFormat, report);
    const event = {
      kind: "incident_closed",
      runId: null,
      incidentId: incident.incidentId,
      key: incident.key,
      outcome: report?.outcome ?? "abandoned",
      report: stored?.digest ?? null,
      by,
    } as const;
    const told = queueOfIncident(incident.incidentId, report, { to, operator: by.id });
    const documents = [...(stored === null ? [] : [stored]), ...told.documents];
    const recorded = await owner.engine.record([event, ...told.events], documents);
    if (!recorded.ok) return fail(recorded.error);
    closed.push({ incidentId: incident.incidentId, runId: incident.runId, report });
  }
  return ok(closed);
}

/** Whether the run neither ended nor waits for a person: it was not taken over, or goes on. */
function isUnderWay(owner: Owner, run: RunState): boolean {
  return (
    !isEnded(run) &&
    (run.epoch !== owner.store.epoch || endOfRun(run).waitingFor.every(({ owner: person }) => person === null))
  );
}

/** `null` where nothing was planned, or no draft is kept. */
async function reportOf(
  log: LogSource,
  { planned }: OpenIncident,
  run: RunState | null,
  ask: AskWitness,
): Promise<Result<ResponseReport | null, Problem>> {
  if (planned === null) return ok(null);
  const stored = log.document(planned.draft);
  if (stored === null) return ok(null);
  const read = readDraft(stored);
  if (!read.ok) return fail(unreadable(read.error));
  if (digest(read.value.format, stored) !== planned.draft) return ok(null);
  const draft: ResponseReport = { ...read.value, format: reportFormat };
  if (run === null || run.prepared.planHash !== planned.planHash) {
    return ok({
      ...draft,
      outcome: "abandoned",
      // An earlier response of the incident may have been written in vain.
      world: draft.wrote.length > 0 ? "listed" : "untouched",
      reason: "the process that answered it ended before the response was started",
    });
  }
  const end = await witnessed(draft, endOfRun(run), ask);
  return ok({
    ...draft,
    ...end,
    wrote: [...draft.wrote, ...end.wrote],
    runIds: [...draft.runIds, run.prepared.runId],
    approvedBy: run.authorization === null ? null : approverOf(run.authorization),
  });
}

/** A run that was read back counts as restored only if the witness that its incident named says the same. */
async function witnessed(
  { testimony = [] }: ResponseReport,
  end: RunEnd,
  ask: AskWitness,
): Promise<RunEnd & Pick<ResponseReport, "testimony">> {
  const named = testimony.find(({ by }) => by === "witness");
  if (named === undefined || end.outcome !== "restored") return end;
  const said = await ask(named);
  return { ...weigh(end, said), testimony: testimony.map((one) => (one === named ? said : one)) };
}

function unreadable([first]: readonly Problem[]): Problem {
  const { code, pointer, message } = first ?? problem("E_SCHEMA", "", "it does not parse");
  return problem(
    code,
    pointer,
    `this release cannot read the draft of an incident's report: ${message}`,
    "use the release that wrote it, or a later one",
  );
}
