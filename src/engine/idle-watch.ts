import { doubtPatienceMs } from "../core/run/due/patience.ts";
import type { RunState } from "../core/run/words/state.ts";
import type { Clock } from "../ports.ts";
import type { RunStanding } from "./bookkeeping.ts";

/** What the watch needs of its engine. */
export interface IdleWatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `null` while nothing can be said: the run is unknown, or a commit of it is still being written. */
  readonly standingOf: (runId: string) => RunStanding | null;
}

/** How often to look at a run in doubt that somebody waits for. Passing time makes no event that would cause a look. */
const lookMs = 100;

/** Tells those who wait for a run when it has ended, or when nothing but a person will move it. */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #waiting = new Map<string, ((run: RunState) => void)[]>();
  /** When doubts alone began to hold up a run that somebody waits for, on the monotonic clock. */
  readonly #doubtSince = new Map<string, number>();
  readonly #lookedAt = new Set<string>();

  constructor(options: IdleWatchOptions) {
    this.#options = options;
  }

  /** Resolves with the run once it rests. Its doubts are given their full time from now on. */
  wait(runId: string): Promise<RunState> {
    return new Promise((resolve) => {
      this.#doubtSince.delete(runId);
      this.#waiting.set(runId, [...(this.#waiting.get(runId) ?? []), resolve]);
      this.look(runId);
    });
  }

  /** To be called whenever a run may have come to rest. */
  look(runId: string): void {
    const waiting = this.#waiting.get(runId);
    const standing = waiting === undefined ? null : this.#options.standingOf(runId);
    if (waiting === undefined || standing === null) return;
    if (standing.isWorking && !this.#isBeyondReading(runId, standing.run)) return;
    this.#waiting.delete(runId);
    for (const resolve of waiting) resolve(standing.run);
  }

  /** The run is gone from memory. */
  forget(runId: string): void {
    this.#doubtSince.delete(runId);
  }

  /** As `look`, for every run that somebody waits for. */
  lookAtAll(): void {
    for (const runId of this.#waiting.keys()) this.look(runId);
  }

  /** Whether reading has had its time, so that what is left is a doubt that only a person can settle. */
  #isBeyondReading(runId: string, run: RunState): boolean {
    const patienceMs = doubtPatienceMs(run);
    if (patienceMs === null) {
      this.#doubtSince.delete(runId);
      return false;
    }
    const nowMs = this.#options.clock.monotonicMs();
    const sinceMs = this.#doubtSince.get(runId) ?? nowMs;
    this.#doubtSince.set(runId, sinceMs);
    // A clock that fails makes every other wait of the run fail too, and that is told.
    this.#lookAgain(runId).catch(() => this.#lookedAt.delete(runId));
    return nowMs - sinceMs >= patienceMs;
  }

  /** Looks again every so often, because a doubt that nothing settles makes no event. */
  async #lookAgain(runId: string): Promise<void> {
    if (this.#lookedAt.has(runId)) return;
    this.#lookedAt.add(runId);
    const { clock, signal } = this.#options;
    while (this.#waiting.has(runId) && this.#doubtSince.has(runId) && !signal.aborted) {
      await clock.sleep(lookMs, signal);
      this.look(runId);
    }
    this.#lookedAt.delete(runId);
  }
}
