import type { Event } from "../../core/run/words/event.ts";
import { isStorageError } from "../../log/sqlite/store-problem.ts";
import { followedEvents } from "../../log/stored-events.ts";
import { openSiteLog, type SiteLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** One event of a run, as the log has it. */
export interface LoggedEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly event: Event;
}

/** From where on a run is followed, and until when. */
export interface TailOptions {
  /** The first record to give. Earlier ones are left out. */
  readonly fromSeq: number;
  /**
   * Whether nothing more will come. It is asked at the beginning and after each event. What is recorded by then is
   * still given.
   */
  readonly isOver: (log: SiteLog) => boolean | Promise<boolean>;
  /** Aborted when the answer of `isOver` may have changed, so that the reader looks at once. */
  readonly hurry?: AbortSignal;
  /** Aborted by a caller who has let go. Nothing more is given then. */
  readonly detached: AbortSignal;
}

/** Every event of a run, in order. Everything that follows a run does so here. */
export async function* tailRun(place: Workplace, runId: string, options: TailOptions): AsyncGenerator<LoggedEvent> {
  const { fromSeq, detached } = options;
  const log = await openSiteLog(place);
  if (!log.ok) return;
  try {
    let next = fromSeq;
    for await (const event of untilOver(log.value, runId, options)) {
      next = event.seq + 1;
      yield event;
    }
    // What was recorded by the time that it was over.
    for await (const event of log.value.events(runId, next)) {
      if (detached.aborted) return;
      yield event;
    }
  } catch (error) {
    // If the store can no longer be read, the answer to how the run rests says so.
    if (!isStorageError(error)) throw error;
  } finally {
    await log.value.close();
  }
}

/** Events as they come, until nothing more will or nobody listens any more. */
async function* untilOver(
  log: SiteLog,
  runId: string,
  { fromSeq, isOver, hurry, detached }: TailOptions,
): AsyncGenerator<LoggedEvent> {
  if (await isOver(log)) return;
  const over = AbortSignal.any(hurry === undefined ? [detached] : [detached, hurry]);
  for await (const event of followedEvents(log.port, { stream: runId, fromSeq }, over)) {
    // The reading that comes next meets the same problem, and tells it.
    if (!event.ok) return;
    yield event.value;
    if (await isOver(log)) return;
  }
}
