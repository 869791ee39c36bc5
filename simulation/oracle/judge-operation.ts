import type { AskCommand } from "../../src/core/run/words/command.ts";
import type { Attempt } from "../../src/core/run/words/input.ts";
import type { World, WorldOperation } from "../world.ts";
import { claim, type JudgedLog, memoryOf, type Oracle, type RunMemory } from "./memory.ts";

/* What must hold of operations (I27), judged apart from the kernel. */

/** Checks the effect of an operation that ends: as for a call that lands, nothing follows the end of its run (I11). */
export function checkEffect(oracle: Oracle, world: World, operation: WorldOperation): void {
  const { call } = operation;
  const { runId, stepId, direction } = call.command.attempt;
  const memory = memoryOf(oracle, runId);
  if (isExcused(memory, operation)) {
    world.meddledBoxes.add((call.command.call.with as { readonly box: string }).box);
    oracle.isMeddled = true;
    return;
  }
  const isOver = memory.end !== null && memory.end.outcome !== "closed";
  const isLate = isOver || (direction === "do" && memory.isCompensating);
  claim(oracle, !isLate, "I11", `the operation of ${stepId} takes effect after the way back began or the run ended`);
}

/**
 * Whether a person answers for what an operation does. Nobody answers for one whose id is recorded, as long as its run
 * is not closed: only its system says what becomes of it.
 */
function isExcused(memory: RunMemory, { id, call }: WorldOperation): boolean {
  const isOpen = memory.operations.has(id) && memory.end?.outcome !== "closed";
  return !isOpen && memory.byPerson.has(call.command.attempt.stepId);
}

/** Checks that no operation of a step is under way when the step is said to be over (I27). */
export function checkOver(
  oracle: Oracle,
  world: World,
  of: { readonly runId: string; readonly stepId: string; readonly direction: "do" | "undo"; readonly what: string },
): void {
  const { runId, stepId, direction, what } = of;
  const memory = memoryOf(oracle, runId);
  const isRunning = running(world, runId).some((operation) => {
    const { attempt } = operation.call.command;
    return attempt.stepId === stepId && attempt.direction === direction && !isExcused(memory, operation);
  });
  claim(oracle, !isRunning, "I27", `${stepId} is ${what} while its operation is under way`);
}

/** Checks that no operation of a step is under way whose id is recorded when a call of the step is sent (I27). */
export function checkAlone(oracle: Oracle, world: World, { runId, stepId, direction }: Attempt): void {
  const memory = memoryOf(oracle, runId);
  const isRunning = running(world, runId).some(({ id, call }) => {
    const { attempt } = call.command;
    return attempt.stepId === stepId && attempt.direction === direction && memory.operations.has(id);
  });
  claim(oracle, !isRunning, "I27", `${stepId} ${direction} is sent while its operation is under way`);
}

/** Checks that nothing of a run is under way when it begins its way back, or ends by itself (I27). */
export function checkNoneLeft(oracle: Oracle, world: World, runId: string, memory: RunMemory, when: string): void {
  const [left] = running(world, runId).filter((operation) => !isExcused(memory, operation));
  const stepId = left?.call.command.attempt.stepId;
  claim(oracle, left === undefined, "I27", `${when} while the operation of ${stepId} is under way`);
}

function running({ operations }: World, runId: string): readonly WorldOperation[] {
  return operations.filter(({ status, call }) => status === "running" && call.command.attempt.runId === runId);
}

/** A question that leaves, and whether its engine knows of a kill. */
type Leaving = Pick<AskCommand, "purpose" | "runId" | "stepId"> & { readonly isKilled: boolean };

/**
 * Checks a question or a cancellation that leaves: nothing does after a kill (I24), and a cancellation is synced (I8).
 */
export function checkAsk(oracle: Oracle, log: JudgedLog, { purpose, runId, stepId, isKilled }: Leaving): void {
  claim(oracle, !isKilled, "I24", `the operation of ${stepId} is asked about after a kill`);
  const isSynced = (kind: string): boolean =>
    log.commits
      .slice(0, log.syncedCount)
      .some(({ events }) =>
        events.some(
          (event) => event.kind === kind && event.runId === runId && "stepId" in event && event.stepId === stepId,
        ),
      );
  claim(oracle, isSynced("operation_started"), "I8", `${stepId} is asked about before its id is synced`);
  if (purpose === "cancel")
    claim(oracle, isSynced("operation_cancelling"), "I8", `${stepId} is cancelled before that is synced`);
}
