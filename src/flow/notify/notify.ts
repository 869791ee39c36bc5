import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { refuseForbidden } from "../site/record.ts";
import type { Workplace } from "../site/workplace.ts";
import { deliverNotifications } from "./deliver-notifications.ts";

/** How to deliver what waits. */
export interface NotifyRequest {
  /** Stay, deliver what comes up and escalate it, until the signal aborts. Otherwise everything due is tried once. */
  readonly stay: boolean;
  readonly signal: AbortSignal;
  /** Told of each try. */
  readonly onTold?: (told: ToldNotifier) => void;
  /** Told when another process of this machine delivers already. With `stay`, this one takes its place once it ends. */
  readonly onElsewhere?: () => void;
}

/** One try to tell one notifier. */
export interface ToldNotifier {
  readonly notificationId: string;
  readonly subject: string;
  readonly notifier: string;
  /** As in a notification: 0 and 0 where no step of the escalation names the notifier. */
  readonly step: number;
  readonly round: number;
  /** Why the notifier has not taken it; `null` if it has. */
  readonly problem: Problem | null;
}

/** What came of it. */
export interface Notified {
  readonly deliveredCount: number;
  /** How many tellings are due and still wait, and the last problem of each notifier that they wait for. */
  readonly undeliveredCount: number;
  readonly failures: readonly { readonly notifier: string; readonly problem: Problem }[];
  /** Who delivers: this process, another one of this machine, or nobody because the site has no notifiers. */
  readonly by: "this_process" | "another_process" | "nobody";
}

/** How often a process that stays looks whether the one that delivers has ended. */
const lookMs = 1_000;

/** Delivers what waits to be delivered, once or for as long as the caller stays. */
export async function notify(
  place: Workplace,
  { stay, signal, onTold, onElsewhere }: NotifyRequest,
): Promise<Result<Notified, readonly Problem[]>> {
  const forbidden = await refuseForbidden(place, { capability: "apply", asked: "notify", resource: "*" });
  if (forbidden !== null) return forbidden;
  for (let isFirst = true; ; isFirst = false) {
    const done = await deliverNotifications(place, {
      mode: () => (stay ? "stay" : "once"),
      signal,
      onTold: (told, { notifier, step, round }, { notificationId, subject }) => {
        if (told.ok && told.value === "moved_on") return;
        onTold?.({ notificationId, subject, notifier, step, round, problem: told.ok ? null : told.error });
      },
    });
    if (!done.ok) return fail([done.error]);
    if (done.value.kind === "delivered") {
      const { deliveredCount, undelivered, failures, problem } = done.value.tally;
      if (problem !== null) return fail([problem]);
      return ok({ deliveredCount, undeliveredCount: undelivered.length, failures, by: "this_process" });
    }
    const nothing = { deliveredCount: 0, undeliveredCount: 0, failures: [] };
    if (done.value.kind === "nobody") return ok({ ...nothing, by: "nobody" });
    if (isFirst) onElsewhere?.();
    if (!stay || signal.aborted) return ok({ ...nothing, by: "another_process" });
    await place.ports.clock.sleep(lookMs, signal);
  }
}
