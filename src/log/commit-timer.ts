/**
 * When a store commits what waits. A store has at most one call of each kind under way. A simulation brings a timer
 * of its own, so that it decides which batches share a commit.
 */
export interface CommitTimer {
  /** Calls back once, soon: whatever is handed over until then shares the commit. Never from inside the call. */
  soon(work: () => void): void;
  /** Calls back once, after a moment: nothing waits for what is in the queue. */
  later(work: () => void): void;
  /** Takes back what has not been called. */
  stop(): void;
}

/** How long a batch that nothing waits for stays in memory when no other commit takes it along. */
const lingerMs = 2;

/** Commits at the end of a turn of the event loop, and what trails after 2 ms at the latest. */
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
      // One timer for the life of the store, wound up again: a step needs it twice.
      lingering = lingering?.refresh() ?? setTimeout(() => work(), lingerMs);
    },
    stop() {
      clearImmediate(immediate);
      clearTimeout(lingering ?? undefined);
    },
  };
}
