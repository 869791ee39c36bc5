import type { Event } from "../../src/core/run/words/event.ts";
import { claim, type Oracle, type RunMemory } from "./memory.ts";
import type { EventOf } from "./words.ts";

/*
 * Counts a second time, from the events alone, which steps were read back although their call did not report success,
 * and holds the end of a run to it (I20).
 */

/** Remembers of which efforts the target itself said that they are done. */
export function noteAcknowledged(event: Event, memory: RunMemory): void {
  const { acknowledged } = memory;
  if (event.kind === "attempt_settled" && event.reply.kind === "applied")
    acknowledged.add(`${event.attempt.stepId} ${event.attempt.direction}`);
  // The acknowledgement of a start says only that the operation was started.
  if (event.kind === "operation_started") acknowledged.delete(`${event.stepId} ${event.direction}`);
  if (event.kind === "operation_ended" && event.as === "succeeded")
    acknowledged.add(`${event.stepId} ${event.direction}`);
  if (event.kind === "step_resolved" && event.as !== "applied")
    acknowledged.delete(`${event.stepId} ${event.direction}`);
}

/** Remembers whether a write that was read back in this direction was acknowledged. */
export function noteReadBack(memory: RunMemory, stepId: string, direction: "do" | "undo"): void {
  if (memory.acknowledged.has(`${stepId} ${direction}`)) memory.unacknowledged.delete(stepId);
  else memory.unacknowledged.add(stepId);
}

/** Checks that an end lists every step whose call did not report success, and no other. */
export function checkUnacknowledged(oracle: Oracle, event: EventOf<"run_ended">, memory: RunMemory): void {
  const listed = (event.unacknowledged ?? []).map(({ stepId }) => stepId).sort();
  const known = [...memory.unacknowledged].sort();
  claim(
    oracle,
    listed.join() === known.join(),
    "I20",
    `${known.join()} reported no success, and ${listed.join()} listed`,
  );
  const isWhole = event.reason.startsWith("every step was done and verified");
  claim(oracle, !isWhole || known.length === 0, "I20", "the end says nothing of a call that did not report success");
}
