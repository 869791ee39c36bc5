import type { Event } from "../src/core/run/words/event.ts";

/** Events that are stored together, all or none (I18). */
export interface Commit {
  readonly events: readonly Event[];
  readonly atMs: number;
}

/** An event in a few words, for a trace. */
export function describeEvent(event: Event): string {
  const stepId =
    "stepId" in event
      ? event.stepId
      : "attempt" in event
        ? `${event.attempt.stepId} ${event.attempt.direction} ${event.attempt.n}`
        : "";
  return `${event.kind} ${stepId}`.trim();
}
