/**
 * Decides when a store commits what waits. A store has at most one call of each kind under way. A simulation passes a
 * timer of its own, so that it decides which batches share a commit.
 */
export interface CommitTimer {
  /**
   * Calls back once, soon. Batches that arrive before that share the commit. Never calls back from inside this call.
   */
  soon(work: () => void): void;
  /** Calls back once, after a moment, because nothing waits for what is in the queue. */
  later(work: () => void): void;
  /** Cancels calls that have not happened yet. */
  stop(): void;
}

/** How long a batch that nothing waits for stays in memory if no other commit takes it along. */
const lingerMs = 2;

/** Commits at the end of a turn of the event loop; batches that trail wait at most 2 ms. */
export function eventLoopTimer(): CommitTimer {
  let immediate: NodeJS.Immediate | undefined;
  let lingering: NodeJS.Timeout | null = null;
  let work: () => void = () => undefined;
  return {
    soon(called) {
      immediate = setImmediate(called);
    },
    later(called) {
      work = called;
      // One timer for the whole life of the store, restarted each time, because a step needs it twice.
      lingering = lingering?.refresh() ?? setTimeout(() => work(), lingerMs);
    },
    stop() {
      clearImmediate(immediate);
      clearTimeout(lingering ?? undefined);
    },
  };
}
