import type { RunView } from "../../core/run/tell/view.ts";
import { storedEvents } from "../../log/stored-events.ts";
import type { Owner } from "../../owner/owner.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { answersOpenIncident, namesToTell, queueOfWait } from "./queue.ts";

/**
 * Sees to it that people are told how a run rests. Its end was queued in the commit in which it ended; what it waits
 * for is queued here, before anybody hears that it rests. Nothing waits for a delivery.
 */
export async function queueRest(place: Workplace, { engine, store }: Owner, view: RunView): Promise<void> {
  const run = engine.run(view.runId);
  if (view.outcome === null && run !== null && !answersOpenIncident(store, run)) {
    const waits = queueOfWait(view, namesOfSite(place));
    const known = new Set(
      [...storedEvents(store, "site")].flatMap(({ event }) =>
        event.kind === "notification_queued" ? [event.notificationId] : [],
      ),
    );
    const fresh = waits.filter(({ notificationId }) => !known.has(notificationId));
    // If the store refuses it, the engine halts, and that is told. The process that takes the run over queues it then.
    if (fresh.length > 0) await engine.record(fresh, []);
  }
  place.courier.wake();
}

/** Whom there is to tell, by name, as the site is configured now. */
export function namesOfSite(place: Workplace): readonly string[] {
  const site = siteOf(place);
  return site.ok ? namesToTell(place, site.value.config) : [];
}
