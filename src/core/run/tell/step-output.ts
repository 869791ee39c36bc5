import type { JsonValue } from "../../value/json-value.ts";
import type { Event } from "../words/event.ts";
import type { Attempt } from "../words/input.ts";

/** What the target of one step gave, try by try: what a program printed, what a service answered. */
export interface StepOutput {
  readonly stepId: string;
  /** In the order of the log. A try that gave nothing, or that was never answered, is left out. */
  readonly attempts: readonly AttemptOutput[];
}

/** What one try gave. */
export interface AttemptOutput {
  readonly direction: Attempt["direction"];
  readonly n: number;
  readonly atMs: number;
  readonly reply: "applied" | "rejected" | "not_sent" | "unknown";
  readonly output: JsonValue;
}

/** The output of one step from its run's events. It was redacted before it was recorded. Cost: O(events). */
export function outputOfStep(
  stepId: string,
  events: readonly { readonly event: Event; readonly atMs: number }[],
): StepOutput {
  const attempts = events.flatMap(({ event, atMs }): readonly AttemptOutput[] => {
    if (event.kind !== "attempt_settled" && event.kind !== "reply_ignored") return [];
    const { attempt, reply } = event;
    if (attempt.stepId !== stepId || reply.output === undefined) return [];
    return [{ direction: attempt.direction, n: attempt.n, atMs, reply: reply.kind, output: reply.output }];
  });
  return { stepId, attempts };
}
