import type { EscalationConfig } from "../../notifiers/escalation-config.ts";
import { isAsking, type QueuedNotification, tellingKey } from "./outbox.ts";

/** Whom there is to tell: every notifier by name, and in which order people are told of what waits for them. */
export interface Audience {
  readonly names: ReadonlySet<string>;
  /** `null`: everybody is told at once, and once. */
  readonly escalation: EscalationConfig | null;
}

/** One telling that is to be made, from `dueAtMs` on. */
export interface PlannedTelling {
  readonly notificationId: string;
  readonly notifier: string;
  readonly step: number;
  readonly round: number;
  readonly dueAtMs: number;
}

/** What is to be told of one notification. */
export interface Outstanding {
  /** To be made now: for each notifier at most one. */
  readonly due: readonly PlannedTelling[];
  /** When the next one comes up; `null` where nothing more will. */
  readonly nextAtMs: number | null;
}

/**
 * What is to be told of a notification. A notifier that no step of the escalation names is told at once, of everything.
 * One that a step names is told only of what waits for a person, at its steps, until somebody acknowledges it. If an
 * earlier telling of a notifier has not come through when a later one is due, only the later one is made.
 */
export function outstandingOf(
  notification: QueuedNotification,
  { names, escalation }: Audience,
  nowMs: number,
): Outstanding {
  const { notificationId, delivered, atMs, to } = notification;
  const escalated = new Set(escalation?.steps.flatMap(({ notify }) => notify));
  const listeners = to
    .filter((notifier) => names.has(notifier) && !escalated.has(notifier))
    .map((notifier): PlannedTelling => ({ notificationId, notifier, step: 0, round: 0, dueAtMs: atMs }));
  const asked = escalation === null || !isAsking(notification) ? [] : escalationOf(notification, escalation, names);
  const newest = new Map<string, PlannedTelling>();
  let nextAtMs: number | null = null;
  for (const telling of [...listeners, ...asked]) {
    if (telling.dueAtMs <= nowMs) newest.set(telling.notifier, telling);
    else nextAtMs = Math.min(nextAtMs ?? telling.dueAtMs, telling.dueAtMs);
  }
  return { due: [...newest.values()].filter((telling) => !delivered.has(tellingKey(telling))), nextAtMs };
}

/** Every telling of every round, in the order of time. */
function escalationOf(
  { notificationId, atMs }: QueuedNotification,
  { steps, repeat }: EscalationConfig,
  names: ReadonlySet<string>,
): readonly PlannedTelling[] {
  const last = steps.at(-1);
  const roundMs = (last?.afterMs ?? 0) + repeat.waitMs;
  const tellings: PlannedTelling[] = [];
  for (let round = 0; round <= repeat.count; round += 1)
    for (const [index, { notify, afterMs }] of steps.entries())
      for (const notifier of notify)
        if (names.has(notifier))
          tellings.push({
            notificationId,
            notifier,
            step: index + 1,
            round: round + 1,
            dueAtMs: atMs + round * roundMs + afterMs,
          });
  return tellings;
}
