import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../../core/run/words/event.ts";
import { isStorageError } from "../../log/sqlite/store-problem.ts";
import { openSiteLog, type SiteLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** One event of a run, as the log has it. */
export interface LoggedEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly event: Event;
}

/**
 * How often to look for news of a run that another process carries out. This process's own events wake the reader at
 * once.
 */
const pollMs = 100;

/** From where on a run is followed, and until when. */
export interface TailOptions {
  /** The first record to give. Earlier ones are left out. */
  readonly fromSeq: number;
  /**
   * Whether nothing more will come. It is asked before each round of reading, so that what is recorded by then is still
   * given.
   */
  readonly isOver: (log: SiteLog) => boolean | Promise<boolean>;
  /** Aborted when the answer of `isOver` may have changed, so that the reader looks at once. */
  readonly hurry?: AbortSignal;
  /** Aborted by a caller who has let go. Nothing more is given then. */
  readonly detached: AbortSignal;
}

/** Every event of a run, in order. Everything that follows a run does so here. */
export async function* tailRun(place: Workplace, runId: string, options: TailOptions): AsyncGenerator<LoggedEvent> {
  const { isOver, hurry, detached } = options;
  const wake = new Wake();
  const forget = place.owners.listen({
    onEvent: (event) => {
      if (event.runId === runId) wake.call();
    },
  });
  const onNews = (): void => wake.call();
  hurry?.addEventListener("abort", onNews, { once: true });
  detached.addEventListener("abort", onNews, { once: true });
  const log = await openSiteLog(place);
  try {
    for (let { fromSeq } = options; log.ok; ) {
      const isLast = await isOver(log.value);
      for await (const item of log.value.events(runId, fromSeq)) {
        if (detached.aborted) return;
        fromSeq = item.seq + 1;
        yield item;
      }
      if (isLast || detached.aborted) return;
      await wake.wait(pollMs);
    }
  } catch (error) {
    // If the store can no longer be read, the answer to how the run rests says so.
    if (!isStorageError(error)) throw error;
  } finally {
    forget();
    hurry?.removeEventListener("abort", onNews);
    detached.removeEventListener("abort", onNews);
    if (log.ok) log.value.close();
  }
}

/** Lets a reader sleep until something happens or a time has passed. */
class Wake {
  #resolve: (() => void) | null = null;
  #isCalled = false;

  call(): void {
    this.#isCalled = true;
    this.#resolve?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isCalled) {
      const timer = new AbortController();
      const called = new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
      await Promise.race([called, sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
      timer.abort();
    }
    this.#resolve = null;
    this.#isCalled = false;
  }
}
