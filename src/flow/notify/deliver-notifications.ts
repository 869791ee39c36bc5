import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { takeOwnerLock } from "../../log/sqlite/owner-lock.ts";
import { deliver, notDelivered } from "../../notifiers/deliver.ts";
import type { Notification } from "../../ports.ts";
import { recordEvents } from "../site/record.ts";
import { withLog } from "../site/site-log.ts";
import { openSiteNotifiers, type SiteNotifiers } from "../site/site-notifiers.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { compose } from "./compose.ts";
import { type DeliverOptions, Delivery, type DeliveryParts, type DeliveryTally } from "./delivery.ts";
import type { Told } from "./lane.ts";
import { Outbox, type QueuedNotification } from "./outbox.ts";
import { queueLeftWaits } from "./queue-left-waits.ts";
import type { PlannedTelling } from "./tellings.ts";

/**
 * What came of delivering. `elsewhere`: another process of this machine delivers. `nobody`: the site has no notifiers.
 */
export type Delivered =
  | { readonly kind: "delivered"; readonly tally: DeliveryTally }
  | { readonly kind: "elsewhere" | "nobody" };

/** How long a notifier that hangs is waited for. */
const timeoutMs = 10_000;
/** How long what `interlock.yaml` says of notifiers is taken for current. */
const currentMs = 5_000;

/**
 * Delivers the notifications of a site. One process of a machine does it at a time, so that nobody is told twice for
 * nothing; the operating system gives its lock back however it ends. `E_INPUT_MISSING` where there is no log yet.
 */
export async function deliverNotifications(
  place: Workplace,
  options: DeliverOptions,
): Promise<Result<Delivered, Problem>> {
  if (place.ports.notifiers.length === 0 && !declaresNotifiers(place)) return ok({ kind: "nobody" });
  const there = await withLog(place, async () => ok(null));
  const [missing] = there.ok ? [] : there.error;
  if (missing !== undefined) return fail(missing);
  const lock = takeOwnerLock(place.store.paths.courier);
  if (!lock.ok) return lock.error.code === "E_STORE_LOCKED" ? ok({ kind: "elsewhere" }) : lock;
  try {
    await queueLeftWaits(place);
    const delivery = new Delivery(partsOf(place, options));
    options.onBegin?.(() => delivery.wake());
    return ok({ kind: "delivered", tally: await delivery.run(options.mode, options.signal) });
  } finally {
    lock.value.release();
  }
}

function declaresNotifiers(place: Workplace): boolean {
  const site = siteOf(place);
  return site.ok && site.value.config.notifiers !== undefined;
}

function partsOf(place: Workplace, { signal, onTold }: DeliverOptions): DeliveryParts {
  const { clock } = place.ports;
  const outbox = new Outbox();
  let known: SiteNotifiers | null = null;
  let knownAtMs = 0;
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    random: Math.random,
    sleep,
    refresh: async () => {
      const read = await withLog(place, async (log) => {
        for await (const event of log.events("site", outbox.nextSeq)) outbox.take(event);
        return ok(outbox);
      });
      return read.ok ? read : fail(firstOf(read.error));
    },
    audience: async () => {
      const nowMs = clock.monotonicMs();
      if (known === null || nowMs - knownAtMs > currentMs) {
        known = await openSiteNotifiers(place);
        knownAtMs = nowMs;
      }
      return { names: new Set(known.notifiers.keys()), escalation: known.escalation };
    },
    tell: (notification, telling) => tell(place, { known, signal }, notification, telling),
    record: (events) => recordEvents(place, events, []),
    ...(onTold === undefined ? {} : { onTold }),
  };
}

interface Desk {
  readonly known: SiteNotifiers | null;
  readonly signal: AbortSignal;
}

async function tell(
  place: Workplace,
  { known, signal }: Desk,
  queued: QueuedNotification,
  telling: PlannedTelling,
): Promise<Told> {
  const composed = await withLog(place, async (log) => ok(await compose(log, queued)));
  if (!composed.ok) return fail(firstOf(composed.error));
  const { notifier, step, round } = telling;
  // Who listens to everything hears of this too. Nobody is woken for what has been done.
  if (composed.value.hasMovedOn && step > 0) return ok("moved_on");
  const notification: Notification = {
    format: "interlock.notification/1",
    id: queued.notificationId,
    deliveryId: `${queued.notificationId}.${round}.${step}`,
    kind: queued.about,
    subject: queued.subject,
    owner: queued.owner,
    ...composed.value.words,
    escalation: { step, round },
    atMs: queued.atMs,
  };
  const opened = known?.notifiers.get(notifier);
  const told = await deliver(notifier, { timeoutMs, signal }, async (stop) => {
    if (opened === undefined) return notDelivered(notifier, "is no longer declared");
    return opened.ok ? opened.value.notify(notification, stop) : opened;
  });
  return told.ok ? ok("delivered") : told;
}

function firstOf([first]: readonly Problem[]): Problem {
  return first ?? { code: "E_INTERNAL", pointer: "", message: "no problem was given", hint: "report it" };
}

/** Waits, and keeps the process alive only if it is held. */
function sleep(
  ms: number,
  { signal, isHeld }: { readonly signal: AbortSignal; readonly isHeld: boolean },
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (!isHeld) timer.unref();
    signal.addEventListener("abort", done, { once: true });
  });
}
