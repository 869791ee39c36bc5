import type { Situation } from "./situation.ts";

/** The most beliefs that are weighed: about 50 bytes each. Beyond them only shorter policies are looked through. */
export const nodeCountMax = 4_000_000;

/**
 * The most beliefs that are listed with all their moves, at some hundred bytes each. That is needed where the best
 * policy without the limit on the whole breaks it.
 */
export const listedCountMax = 250_000;

/** The most histories a policy may branch into. A review lists them all, and a table holds the risk of each. */
const historyCountMax = 100_000;

/**
 * The most beliefs that policies of at most `depth` steps can reach, without listing them. A count too large for a
 * number is Infinity.
 *
 * Cost: steps × uses × depth.
 */
export function countGraphNodes(situation: Situation, depth: number = situation.horizon): number {
  let countByUses = [1];
  for (const step of situation.steps) {
    const outcomeCount = step.kind === "try" ? 1 : step.outcomes.length;
    const next = new Array<number>(depth + 1).fill(0);
    for (let uses = 0; uses <= Math.min(step.maxUses, depth); uses += 1) {
      const ways = multisetCount(outcomeCount, uses);
      for (let before = 0; before + uses <= depth; before += 1) {
        next[before + uses] = (next[before + uses] ?? 0) + ways * (countByUses[before] ?? 0);
      }
    }
    countByUses = next;
  }
  return countByUses.reduce((sum, count) => sum + count, 0);
}

/**
 * The most histories a policy of at most `depth` steps can branch into: it takes the steps with the most outcomes as
 * often as it may.
 *
 * Cost: linear in steps × uses.
 */
function countHistories(situation: Situation, depth: number): number {
  const outcomeCounts = situation.steps.flatMap((step) =>
    new Array<number>(step.maxUses).fill(step.kind === "try" ? 1 : step.outcomes.length),
  );
  return outcomeCounts
    .sort((left, right) => right - left)
    .slice(0, depth)
    .reduce((product, count) => product * count, 1);
}

/**
 * The most steps that policies may take so that all their beliefs can be weighed and all their histories listed; at
 * least one where the horizon allows it.
 */
export function depthWithin(situation: Situation, countMax: number): number {
  let depth = situation.horizon;
  const fits = (): boolean =>
    countGraphNodes(situation, depth) <= countMax && countHistories(situation, depth) <= historyCountMax;
  while (depth > 1 && !fits()) depth -= 1;
  return depth;
}

function multisetCount(kinds: number, size: number): number {
  let count = 1;
  for (let i = 1; i <= size; i += 1) count = (count * (kinds + i - 1)) / i;
  return Math.round(count);
}
