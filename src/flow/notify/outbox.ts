import type { Principal } from "../../core/approval/approval.ts";
import type { NotificationEvent, NotificationKind, Telling } from "../../core/run/words/notification-event.ts";
import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { StoredEvent } from "../../log/stored-events.ts";

/** A notification as the log has it, and what has become of it. */
export interface QueuedNotification {
  readonly notificationId: string;
  readonly about: NotificationKind;
  readonly subject: string;
  /** Who is asked to do something; `null` where nobody has to. */
  readonly owner: string | null;
  readonly to: readonly string[];
  readonly handover: Digest | null;
  readonly atMs: number;
  /** Tellings that were taken, by `tellingKey`. */
  readonly delivered: ReadonlyMap<string, Telling & { readonly atMs: number }>;
  /** Tellings that have failed so far, by `tellingKey`: the last failure that was recorded. */
  readonly failed: ReadonlyMap<string, FailedTelling>;
  readonly acknowledged: { readonly by: Principal; readonly reason: string; readonly atMs: number } | null;
  /** What it asked for was done or is no longer asked, or a later notification is about the same. */
  readonly isOver: boolean;
}

/** A telling that was tried in vain. */
export interface FailedTelling extends Telling {
  readonly attemptCount: number;
  readonly problem: Problem;
  readonly atMs: number;
}

interface Entry extends QueuedNotification {
  readonly delivered: Map<string, Telling & { readonly atMs: number }>;
  readonly failed: Map<string, FailedTelling>;
  acknowledged: QueuedNotification["acknowledged"];
  isOver: boolean;
}

/** Names one telling of one notification. */
export function tellingKey({ notificationId, notifier, step, round }: Telling): string {
  return `${notificationId} ${notifier} ${step} ${round}`;
}

/**
 * The outbox: the fold of the notifications in a log. It takes in the events of the site's stream, in order, and can go
 * on where it stopped.
 */
export class Outbox {
  readonly #entries = new Map<string, Entry>();
  readonly #newest = new Map<string, Entry>();
  readonly #closed = new Set<string>();
  #nextSeq = 0;

  /** The first record that it has not seen. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  take({ seq, atMs, event }: StoredEvent): void {
    this.#nextSeq = seq + 1;
    switch (event.kind) {
      case "incident_closed":
        this.#closed.add(event.incidentId);
        return;
      case "notification_queued":
        return this.#queue(event, atMs);
      case "notification_delivered":
        this.#entries.get(event.notificationId)?.delivered.set(tellingKey(event), { ...event, atMs });
        return;
      case "notification_failed":
        this.#entries.get(event.notificationId)?.failed.set(tellingKey(event), { ...event, atMs });
        return;
      case "notification_acknowledged": {
        const entry = this.#entries.get(event.notificationId);
        if (entry !== undefined) entry.acknowledged ??= { by: event.by, reason: event.reason, atMs };
        return;
      }
      case "notification_withdrawn": {
        const entry = this.#entries.get(event.notificationId);
        if (entry !== undefined) entry.isOver = true;
        return;
      }
      default:
    }
  }

  #queue(event: Extract<NotificationEvent, { readonly kind: "notification_queued" }>, atMs: number): void {
    // The same thing is told once, in whatever processes it was queued.
    if (this.#entries.has(event.notificationId)) return;
    const { notificationId, about, subject, owner, to, handover } = event;
    const entry: Entry = {
      notificationId,
      about,
      subject,
      owner,
      to,
      handover,
      atMs,
      delivered: new Map(),
      failed: new Map(),
      acknowledged: null,
      isOver: false,
    };
    const before = this.#newest.get(subject);
    if (before !== undefined) before.isOver = true;
    this.#newest.set(subject, entry);
    this.#entries.set(notificationId, entry);
  }

  has(notificationId: string): boolean {
    return this.#entries.has(notificationId);
  }

  /** Every notification, the oldest first. */
  all(): Iterable<QueuedNotification> {
    return this.#entries.values();
  }

  find(notificationId: string): QueuedNotification | null {
    return this.#entries.get(notificationId) ?? null;
  }

  /** Whether an incident was closed. */
  isClosed(incidentId: string): boolean {
    return this.#closed.has(incidentId);
  }
}

/** Whether a person is still asked: somebody has to act, and nobody has said that they do. */
export function isAsking({ owner, acknowledged, isOver }: QueuedNotification): boolean {
  return owner !== null && acknowledged === null && !isOver;
}
