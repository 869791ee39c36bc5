import { ancestorBits, hasBit } from "./ancestor-bits.ts";

/** A step and what it changes; steps stand in topological order. */
export interface WritingStep {
  readonly id: string;
  readonly after: readonly string[];
  readonly writes: readonly string[];
}

/** Two steps that change the same thing although neither waits for the other, directly or not. */
export interface UnorderedWrites {
  readonly earlier: number;
  readonly later: number;
  readonly what: string;
}

/** The most pairs that are reported. A plan with more of them is refused for the first ones. */
const pairsMax = 1_000;

/**
 * Finds pairs of steps that change the same thing in no order. Whether both can run on one path is decided by the walk
 * over outcomes.
 *
 * @returns indices, `earlier` before `later`; each pair of steps once
 *
 * Cost: O(steps × edges / 32) for the sets of ancestors, and O(pairs that change the same thing).
 */
export function unorderedWrites(steps: readonly WritingStep[]): readonly UnorderedWrites[] {
  const ancestors = ancestorBits(steps);
  const writers = new Map<string, number[]>();
  const pairs = new Map<string, UnorderedWrites>();
  steps.forEach((step, later) => {
    for (const what of step.writes) {
      const known = writers.get(what) ?? [];
      for (const earlier of known) {
        if (pairs.size >= pairsMax) break;
        if (!hasBit(ancestors[later], earlier)) pairs.set(`${earlier} ${later}`, { earlier, later, what });
      }
      writers.set(what, [...known, later]);
    }
  });
  return [...pairs.values()];
}
