import type { GraphStep } from "./step-graph.ts";

/** A set of indices of steps, one bit each. */
export type StepBits = Uint32Array;

/**
 * For each step the set of the steps that it waits for, directly or not. Steps stand behind what they wait for, so one
 * pass is enough. Steps that wait for the same share one set.
 *
 * Cost: O(steps × different edges / 32).
 */
export function ancestorBits(steps: readonly GraphStep[]): readonly StepBits[] {
  const indexOf = new Map(steps.map((step, index) => [step.id, index]));
  const bits: StepBits[] = [];
  let [lastAfter, lastBits]: readonly [readonly string[], StepBits | null] = [[], null];
  for (const { after } of steps) {
    if (lastBits === null || !isSame(after, lastAfter)) {
      lastBits = joinBits(after, { indexOf, bits, wordCount: (steps.length + 31) >>> 5 });
      lastAfter = after;
    }
    bits.push(lastBits);
  }
  return bits;
}

/** Whether a set has an index. */
export function hasBit(bits: StepBits | undefined, index: number): boolean {
  return (((bits?.[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

function joinBits(
  after: readonly string[],
  from: {
    readonly indexOf: ReadonlyMap<string, number>;
    readonly bits: readonly StepBits[];
    readonly wordCount: number;
  },
): StepBits {
  const own = new Uint32Array(from.wordCount);
  for (const id of after) {
    const index = from.indexOf.get(id);
    if (index === undefined || hasBit(own, index)) continue;
    own[index >>> 5] = (own[index >>> 5] ?? 0) | (1 << (index & 31));
    const known = from.bits[index];
    if (known === undefined) continue;
    for (let word = 0; word < known.length; word += 1) own[word] = (own[word] ?? 0) | (known[word] ?? 0);
  }
  return own;
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left === right || (left.length === right.length && left.every((id, index) => id === right[index]));
}
