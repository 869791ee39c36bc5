import type { Principal } from "../../approval/approval.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";

/** What a notification can be about. */
export type NotificationKind = "run_waits_for_person" | "run_ended" | "incident_closed";

/**
 * What became of telling people. The log is the outbox: a notification is queued in it, and whatever has not been
 * delivered is delivered by the next process that reads it. What is told of a run is not kept here: it is made of the
 * run, so nothing that was taken out of the store stays in a notification.
 */
export type NotificationEvent =
  /** Somebody has to be told. It is committed together with what it tells of, or before the run comes to rest. */
  | {
      readonly kind: "notification_queued";
      readonly runId: null;
      /** The same for the same thing, in every process. */
      readonly notificationId: string;
      readonly about: NotificationKind;
      /** The run or incident. */
      readonly subject: string;
      /** Who is asked to do something; `null` where nobody has to. */
      readonly owner: string | null;
      /** The notifiers that there were, by name, sorted. */
      readonly to: readonly string[];
      /** The hand-over of an incident, an `interlock.handover/1` beside the log; `null` for a run. */
      readonly handover: Digest | null;
    }
  /**
   * A notifier has taken it. `step` and `round` count from 1; they are 0 for a notifier that no step of the escalation
   * names.
   */
  | (Telling & { readonly kind: "notification_delivered"; readonly runId: null; readonly attemptCount: number })
  /** A notifier has not taken it. Recorded after the 1st, 2nd, 4th, 8th … attempt, so that an outage fills no log. */
  | (Telling & {
      readonly kind: "notification_failed";
      readonly runId: null;
      readonly attemptCount: number;
      readonly problem: Problem;
    })
  /** A person says: I have it. Nobody is told of it any more. */
  | {
      readonly kind: "notification_acknowledged";
      readonly runId: null;
      readonly notificationId: string;
      readonly by: Principal;
      readonly reason: string;
    }
  /** What it asked for has been done, or is no longer asked. Nobody is told of it any more. */
  | { readonly kind: "notification_withdrawn"; readonly runId: null; readonly notificationId: string };

/** One telling of a notification: to whom, and at which step of which round of the escalation. */
export interface Telling {
  readonly notificationId: string;
  readonly notifier: string;
  readonly step: number;
  readonly round: number;
}
