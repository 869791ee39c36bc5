import { type CanonicalStep, factorOf } from "../situation/canonical-order.ts";

/**
 * The states that one step can be in. A state is a vector of outcome counts, and state 0 means "not taken". `factor` is
 * what the evidence of a state multiplies the weight of each context by. It depends on the counts alone, and so the
 * order of evidence changes no bit.
 */
export interface OutcomeTable {
  readonly stateCount: number;
  readonly usesOf: readonly number[];
  readonly countsOf: readonly (readonly number[])[];
  /** The state after one more outcome o is `next[state * outcomes + o]`; 0 where no use is left. */
  readonly next: Int32Array;
  /** The state with one outcome o less is `previous[state * outcomes + o]`; 0 where there is none. */
  readonly previous: Int32Array;
  /** The factor of context c is `factor[state * contexts + c]`. */
  readonly factor: Float64Array;
}

/** The tables of all steps, in the order of `steps`. */
export function outcomeTables(steps: readonly CanonicalStep[], horizon: number): readonly OutcomeTable[] {
  return steps.map((step) => outcomeTable(step, Math.min(step.maxUses, horizon)));
}

function outcomeTable(step: CanonicalStep, usesMax: number): OutcomeTable {
  const outcomeCount = step.outcomeIds.length;
  const countsOf = countVectors(outcomeCount, usesMax);
  const indexByCounts = new Map(countsOf.map((counts, index) => [counts.join(","), index]));
  const next = new Int32Array(countsOf.length * outcomeCount);
  const previous = new Int32Array(countsOf.length * outcomeCount);
  const contextCount = step.catastrophe.length;
  const factor = new Float64Array(countsOf.length * contextCount);
  countsOf.forEach((counts, state) => {
    for (let o = 0; o < outcomeCount; o += 1) {
      const after = counts.map((count, index) => (index === o ? count + 1 : count));
      next[state * outcomeCount + o] = indexByCounts.get(after.join(",")) ?? 0;
      const before = counts.map((count, index) => (index === o ? count - 1 : count));
      previous[state * outcomeCount + o] = indexByCounts.get(before.join(",")) ?? 0;
    }
    for (let c = 0; c < contextCount; c += 1) factor[state * contextCount + c] = factorOf(step, counts, c);
  });
  return {
    stateCount: countsOf.length,
    usesOf: countsOf.map((counts) => counts.reduce((sum, count) => sum + count, 0)),
    countsOf,
    next,
    previous,
    factor,
  };
}

/** All vectors of counts of this length that sum to at most `usesMax`, in the order of their sums. */
function countVectors(length: number, usesMax: number): readonly (readonly number[])[] {
  const all: (readonly number[])[] = [];
  for (let uses = 0; uses <= usesMax; uses += 1) {
    const fill = (prefix: readonly number[], left: number): void => {
      if (prefix.length === length - 1) {
        all.push([...prefix, left]);
        return;
      }
      for (let count = left; count >= 0; count -= 1) fill([...prefix, count], left - count);
    };
    fill([], uses);
  }
  return all;
}
