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

/** For each step the set of its ancestors, as bits. Steps stand behind what they wait for, so one pass is enough. */
export function ancestorBits(steps: readonly Pick<WritingStep, "id" | "after">[]): readonly Uint32Array[] {
  const indexOf = new Map(steps.map((step, index) => [step.id, index]));
  const bits: Uint32Array[] = [];
  for (const step of steps) {
    const own = new Uint32Array((steps.length + 31) >>> 5);
    for (const id of step.after) {
      const before = indexOf.get(id);
      if (before === undefined) continue;
      own[before >>> 5] = (own[before >>> 5] ?? 0) | (1 << (before & 31));
      bits[before]?.forEach((word, index) => {
        own[index] = (own[index] ?? 0) | word;
      });
    }
    bits.push(own);
  }
  return bits;
}

/** Whether a set of bits holds an index. */
export function hasBit(bits: Uint32Array | undefined, index: number): boolean {
  return (((bits?.[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}
