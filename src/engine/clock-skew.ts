import type { Plan } from "../core/plan/plan.ts";
import { codes, type Problem, problem } from "../core/value/codes.ts";
import { wordTime } from "../core/value/units.ts";

/**
 * How far the log's time may be ahead of the machine's clock, in milliseconds, unless interlock.yaml says otherwise.
 * Synchronised clocks differ by far less. Kerberos uses the same bound (RFC 4120, 1.6).
 */
export const clockSkewMaxMs = 300_000;

/**
 * The problem of a clock that is behind the log by more than a site allows, or `null`. Nobody can say then how old an
 * approval is, because the log's time stands still until the clock has caught up.
 *
 * @param leadMs - how far the log's time is ahead of the clock, beyond what a person has accepted
 */
export function findClockSkew(leadMs: number, skewMaxMs: number): Problem | null {
  if (leadMs <= skewMaxMs) return null;
  return problem(
    "E_CLOCK_SKEW",
    "",
    `this machine's clock is ${wordTime(leadMs)} behind the log's time, so nothing new is written; undoing goes on`,
    codes.E_CLOCK_SKEW.hint,
    { do: "anchor_clock" },
  );
}

/**
 * Whether a plan has to wait while the clock cannot be relied on: one that writes. The way back of a run that has
 * ended is a plan of its own, and it never waits (I24).
 */
export function isHeldByTime({ bounds, parent, proposer }: Plan): boolean {
  return bounds.writeCount > 0 && (parent === null || proposer.kind !== "recovery");
}
