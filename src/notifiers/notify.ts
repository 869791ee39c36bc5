import type { Problem } from "../core/value/codes.ts";
import type { Notification, Notifier } from "../ports.ts";
import { type DeliveryLimits, deliver } from "./deliver.ts";

/** A notifier that did not deliver, and why. */
export interface NotificationFailure {
  readonly notifier: string;
  readonly problem: Problem;
}

/**
 * Tells every notifier at once and waits until each has delivered, failed, or used up its time. It never rejects,
 * whatever a notifier does, and sends nothing twice.
 *
 * @returns what failed, in the order of the notifiers; empty if everyone was told
 */
export async function notify(
  notifiers: readonly Notifier[],
  notification: Notification,
  limits: DeliveryLimits,
): Promise<readonly NotificationFailure[]> {
  const tell = async (notifier: Notifier): Promise<readonly NotificationFailure[]> => {
    const { name } = notifier;
    // Async, so that a notifier that throws at once rejects like any other.
    const told = await deliver(name, limits, async (signal) => notifier.notify(notification, signal));
    return told.ok ? [] : [{ notifier: name, problem: told.error }];
  };
  return (await Promise.all(notifiers.map(tell))).flat();
}
