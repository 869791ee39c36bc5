import { readProbe } from "./probes.ts";

import type { Window } from "./window.ts";

/** The alert rule: fires on the SLO *or* on p95, because under BUG the SLO recovers by itself. */
export const ALERT_RULE = {
  name: "CheckoutLatency",
  windowCount: 5,
  goodShareMin: 0.9,
  p95MsMax: 350,
  /** Windows in a row without cause before it resolves. */
  resolveAfterCount: 10,
} as const;

/** Why the rule holds: share of good answers, or p95. */
export type AlertCause =
  | { readonly kind: "good_share"; readonly goodShare: number; readonly p95Ms: number }
  | { readonly kind: "p95"; readonly goodShare: number; readonly p95Ms: number };

/**
 * Evaluates the alert rule over the last five windows.
 *
 * @returns undefined while all is well, or while fewer than five windows are recorded
 */
export function evaluateAlert(windows: readonly Window[]): AlertCause | undefined {
  if (windows.length < ALERT_RULE.windowCount) return undefined;
  const reading = readProbe("latency", windows, 0);
  if (reading === undefined) return undefined;
  const { goodShare, p95Ms } = reading.output;
  const answeredCount = windows.slice(-ALERT_RULE.windowCount).reduce((sum, window) => sum + window.client.answeredCount, 0);
  // Nothing answered at all is the worst outage, unless nothing was asked.
  if (answeredCount === 0 && windows.at(-1)?.client.offeredCount === 0) return undefined;
  if (goodShare < ALERT_RULE.goodShareMin) return { kind: "good_share", goodShare, p95Ms };
  if (p95Ms > ALERT_RULE.p95MsMax) return { kind: "p95", goodShare, p95Ms };
  return undefined;
}
