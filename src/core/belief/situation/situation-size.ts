import type { Situation } from "./situation.ts";

/** The most nodes a graph of beliefs may have: about a hundred megabytes of numbers. */
export const nodeCountMax = 250_000;

/** The most histories a policy may branch into. A review lists them all, and a table holds the risk of each. */
const historyCountMax = 100_000;

/**
 * The most nodes the graph of a situation can have, without building it. A count too large for a number is Infinity.
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
 * The most histories a policy for a situation can branch into: it takes the steps with the most outcomes as often as it
 * may.
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

/** Why a situation is too large to decide exactly; `null` when it is not. */
export function findExcess(situation: Situation): string | null {
  const nodeCount = countGraphNodes(situation);
  if (nodeCount > nodeCountMax) return `the situation has ${nodeCount} beliefs to weigh, more than ${nodeCountMax}`;
  const historyCount = countHistories(situation);
  if (historyCount > historyCountMax)
    return `a policy may branch into ${historyCount} histories, more than ${historyCountMax}`;
  return null;
}

function multisetCount(kinds: number, size: number): number {
  let count = 1;
  for (let i = 1; i <= size; i += 1) count = (count * (kinds + i - 1)) / i;
  return Math.round(count);
}
