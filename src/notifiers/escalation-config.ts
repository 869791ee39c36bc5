import { duration } from "../core/value/duration.ts";
import { integer, listOf, name, type Parser, refine, refuseAt } from "../core/value/shape.ts";
import { object, withDefault } from "../core/value/shape-object.ts";

/** In which order notifiers are told of what waits for a person, until somebody acknowledges it. */
export interface EscalationConfig {
  readonly steps: readonly EscalationStep[];
  /** After the last step: how long to wait before all steps are gone through again, and how often that is done. */
  readonly repeat: { readonly waitMs: number; readonly count: number };
}

/** Who is told, and how long after the notification came up. */
export interface EscalationStep {
  readonly notify: readonly string[];
  readonly afterMs: number;
}

const step = refine(
  object({ notify: listOf(name(), { itemsMin: 1, itemsMax: 16 }), after: withDefault(duration(), 0) }),
  ({ notify, after }): EscalationStep => ({ notify, afterMs: after }),
);

const minuteMs = 60_000;
const weekMs = 7 * 24 * 60 * minuteMs;

const repeat = refine(
  object({ wait: duration(), count: integer({ min: 0, max: 100 }) }),
  ({ wait, count }, at): EscalationConfig["repeat"] | undefined =>
    wait > 0 && wait <= weekMs
      ? { waitMs: wait, count }
      : refuseAt(at, "E_SCHEMA", "`wait` is no time between two rounds", "give a time above 0 and up to 7d: `30m`"),
);

/**
 * An escalation policy:
 *
 *     steps:
 *       - { notify: [pager], after: 0s }
 *       - { notify: [pager, manager], after: 15m }
 *     repeat: { wait: 30m, count: 3 }
 */
export const escalationConfig: Parser<EscalationConfig> = refine(
  object({
    steps: listOf(step, { itemsMin: 1, itemsMax: 16 }),
    repeat: withDefault(repeat, { waitMs: 30 * minuteMs, count: 3 }),
  }),
  (policy, at) => {
    const times = policy.steps.map(({ afterMs }) => afterMs);
    if (times.some((afterMs) => afterMs > weekMs))
      return refuseAt(at, "E_SCHEMA", "a step comes more than a week later", "give each `after` at most `7d`");
    const isAscending = times.every((afterMs, index) => index === 0 || afterMs > (times[index - 1] ?? 0));
    return isAscending
      ? policy
      : refuseAt(at, "E_SCHEMA", "a step does not come after the one before it", "give each step a later `after`");
  },
);

/** A notifier that a step names and that is not declared; `null` if every one is. */
export function findUndeclared({ steps }: EscalationConfig, declared: readonly string[]): string | null {
  return steps.flatMap(({ notify }) => notify).find((notifier) => !declared.includes(notifier)) ?? null;
}
