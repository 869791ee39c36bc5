import type { AskCommand } from "../src/core/run/words/command.ts";
import type { Reply } from "../src/core/run/words/input.ts";
import { problem } from "../src/core/value/codes.ts";
import type { JsonValue } from "../src/core/value/json-value.ts";
import { checkEffect } from "./oracle/judge-operation.ts";
import type { Oracle } from "./oracle/memory.ts";
import { setBox, type World, type WorldOperation } from "./world.ts";

/*
 * Operations of the world: a call starts one, and the box changes when it ends. Each question is answered with how it
 * goes. It may fail, and then has done nothing, or something that nobody wanted.
 */

/** An operation that has not ended. */
export function runningOperations({ operations }: World): readonly WorldOperation[] {
  return operations.filter(({ status }) => status === "running");
}

/** The operation that a question is about. */
export function operationAskedAbout({ operations }: World, { call }: Pick<AskCommand, "call">): WorldOperation {
  const { operation: id } = call.with as { readonly operation: string };
  const found = operations.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`nobody started \`${id}\``);
  return found;
}

/** Ends an operation. `half`: it failed, and left its box as neither side wanted it. */
export function endOperation(
  oracle: Oracle,
  world: World,
  operation: WorldOperation,
  as: "done" | "failed" | "half" | "cancelled",
): void {
  operation.status = as === "half" ? "failed" : as;
  if (as !== "done" && as !== "half") return;
  const { box, level } = operation.call.command.call.with as { readonly box: string; readonly level: number };
  setBox(world, box, as === "done" ? level : level + 4);
  checkEffect(oracle, world, operation);
}

/** What becomes of an operation if nothing goes wrong. */
export function naturalEnd({ isToBeCancelled }: WorldOperation): "done" | "cancelled" {
  return isToBeCancelled ? "cancelled" : "done";
}

/** What the system says of an operation. */
export function outputOf({ status, percent }: WorldOperation): JsonValue {
  return { status, percent, says: status === "failed" ? "it broke" : null };
}

/** The answer to a question. */
export function truthAbout(operation: WorldOperation): Reply {
  return { kind: "applied", output: outputOf(operation), outputBytes: 11, outcome: null };
}

/** Takes in that an operation is to be cancelled. */
export function takeCancel(operation: WorldOperation): Reply {
  operation.isToBeCancelled = true;
  return { kind: "applied", output: null, outputBytes: 0, outcome: null };
}

/** No answer. */
export const unanswered: Reply = { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") };

/** An operation that cannot be cancelled any more. */
export const uncancelled: Reply = {
  kind: "rejected",
  problem: problem("E_TARGET_REFUSED", "", "it is too late"),
  retryable: false,
};
