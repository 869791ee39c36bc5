import { setTimeout as sleep } from "node:timers/promises";
import { isStorageError } from "../../log/sqlite/store-problem.ts";
import { openSiteLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import type { RunEvent } from "./run.ts";

/** How long to wait for news of a run that another process carries out. This process's own events wake the reader at once. */
const pollMs = 100;

/**
 * Every event of a run, in order, from the first on: the one way in which anybody follows a run.
 *
 * @param options.until - aborted once nothing more will come; what has been recorded by then is still given
 * @param options.detached - aborted by a caller who has let go; nothing more is given
 */
export async function* tailRun(
  place: Workplace,
  runId: string,
  options: { readonly until: AbortSignal; readonly detached: AbortSignal },
): AsyncGenerator<RunEvent> {
  const wake = new Wake();
  const forget = place.owners.listen({
    onEvent: (event) => {
      if (event.runId === runId) wake.call();
    },
  });
  const onOver = (): void => wake.call();
  options.until.addEventListener("abort", onOver, { once: true });
  options.detached.addEventListener("abort", onOver, { once: true });
  const log = openSiteLog(place);
  try {
    for (let fromSeq = 0; log.ok; ) {
      // Asked before the events are read: what is recorded in between comes with the next round.
      const isOver = options.until.aborted;
      for await (const item of log.value.events(runId, fromSeq)) {
        if (options.detached.aborted) return;
        fromSeq = item.seq + 1;
        yield item;
      }
      if (isOver || options.detached.aborted) return;
      await wake.wait(pollMs);
    }
  } catch (error) {
    // A store that can no longer be read is told by how the run rests.
    if (!isStorageError(error)) throw error;
  } finally {
    forget();
    options.until.removeEventListener("abort", onOver);
    options.detached.removeEventListener("abort", onOver);
    if (log.ok) log.value.close();
  }
}

/** Lets a reader sleep until something happens, or until a time has passed. */
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
