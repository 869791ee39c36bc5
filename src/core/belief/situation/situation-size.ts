import type { Situation } from "./situation.ts";

/** Most nodes a graph may have: about a hundred megabytes of numbers. */
export const nodeCountMax = 250_000;

/** Most histories of outcomes a plan may branch into: what a review lists and a table of risk by history holds. */
const historyCountMax = 100_000;

/**
 * Number of nodes the graph of a situation has at most, without building it; Infinity beyond any double.
 *
 * Cost: steps × uses × horizon.
 */
export function countGraphNodes(situation: Situation): number {
  let countByUses = [1];
  for (const step of situation.steps) {
    const outcomeCount = step.kind === "try" ? 1 : step.outcomes.length;
    const next = new Array<number>(situation.horizon + 1).fill(0);
    for (let uses = 0; uses <= Math.min(step.maxUses, situation.horizon); uses += 1) {
      const ways = multisetCount(outcomeCount, uses);
      for (let before = 0; before + uses <= situation.horizon; before += 1) {
        next[before + uses] = (next[before + uses] ?? 0) + ways * (countByUses[before] ?? 0);
      }
    }
    countByUses = next;
  }
  return countByUses.reduce((sum, count) => sum + count, 0);
}

/**
 * Number of histories a plan of a situation branches into at most: the steps with the most outcomes, as often as they may be taken.
 *
 * Cost: linear in steps × uses.
 */
function countHistories(situation: Situation): number {
  const outcomeCounts = situation.steps.flatMap((step) =>
    new Array<number>(step.maxUses).fill(step.kind === "try" ? 1 : step.outcomes.length),
  );
  return outcomeCounts
    .sort((left, right) => right - left)
    .slice(0, situation.horizon)
    .reduce((product, count) => product * count, 1);
}

/** Why a situation is too large to decide exactly, or null. */
export function findExcess(situation: Situation): string | null {
  const nodeCount = countGraphNodes(situation);
  if (nodeCount > nodeCountMax) return `the situation has ${nodeCount} beliefs to weigh, more than ${nodeCountMax}`;
  const historyCount = countHistories(situation);
  if (historyCount > historyCountMax)
    return `a plan may branch into ${historyCount} histories, more than ${historyCountMax}`;
  return null;
}

function multisetCount(kinds: number, size: number): number {
  let count = 1;
  for (let i = 1; i <= size; i += 1) count = (count * (kinds + i - 1)) / i;
  return Math.round(count);
}
