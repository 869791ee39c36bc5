import { withTold } from "../../core/belief/evidence.ts";
import { outcomeIdsOf, type Situation } from "../../core/belief/situation/situation.ts";
import type { SiteEvent } from "../../core/run/words/event.ts";
import type { EvidenceAnswer } from "../../core/run/words/incident-event.ts";
import { actorName } from "../../core/value/actor-name.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote, suggestName } from "../../core/value/text.ts";
import { type StoredEvent, storedEvents } from "../../log/stored-events.ts";
import { readSituation } from "../../packs/read-situation.ts";
import { findSituationFile } from "../apply/prepare-start.ts";
import { refuse, refuseForbidden } from "../site/record.ts";
import { withLog } from "../site/site-log.ts";
import { recorderOf, siteOf, type Workplace } from "../site/workplace.ts";
import { contradiction } from "./evidence.ts";

/** What a person says of an open incident. */
export interface ObserveRequest {
  /** The incident's id, or the beginning of it. */
  readonly incident: string;
  readonly step: string;
  readonly outcome: string;
}

/** What was recorded. */
export interface ObservedByPerson {
  readonly incidentId: string;
  readonly step: string;
  readonly outcome: string;
  /** Whether it adds anything: `false` where the probe is known to answer so, and nothing was recorded. */
  readonly isNew: boolean;
}

/** An incident that is open, with what counts as evidence in it. */
interface Standing {
  readonly incidentId: string;
  readonly situation: Digest;
  readonly answers: readonly EvidenceAnswer[];
  readonly told: readonly EvidenceAnswer[];
  /** Whether the process that answered it is gone. */
  readonly isLeft: boolean;
}

/**
 * Records what a person has seen of an open incident, as the answer of one of its probes. The process that answers the
 * incident takes it in at its next decision: before it looks on, or before it writes.
 */
export async function observe(
  place: Workplace,
  request: ObserveRequest,
): Promise<Result<ObservedByPerson, readonly Problem[]>> {
  const { incident, step, outcome } = request;
  const asked = { capability: "resolve", asked: "observe", resource: incident } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const no = (found: Problem) => refuse(place, "observe", [found]);
  if (place.actor.kind !== "person")
    return no(problem("E_PERSON_REQUIRED", "", `${quote(actorName(place.actor))} is not a person`));
  const standing = await withLog<Standing>(place, async (log) => {
    const events: StoredEvent[] = [];
    for await (const event of log.events("site")) events.push(event);
    const found = standingOf(events, incident);
    return found.ok ? found : fail([found.error]);
  });
  if (!standing.ok) return refuse(place, "observe", standing.error);
  const { incidentId } = standing.value;
  const told = { step, outcome, atMs: place.ports.clock.nowMs(), toldBy: place.actor };
  const weighed = weigh(place, standing.value, told);
  if (!weighed.ok) return no(weighed.error);
  const recorded = weighed.value ? await record(place, standing.value, told) : ok(undefined);
  return recorded.ok ? ok({ incidentId, step, outcome, isNew: weighed.value }) : no(recorded.error);
}

function standingOf(events: readonly StoredEvent[], wanted: string): Result<Standing, Problem> {
  const closedIds = new Set(
    events.flatMap(({ event }) => (event.kind === "incident_closed" ? [event.incidentId] : [])),
  );
  const opened = events.flatMap(({ event, seq }) =>
    event.kind === "incident_opened" && wanted !== "" && event.incidentId.startsWith(wanted) ? [{ event, seq }] : [],
  );
  const open = opened.filter(({ event }) => !closedIds.has(event.incidentId));
  // One that is open is meant before any that is closed.
  const [first, another] = open.length > 0 ? open : opened;
  if (first === undefined || another !== undefined) {
    const message = first === undefined ? "no incident is called" : "more than one incident begins with";
    return fail(problem("E_INCIDENT_UNKNOWN", "/incident", `${message} ${quote(wanted)}`));
  }
  const { incidentId, situation } = first.event;
  const closed = events.findLast(({ event }) => event.kind === "incident_closed" && event.incidentId === incidentId);
  if (closed?.event.kind === "incident_closed")
    return fail(problem("E_INCIDENT_CLOSED", "", `${incidentId} closed ${closed.event.outcome.replaceAll("_", " ")}`));
  const kept = events.findLast(({ event }) => event.kind === "incident_evidence" && event.incidentId === incidentId);
  return ok({
    incidentId,
    situation,
    answers: kept?.event.kind === "incident_evidence" ? kept.event.answers : [],
    told: events.flatMap(({ event, seq, atMs }) =>
      event.kind === "incident_told" && event.incidentId === incidentId && seq > (kept?.seq ?? 0)
        ? [{ step: event.step, outcome: event.outcome, atMs, toldBy: event.by }]
        : [],
    ),
    isLeft: isLeft(events, first.seq),
  });
}

