import { ancestorBits, hasBit } from "../branches/ancestor-bits.ts";
import { isCallStep } from "../kinds/index.ts";
import { thenRunsOf } from "../kinds/undo-calls.ts";
import type { CallStep, PlanStep, ThenRun } from "../plan.ts";

/**
 * Finds which later steps each action after an undo covers. A plan that edits a file and then reloads the service is
 * undone by putting the file back and reloading once more. The reload of the plan has no undo of its own then: with the
 * new file still there it could put back nothing.
 *
 * A step is covered if it waits for the other, directly or not, carries out the same action on the same object, and
 * changes no fact that the action after the undo does not put back.
 *
 * Cost: nothing for a plan without such actions; else O(steps × actions after undos).
 */
export function coverSteps(steps: readonly PlanStep[]): readonly PlanStep[] {
  if (!steps.some((step) => isCallStep(step) && thenRunsOf(step).length > 0)) return steps;
  const ancestors = ancestorBits(steps);
  return steps.map((step, at) => {
    if (!isCallStep(step) || step.compensation?.thenRun === undefined) return step;
    const later = steps.filter((other, index) => other.id !== step.id && hasBit(ancestors[index], at));
    const thenRun = step.compensation.thenRun.map((next) => ({
      ...next,
      covers: later.flatMap((other) => (isCallStep(other) && isCovered(other, next) ? [other.id] : [])),
    }));
    return { ...step, compensation: { ...step.compensation, thenRun } };
  });
}

function isCovered({ action, target, class: kind, during, effect }: CallStep, next: ThenRun): boolean {
  if (kind === "read" || action !== next.action || target !== next.target) return false;
  return [...during, ...effect].every(({ fact }) => next.restores.includes(fact));
}
