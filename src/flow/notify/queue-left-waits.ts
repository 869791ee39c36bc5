import { viewRun } from "../../core/run/tell/view.ts";
import type { NotificationEvent } from "../../core/run/words/notification-event.ts";
import { ok } from "../../core/value/result.ts";
import { unfinishedStates } from "../../log/run-index.ts";
import { recordEvents } from "../site/record.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { queueOfWait } from "./queue.ts";
import { namesOfSite } from "./queue-rest.ts";

/** A wait that is younger than this is left to the process that carries its run out. */
const leftAfterMs = 60_000;

/**
 * Queues the waits of runs whose process ended before it queued them. The same wait has the same id everywhere, so one
 * that another process queues meanwhile is told once.
 */
export async function queueLeftWaits(place: Workplace): Promise<void> {
  const to = namesOfSite(place);
  const found = await withLog(place, async (log) => ok(await findLeftWaits(log, place.ports.clock.nowMs(), to)));
  if (found.ok && found.value.length > 0) await recordEvents(place, found.value, []);
}

async function findLeftWaits(
  log: SiteLog,
  nowMs: number,
  to: readonly string[],
): Promise<readonly NotificationEvent[]> {
  const range = { beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1_000 } as const;
  const rows = unfinishedStates.flatMap((state) => log.lists.runs({ state, ...range }));
  const waits: NotificationEvent[] = [];
  for (const { runId, changedMs } of rows) {
    if (nowMs - changedMs < leftAfterMs) continue;
    const run = await log.run(runId);
    // A run of a situation belongs to an incident, whose end is told.
    if (!run.ok || run.value.prepared.plan.pins.situation !== null) continue;
    waits.push(...queueOfWait(viewRun(run.value), to));
  }
  if (waits.length === 0) return [];
  const known = new Set<string>();
  for await (const { event } of log.events("site"))
    if (event.kind === "notification_queued") known.add(event.notificationId);
  return waits.filter(({ notificationId }) => !known.has(notificationId));
}
