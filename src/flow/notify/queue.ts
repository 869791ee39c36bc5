import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import type { NotificationEvent, NotificationKind } from "../../core/run/words/notification-event.ts";
import type { RunState } from "../../core/run/words/state.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import type { Beside } from "../../engine/draft-records.ts";
import type { LogSource } from "../../log/store.ts";
import { storedEvents } from "../../log/stored-events.ts";
import type { SiteConfig } from "../../packs/site-config.ts";
import type { Notifier } from "../../ports.ts";

/** The record that queues a notification. */
export type Queued = Extract<NotificationEvent, { readonly kind: "notification_queued" }>;

/** The notifiers of a program, as a site's ports have them. */
interface Listeners {
  readonly ports: { readonly notifiers: readonly Notifier[] };
}

/** Whom there is to tell, by name, sorted: notifiers of the program and those of `interlock.yaml`. */
export function namesToTell(place: Listeners, config: SiteConfig): readonly string[] {
  const ours = place.ports.notifiers.map(({ name }) => name);
  return [...new Set([...ours, ...Object.keys(config.notifiers ?? {})])].sort();
}

/** What somebody has to be told. */
interface Matter {
  readonly about: NotificationKind;
  readonly subject: string;
  /** Tells occasions of one subject apart, such as the questions of a run. */
  readonly occasion: string;
  readonly owner: string | null;
  readonly handover?: Digest;
}

/** The record that queues a notification; none where nobody has to act and there is nobody to tell. */
export function queueOf(
  { about, subject, occasion, owner, handover }: Matter,
  to: readonly string[],
): readonly Queued[] {
  if (owner === null && to.length === 0) return [];
  const notificationId = `ntf_${digest("interlock.notification-id/1", { about, subject, occasion }).slice(7, 27)}`;
  const told = { notificationId, about, subject, owner, to, handover: handover ?? null };
  return [{ kind: "notification_queued", runId: null, ...told }];
}

/**
 * Queues, in the commit in which a run ends, asks a question or cannot go back, that people are told of it. A run that
 * answers an incident is left to the incident, whose end is told.
 */
export function besideRuns(place: Listeners, config: SiteConfig): (store: LogSource) => Beside {
  const to = namesToTell(place, config);
  return (store) => (events, run) => {
    const told = events.find(({ kind }) => kind === "run_ended" || kind === "approval_asked" || kind === "run_dirty");
    if (told === undefined || answersOpenIncident(store, run)) return [];
    const ended = events.find(({ kind }) => kind === "run_ended");
    if (ended?.kind !== "run_ended") return queueOfWait(viewRun(run), to);
    const owner = ended.outcome === "escalated" ? run.owner : null;
    return queueOf({ about: "run_ended", subject: ended.runId, occasion: "", owner }, to);
  };
}

/** Queues that a run waits for a person. The same wait gives the same notification, in whatever process it is found. */
export function queueOfWait(view: RunView, to: readonly string[]): readonly Queued[] {
  const asked = view.waitingFor.filter(({ kind }) => kind === "person" || kind === "answer");
  const [first] = asked;
  if (first === undefined) return [];
  const occasion = asked.map(({ stepId, sinceMs }) => `${stepId ?? ""}@${sinceMs}`).join(" ");
  return queueOf({ about: "run_waits_for_person", subject: view.runId, occasion, owner: first.owner }, to);
}

/**
 * Whether a run answers an incident that is open: it carries out the incident's plan, or only looks for it. Where the
 * log cannot be read now, the run is taken for one of its own: better told twice than not at all.
 */
export function answersOpenIncident(store: LogSource, run: RunState): boolean {
  const { plan, planHash } = run.prepared;
  if (plan.pins.situation === null) return false;
  try {
    const open = new Map<string, { readonly situation: string; readonly plans: Set<string> }>();
    for (const { event } of storedEvents(store, "site")) {
      if (event.kind === "incident_opened")
        open.set(event.incidentId, { situation: event.situation, plans: new Set() });
      if (event.kind === "incident_planned") open.get(event.incidentId)?.plans.add(event.planHash);
      if (event.kind === "incident_closed") open.delete(event.incidentId);
    }
    const onlyReads = plan.bounds.writeCount === 0;
    return [...open.values()].some(
      (incident) => incident.situation === plan.pins.situation && (incident.plans.has(planHash) || onlyReads),
    );
  } catch {
    return false;
  }
}
