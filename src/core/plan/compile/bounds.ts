import type { Bounds, ObjectRef, PlanStep } from "../plan.ts";
import { observeTimeoutMs } from "./build-call.ts";

/** The dimensions of a step's cost, in the order of `stepCost`. */
const dimensions = ["stepCount", "writeCount", "callCount", "outputBytes", "costUsd", "durationMs"] as const;

/**
 * What one step costs at worst on the way forward, one number a dimension: every attempt made, every reading repeated until its
 * time is up, nothing in parallel. The way back is not counted: nothing may keep a run from undoing (I24).
 */
export function stepCost(step: PlanStep): readonly number[] {
  switch (step.kind) {
    case "wait":
      return [1, 0, 0, 0, 0, step.forMs];
    case "approve":
      return [1, 0, 0, 0, 0, step.withinMs];
    case "escalate":
      return [1, 0, 0, 0, 0, 0];
    case "end":
      return [1, 0, step.reads.length, step.reads.length * readBytes, 0, readMs(step.reads)];
    case "act":
    case "probe": {
      const { attemptsMax, backoffMs } = step.retry;
      const rounds =
        step.post === null ? 0 : Math.ceil((step.post.withinMs + step.post.holdMs) / step.post.everyMs) + 1;
      const readCount = attemptsMax * step.reads.length + rounds * (step.post?.reads.length ?? 0);
      // Pauses double from one attempt to the next.
      const pausesMs = backoffMs * (2 ** (attemptsMax - 1) - 1);
      const attemptMs = step.call.timeoutMs + readMs(step.reads);
      const provingMs = step.post === null ? 0 : step.post.withinMs + step.post.holdMs + readMs(step.post.reads);
      return [
        1,
        step.class === "read" ? 0 : 1,
        attemptsMax + readCount,
        attemptsMax * step.call.outputBytesMax + readCount * readBytes,
        attemptsMax * step.costUsd,
        attemptsMax * attemptMs + pausesMs + provingMs + step.cooldownMs + (step.landsWithinMs ?? 0),
      ];
    }
  }
}

/** The worst totals as a plan states them. */
export function toBounds(worst: readonly number[]): Bounds {
  const entries = dimensions.map((dimension, index) => [dimension, worst[index] ?? 0] as const);
  // One entry for each field of `Bounds`, by the list above.
  return Object.fromEntries(entries) as unknown as Bounds;
}

/** What the reading of one object may return. */
const readBytes = 64_000;

function readMs(objects: readonly ObjectRef[]): number {
  return objects.length * observeTimeoutMs;
}
