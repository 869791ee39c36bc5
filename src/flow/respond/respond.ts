/**
 * Alert → verified recovery: the one function that goes through every arrow. It reads before it writes: the read-only
 * beginning of the decided policy is a run of its own, whose observations decide what remains. Only then is a person
 * asked. Nothing in this file decides: belief and utility do. The gate refuses, and the kernel executes.
 */
import { type Problem, problem } from "../../core/value/codes.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import type { StoredEvent } from "../../log/stored-events.ts";
import { openRunner } from "../apply/open-runner.ts";
import { namesToTell } from "../notify/queue.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import type { Site } from "../site/site.ts";
import { withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { askProposer } from "./ask-proposer.ts";
import { Incident } from "./incident.ts";
import { closeLeftIncidents, findOpenIncidents, openIncidentsIn } from "./incidents.ts";
import { detached, prepareResponse, takeAlert } from "./input.ts";
import { chosenOf, endOfLook } from "./looking.ts";
import type { Alert } from "./parse-alert.ts";
import type { ResponseReport } from "./report.ts";
import type { Asker, Responded, RespondRequest } from "./request.ts";
import type { IncidentOptions } from "./run-response.ts";
import { askingIn } from "./witness.ts";

/** Answers one alert and closes its incident with a report. Fails only if no incident was opened. */
export async function respond(
  place: Workplace,
  request: RespondRequest,
  asker: Asker,
): Promise<Result<Responded, readonly Problem[]>> {
  const forbidden = await refuseForbidden(place, {
    capability: request.observeOnly ? "propose" : "apply",
    asked: "respond",
    resource: request.alert.kind,
  });
  if (forbidden !== null) return forbidden;
  const prepared = await prepareResponse(place, request);
  if (!prepared.ok) return refuse(place, "respond", prepared.error);
  const callOff = new AbortController();
  const onCallOff = (): void => callOff.abort("interrupted");
  if (asker.callOff.aborted) onCallOff();
  asker.callOff.addEventListener("abort", onCallOff, { once: true });
  const taken = await takeAlert(request.alert, {
    waiting: (port) => asker.tell({ kind: "waiting_for_alert", port }),
    resolved: () => callOff.abort("resolved"),
    detach: asker.detach,
  });
  if (!taken.ok) return taken;
  if (taken.value === null) return ok({ kind: "detached" });
  const { alert, accept, close } = taken.value;
  try {
    if (alert.status === "resolved") return ok({ kind: "resolved_already" });
    return await answer(place, request, { ...prepared.value, alert, asker, callOff: callOff.signal }, accept);
  } finally {
    await close();
    asker.callOff.removeEventListener("abort", onCallOff);
  }
}

type Prepared = Omit<IncidentOptions, "place" | "lease" | "open">;

async function answer(
  place: Workplace,
  request: RespondRequest,
  prepared: Prepared,
  onOpened: () => void,
): Promise<Result<Responded, readonly Problem[]>> {
  const { site, alert, asker, callOff } = prepared;
  const open = openRunner(place, site);
  // A process that already answers this alert is not waited for: its operator has the incident.
  const owned = await place.owners.take("runner", open, 0);
  if (!owned.ok) return fail([await explainLocked(place, owned.error, alert)]);
  const lease = owned.value;
  try {
    const left = await settleLeft(place, site, lease.owner, { alert, asker });
    if (!left.ok) return fail([left.error]);
    const proposal =
      request.proposer === null
        ? prepared.proposal
        : await askProposer(place, lease.owner, { site, name: request.proposer, alert, signal: callOff, asker });
    const incident = new Incident({ ...prepared, place, lease, open, proposal });
    const walked = walk(incident, { observeOnly: request.observeOnly, onOpened });
    const closed = await Promise.race([walked, detached(asker.detach)]);
    if (closed === "detached") return ok({ kind: "detached" });
    return closed.ok ? ok({ kind: "closed", report: closed.value }) : closed;
  } finally {
    await lease.release();
  }
}

async function walk(
  incident: Incident,
  { observeOnly, onOpened }: { readonly observeOnly: boolean; readonly onOpened: () => void },
): Promise<Result<ResponseReport, readonly Problem[]>> {
  const opened = await incident.open();
  if (!opened.ok) return fail([opened.error]);
  onOpened();
  // Looking harms nobody, and who only observes may want to see what would be decided for another alert.
  const foreign = observeOnly ? null : incident.foreign();
  if (foreign !== null) return incident.close({ ...foreign, after: null });
  const idle = await incident.findIdle();
  if (idle !== null) return incident.close({ ...idle, after: null });
  const seen = await incident.look();
  const { after } = seen;
  const end = incident.calledOff() ?? endOfLook(seen);
  if (end !== null) return incident.close({ ...end, after });
  const chosen = after === null ? null : chosenOf(after);
  invariant(after !== null && chosen !== null, "a look without an end leaves something to do");
  if (observeOnly) {
    const reason = "asked to observe: nothing was done";
    const end = { outcome: "observed", world: "untouched", reason, wrote: [], waitingFor: [], code: null } as const;
    return incident.close({ ...end, after });
  }
  return incident.act(after, chosen);
}

/** Closes what an earlier process left of the same incident. One whose run is unfinished has to be resumed first. */
async function settleLeft(
  place: Workplace,
  site: Site,
  owner: IncidentOptions["lease"]["owner"],
  { alert, asker }: { readonly alert: Alert; readonly asker: Asker },
): Promise<Result<undefined, Problem>> {
  const beside = { ask: askingIn(place), to: namesToTell(place, site.config) };
  const closed = await closeLeftIncidents(owner, place.actor, alert.key, beside);
  if (!closed.ok) return closed;
  for (const { incidentId, report } of closed.value) {
    const outcome = report?.outcome ?? "abandoned";
    const left = `a process that is gone left ${incidentId} open, which was about the same`;
    const text = `${left}; it is closed as ${outcome}, and the alert is answered anew`;
    asker.tell({ kind: "note", text });
  }
  const [open] = findOpenIncidents(owner.store).filter(({ key }) => key === alert.key);
  if (open === undefined) return ok(undefined);
  const { incidentId, runId } = open;
  return fail({
    ...problem(
      "E_INCIDENT_OPEN",
      "",
      `${incidentId} about the same was left in the middle of ${runId ?? "its run"}`,
      "resume the run first: that ends it and closes the incident",
    ),
    next: { do: "resume", ...(runId === null ? {} : { run: runId }) },
  });
}

/**
 * Another process owns the store. If it answers this very alert, say in which run; otherwise say what the store says.
 */
async function explainLocked(place: Workplace, error: Problem, alert: Alert): Promise<Problem> {
  if (error.code !== "E_STORE_LOCKED") return error;
  const open = await withLog(place, async (log) => {
    const events: StoredEvent[] = [];
    for await (const event of log.events("site")) events.push(event);
    return ok(openIncidentsIn(events, log.lists).find(({ key }) => key === alert.key) ?? null);
  });
  if (!open.ok || open.value === null) return error;
  const { incidentId, runId } = open.value;
  const where = runId === null ? "" : `, in ${runId}`;
  const message = `${incidentId} about the same is being answered already${where}`;
  return {
    ...problem("E_INCIDENT_OPEN", "", message, runId === null ? "wait for it" : "follow its run"),
    next: runId === null ? { do: "list_runs" } : { do: "watch", run: runId },
  };
}