/** The process that answers an incident owns the store. If another one has opened it since, this one is gone. */
function isLeft(events: Iterable<StoredEvent>, openedSeq: number): boolean {
  for (const { event, seq } of events) if (event.kind === "engine_opened" && seq > openedSeq) return true;
  return false;
}

/** Whether it adds anything to what counts; or why it cannot count. */
function weigh(
  place: Workplace,
  { situation: wanted, answers, told, isLeft: wasLeft, incidentId }: Standing,
  answer: EvidenceAnswer,
): Result<boolean, Problem> {
  if (wasLeft) return fail(leftProblem(incidentId));
  const situation = situationOf(place, wanted);
  if (!situation.ok) return situation;
  const unknown = findUnknown(situation.value, answer);
  if (unknown !== null) return fail(unknown);
  let counting = answers;
  for (const one of told) counting = withTold(situation.value, counting, one) ?? counting;
  const weighed = withTold(situation.value, counting, answer);
  return weighed === null ? fail(contradiction(counting, answer)) : ok(weighed.includes(answer));
}

function situationOf(place: Workplace, wanted: Digest): Result<Situation, Problem> {
  const site = siteOf(place);
  const bytes = site.ok ? findSituationFile(site.value, wanted) : null;
  const read = bytes === null ? null : readSituation(bytes);
  if (read?.ok === true) return ok(read.value.situation);
  const message = "the situation that the incident is answered with is not in the pack, or has changed since";
  return fail(problem("E_INPUT_MISSING", "", message, "put it back: only its probes can be observed"));
}

function findUnknown({ steps }: Situation, { step: id, outcome }: EvidenceAnswer): Problem | null {
  const probes = steps.filter(({ kind }) => kind === "probe");
  const probe = probes.find((one) => one.id === id);
  if (probe === undefined) {
    const names = probes.map((one) => one.id);
    return problem(
      "E_SITUATION_EVIDENCE",
      "/step",
      `${quote(id)} is not a probe of the situation`,
      suggestName(id, names),
    );
  }
  const outcomes = outcomeIdsOf(probe);
  if (outcomes.includes(outcome)) return null;
  const message = `${quote(outcome)} is not an outcome of ${quote(id)}`;
  return problem("E_SITUATION_EVIDENCE", "/outcome", message, suggestName(outcome, outcomes));
}

/** Records it through the process that answers the incident. Nobody else would ever weigh it. */
async function record(
  place: Workplace,
  { incidentId }: Standing,
  { step, outcome }: EvidenceAnswer,
): Promise<Result<undefined, Problem>> {
  const event = { kind: "incident_told", runId: null, incidentId, step, outcome, by: place.actor } as const;
  const events: readonly SiteEvent[] = [event];
  const taken = await place.owners.through({ kind: "record", events, documents: [] }, "recorder", recorderOf(place));
  if (taken.kind === "failed") return fail(taken.problem);
  if (taken.kind === "answered") return taken.answer.ok ? ok(undefined) : fail(taken.answer.error);
  const { engine, store } = taken.lease.owner;
  try {
    const stored = [...storedEvents(store, "site")];
    const opened = stored.find((one) => one.event.kind === "incident_opened" && one.event.incidentId === incidentId);
    if (isLeft(stored, opened?.seq ?? 0)) return fail(leftProblem(incidentId));
    return await engine.record(events, []);
  } finally {
    await taken.lease.release();
  }
}

function leftProblem(incidentId: string): Problem {
  return {
    ...problem(
      "E_INCIDENT_CLOSED",
      "",
      `the process that answered ${incidentId} is gone`,
      "resume: that closes the incident",
    ),
    next: { do: "resume" },
  };
}
