import { setTimeout as startTimer } from "node:timers";

/** What the traffic reads and how often; `random` gives numbers in [0, 1). */
export interface TrafficOptions {
  readonly hosts: readonly string[];
  readonly everyMs: number;
  readonly random: () => number;
  readonly read: (host: string) => void;
}

/** The hosts' reads, until `stop()`. */
export interface Traffic {
  /** The longest delay of any read. A busy machine shows here and not as unavailability. */
  readonly lagMsMax: () => number;
  readonly stop: () => void;
}

/** Lets every host read about every `everyMs` (±20 %, each with its own phase), as independent hosts would. */
export function startTraffic({ hosts, everyMs, random, read }: TrafficOptions): Traffic {
  const timers = new Map<string, NodeJS.Timeout>();
  let lagMsMax = 0;
  const schedule = (host: string, waitMs: number): void => {
    const dueMs = performance.now() + waitMs;
    timers.set(
      host,
      startTimer(() => {
        lagMsMax = Math.max(lagMsMax, performance.now() - dueMs);
        read(host);
        schedule(host, everyMs * (0.8 + 0.4 * random()));
      }, waitMs),
    );
  };
  for (const host of hosts) schedule(host, everyMs * random());
  return {
    lagMsMax: () => lagMsMax,
    stop: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

/**
 * Seeded numbers in [0, 1): a 32-bit linear congruential generator (Numerical Recipes' constants), ample for jitter.
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
