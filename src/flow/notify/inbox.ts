import { nextStepsOf } from "../../core/run/tell/next-steps.ts";
import { viewRun } from "../../core/run/tell/view.ts";
import type { Problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { unfinishedStates } from "../../log/run-index.ts";
import { EngineSight, workedStates } from "../site/engine-sight.ts";
import { noStoreYet, type SiteLog, withLog } from "../site/site-log.ts";
import { openSiteNotifiers, type SiteNotifiers } from "../site/site-notifiers.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { listPlans } from "../tell/plans.ts";
import { compose } from "./compose.ts";
import { isAsking, Outbox, type QueuedNotification, tellingKey } from "./outbox.ts";
import { outstandingOf } from "./tellings.ts";

/**
 * Why something is in the inbox: a plan waits for approval; a run waits for a word; a run was left by its engine; an
 * incident was handed over; a run ended in a way that a person has to look at; notifications wait to be delivered.
 */
export type InboxKind =
  | "plan_waits"
  | "run_waits"
  | "run_left"
  | "incident_handed_over"
  | "run_escalated"
  | "undelivered";

/** One thing that waits. */
export interface InboxItem {
  readonly kind: InboxKind;
  /** The plan's hash, the id of the run or incident, or the notifier's name. */
  readonly subject: string;
  /** Whom it waits for; `null` means anybody who may. */
  readonly for: string | null;
  readonly sinceMs: number;
  /** One sentence. */
  readonly summary: string;
  /** Who was told of it and who was not; `null` where nobody is told of such a thing. */
  readonly told: ToldOf | null;
  /** What to do next, the best first. */
  readonly next: readonly NextStep[];
}

/** How far a notification has come. */
export interface ToldOf {
  readonly notificationId: string;
  /** Notifiers that took it, each with the last time. */
  readonly delivered: readonly { readonly notifier: string; readonly atMs: number }[];
  /** Notifiers that have not taken it although they should have, and what was last wrong. */
  readonly undelivered: readonly { readonly notifier: string; readonly problem: Problem | null }[];
  /** Who has taken it on; `null` if nobody has. */
  readonly acknowledgedBy: string | null;
}

/** Which part of the inbox to show. */
export interface InboxRequest {
  /** Only what waits for this person or for anybody; `null` for all. */
  readonly for: string | null;
}

/** Everything that waits, the oldest first. */
export interface Inbox {
  readonly items: readonly InboxItem[];
  /** Why the notifiers of `interlock.yaml` are told nothing now, or `null`. */
  readonly held: Problem | null;
  /** The problem that there is no store yet, or `null` if there is one. */
  readonly noStore: Problem | null;
}

/** A plan that nobody has approved for this long was given up. */
const planAgeMs = 7 * 86_400_000;

/** What waits for whom. If there is no store yet, nothing does. */
export async function listInbox(place: Workplace, request: InboxRequest): Promise<Result<Inbox, readonly Problem[]>> {
  const site = await openSiteNotifiers(place);
  const nowMs = place.ports.clock.nowMs();
  const read = await withLog(place, async (log) => {
    const outbox = new Outbox();
    const plans = new Set<string>();
    for await (const event of log.events("site")) {
      outbox.take(event);
      if (event.event.kind === "incident_planned") plans.add(`${event.event.incidentId} ${event.event.planHash}`);
    }
    const desk = { log, outbox, site, nowMs };
    const runs = await waitingRuns(place, desk);
    const others = await askingNotifications(desk, new Set(runs.map(({ subject }) => subject)));
    const openPlans = [...plans].flatMap((one) => {
      const [incidentId = "", planHash = ""] = one.split(" ");
      return outbox.isClosed(incidentId) ? [] : [planHash];
    });
    return ok({ items: [...runs, ...others, ...undelivered(desk)], openPlans });
  });
  if (!read.ok) {
    const noStore = noStoreYet(read.error);
    return noStore === null ? read : ok({ items: [], held: null, noStore });
  }
  const plans = await waitingPlans(place, nowMs, new Set(read.value.openPlans));
  if (!plans.ok) return plans;
  const solo = isSolo(place);
  const wanted = (item: InboxItem & { readonly by?: string }): boolean =>
    request.for === null ||
    item.for === request.for ||
    (item.for === null && (item.kind !== "plan_waits" || solo || item.by !== request.for));
  const items = [...plans.value, ...read.value.items]
    .filter(wanted)
    .map(({ by: _, ...item }: InboxItem & { readonly by?: string }): InboxItem => item)
    .sort((left, right) => left.sinceMs - right.sinceMs);
  return ok({ items, held: site.problem, noStore: null });
}

function isSolo(place: Workplace): boolean {
  const site = siteOf(place);
  return site.ok && site.value.config.solo;
}

interface Desk {
  readonly log: SiteLog;
  readonly outbox: Outbox;
  readonly site: SiteNotifiers;
  readonly nowMs: number;
}

/** Plans that write, are younger than a week, and that the site as it is now could still run. */
async function waitingPlans(
  place: Workplace,
  nowMs: number,
  ofOpenIncidents: ReadonlySet<string>,
): Promise<Result<readonly (InboxItem & { readonly by: string })[], readonly Problem[]>> {
  const page = await listPlans(place, { state: "waiting", beforeSeq: null, limit: 200 });
  if (!page.ok) return page;
  const waiting = page.value.plans.filter(({ changes, stale, plannedMs, proposer, planHash }) => {
    // A plan of a closed incident is part of what was handed over.
    const isOfClosed = proposer?.kind === "search" && !ofOpenIncidents.has(planHash);
    return stale === null && (changes ?? []).length > 0 && nowMs - plannedMs < planAgeMs && !isOfClosed;
  });
  return ok(
    waiting.map(({ planHash, plannedMs, plannedBy, preparedBy, changes, proposer, next }) => ({
      kind: "plan_waits",
      subject: planHash,
      for: null,
      sinceMs: plannedMs,
      summary: `pl_${shortDigest(planHash)} waits for approval: ${(changes ?? []).join(", ")}`,
      told: null,
      next,
      by: proposer?.onBehalfOf ?? preparedBy?.id ?? plannedBy.id,
    })),
  );
}

/** Runs that only a person can move, and runs that nobody works on. */
async function waitingRuns(place: Workplace, desk: Desk): Promise<readonly InboxItem[]> {
  const { log, outbox } = desk;
  const sight = new EngineSight(place);
  const range = { beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1_000 } as const;
  const items: InboxItem[] = [];
  for (const { runId, state } of unfinishedStates.flatMap((one) => log.lists.runs({ state: one, ...range }))) {
    const run = await log.run(runId);
    if (!run.ok) continue;
    const view = viewRun(run.value);
    const hasEngine = workedStates.includes(state) ? await sight.worksOn(log, runId) : null;
    const asked = view.waitingFor.find(({ kind }) => kind === "person" || kind === "answer");
    if (asked === undefined && hasEngine !== false) continue;
    const queued = [...outbox.all()].findLast((one) => one.subject === runId && !one.isOver) ?? null;
    items.push({
      kind: asked === undefined ? "run_left" : "run_waits",
      subject: runId,
      for: asked?.owner ?? run.value.owner,
      sinceMs: asked?.sinceMs ?? view.sinceMs,
      summary:
        asked === undefined ? `${runId} is ${view.phase}, and nobody works on it` : `${runId} waits: ${asked.reason}`,
      told: queued === null ? null : toldOf(queued, desk),
      next: [...nextStepsOf(view, hasEngine), { do: "explain", run: runId }],
    });
  }
  return items;
}

/** Incidents and ended runs that a person is asked to take on, and nobody has. */
async function askingNotifications(desk: Desk, listed: ReadonlySet<string>): Promise<readonly InboxItem[]> {
  const { log, outbox } = desk;
  const items: InboxItem[] = [];
  for (const queued of outbox.all()) {
    if (!isAsking(queued) || queued.about === "run_waits_for_person" || listed.has(queued.subject)) continue;
    const { words, hasMovedOn } = await compose(log, queued);
    if (hasMovedOn) continue;
    items.push({
      kind: queued.about === "incident_closed" ? "incident_handed_over" : "run_escalated",
      subject: queued.subject,
      for: queued.owner,
      sinceMs: queued.atMs,
      summary: words.summary,
      told: toldOf(queued, desk),
      next: words.next,
    });
  }
  return items;
}

/** For each notifier that did not take everything: how much waits, and since when. */
function undelivered({ outbox, site, nowMs }: Desk): readonly InboxItem[] {
  const waiting = new Map<string, { count: number; sinceMs: number; problem: Problem | null }>();
  for (const queued of outbox.all())
    for (const telling of dueOf(queued, site, nowMs)) {
      const { count = 0, sinceMs = telling.dueAtMs, problem = null } = waiting.get(telling.notifier) ?? {};
      waiting.set(telling.notifier, {
        count: count + 1,
        sinceMs: Math.min(sinceMs, telling.dueAtMs),
        problem: queued.failed.get(tellingKey(telling))?.problem ?? problem,
      });
    }
  return [...waiting].map(([notifier, { count, sinceMs, problem }]) => {
    const what = count === 1 ? "1 notification waits" : `${count} notifications wait`;
    const why = problem === null ? "" : `: ${problem.message}`;
    return {
      kind: "undelivered",
      subject: notifier,
      for: null,
      sinceMs,
      summary: `${what} to be delivered by \`${notifier}\`${why}`,
      told: null,
      next: [{ do: "deliver_notifications" }],
    };
  });
}

function dueOf(queued: QueuedNotification, { notifiers, escalation }: SiteNotifiers, nowMs: number) {
  return outstandingOf(queued, { names: new Set(notifiers.keys()), escalation }, nowMs).due;
}

function toldOf(queued: QueuedNotification, { site, nowMs }: Desk): ToldOf {
  const delivered = new Map([...queued.delivered.values()].map(({ notifier, atMs }) => [notifier, atMs]));
  return {
    notificationId: queued.notificationId,
    delivered: [...delivered].map(([notifier, atMs]) => ({ notifier, atMs })),
    undelivered: dueOf(queued, site, nowMs).map((telling) => ({
      notifier: telling.notifier,
      problem: queued.failed.get(tellingKey(telling))?.problem ?? null,
    })),
    acknowledgedBy: queued.acknowledged?.by.id ?? null,
  };
}
