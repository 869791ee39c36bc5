import type { Bounds, ObjectRef } from "../plan.ts";

/** How long the reading of one object may take. */
export const observeTimeoutMs = 10_000;

/** How much the reading of one object may return. */
export const observeBytes = 64_000;

/** How often an operation is asked to stop before nothing more is tried. */
export const cancelTriesMax = 3;

/** The cost of a step that does nothing but run. */
export const oneStep: Bounds = { stepCount: 1, writeCount: 0, callCount: 0, outputBytes: 0, costUsd: 0, durationMs: 0 };

/** The longest that reading these objects takes, one after the other. */
export function observeMs(objects: readonly ObjectRef[]): number {
  return objects.length * observeTimeoutMs;
}
