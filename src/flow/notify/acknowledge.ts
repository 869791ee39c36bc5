import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { recordEvents, refuse, refuseForbidden } from "../site/record.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { readHandover } from "./handover-words.ts";
import { isAsking, Outbox, type QueuedNotification } from "./outbox.ts";

/** What a person has taken on, and what there is to say about it. */
export interface AcknowledgeRequest {
  /** The id of a notification, an incident or a run, or the beginning of one. */
  readonly subject: string;
  /** Empty if there is nothing to say. */
  readonly reason: string;
}

/** Notifications that nobody is told of any more. */
export interface Acknowledged {
  readonly acknowledged: readonly AcknowledgedNotification[];
}

/** One of them. `by` is somebody else where that person was quicker: then nothing was recorded. */
export interface AcknowledgedNotification {
  readonly notificationId: string;
  readonly subject: string;
  readonly by: Principal;
  readonly atMs: number;
}

/** A shorter beginning of an id names nothing. */
const prefixCharsMin = 6;

/** Records that a person has taken something on, so that nobody else is told of it. */
export async function acknowledge(
  place: Workplace,
  { subject, reason }: AcknowledgeRequest,
): Promise<Result<Acknowledged, readonly Problem[]>> {
  const asked = { capability: "acknowledge", asked: "acknowledge", resource: subject } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const found = await withLog(place, (log) => findNotifications(log, subject));
  if (!found.ok) return refuse(place, "acknowledge", found.error);
  const open = found.value.filter(isAsking);
  const by = place.actor;
  if (open.length > 0) {
    const events = open.map(
      ({ notificationId }) => ({ kind: "notification_acknowledged", runId: null, notificationId, by, reason }) as const,
    );
    const recorded = await recordEvents(place, events, []);
    if (!recorded.ok) return fail([recorded.error]);
  }
  const atMs = place.ports.clock.nowMs();
  return ok({
    acknowledged: found.value.flatMap((one) => {
      const { notificationId, acknowledged } = one;
      if (isAsking(one)) return [{ notificationId, subject: one.subject, by, atMs }];
      return acknowledged === null ? [] : [{ notificationId, subject: one.subject, ...acknowledged }];
    }),
  });
}

/** What a subject names that asks a person, or has asked one. */
async function findNotifications(
  log: SiteLog,
  subject: string,
): Promise<Result<readonly QueuedNotification[], readonly Problem[]>> {
  const outbox = new Outbox();
  for await (const event of log.events("site")) outbox.take(event);
  const asking = [...outbox.all()].filter(({ owner }) => owner !== null);
  const names = (id: string): boolean => id === subject || (subject.length >= prefixCharsMin && id.startsWith(subject));
  const direct = asking.filter((one) => names(one.notificationId) || names(one.subject) || names(bare(one.subject)));
  const found = direct.length > 0 ? direct : await ofIncidentsWith(log, asking, names);
  const subjects = new Set(found.map((one) => one.subject));
  if (subjects.size > 1) {
    const message = `${quote(subject)} is the beginning of ${[...subjects].slice(0, 3).map(quote).join(", ")}`;
    return fail([problem("E_NOTIFICATION_UNKNOWN", "", message, "write more of its id", { do: "list_inbox" })]);
  }
  if (found.length === 0) {
    const message = `nothing that asks a person is called ${quote(subject)}`;
    return fail([problem("E_NOTIFICATION_UNKNOWN", "", message)]);
  }
  // What is over needs no answer; where everything is, the newest says so.
  const open = found.filter(isAsking);
  return ok(open.length > 0 ? open : found.slice(-1));
}

function bare(id: string): string {
  return id.slice(id.indexOf("_") + 1);
}

/** Notifications of incidents that a run has answered. */
async function ofIncidentsWith(
  log: SiteLog,
  asking: readonly QueuedNotification[],
  names: (id: string) => boolean,
): Promise<readonly QueuedNotification[]> {
  const found: QueuedNotification[] = [];
  for (const one of asking) {
    const handover = await readHandover(log, one);
    if (handover?.runIds.some((runId) => names(runId) || names(bare(runId))) === true) found.push(one);
  }
  return found;
}
