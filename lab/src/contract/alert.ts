import { readProbe } from "./probes.ts";
import { isWindowValid, type Window } from "./window.ts";

/** The alert rule: fires on the SLO *or* on p95, because under BUG the SLO recovers by itself. */
export const ALERT_RULE = {
  name: "CheckoutLatency",
  windowCount: 5,
  goodShareMin: 0.9,
  p95MsMax: 350,
  /** Windows in a row the rule must hold before it fires, as Prometheus' `for`. */
  forCount: 3,
  /** Windows in a row without cause before it resolves. */
  resolveAfterCount: 10,
} as const;

/** Why the rule holds: share of good answers, or p95. */
export type AlertCause =
  | { readonly kind: "good_share"; readonly goodShare: number; readonly p95Ms: number }
  | { readonly kind: "p95"; readonly goodShare: number; readonly p95Ms: number };

function findCause(windows: readonly Window[]): AlertCause | undefined {
  const recent = windows.slice(-ALERT_RULE.windowCount);
  const reading = readProbe("latency", recent, 0);
  if (recent.length < ALERT_RULE.windowCount || reading === undefined) return undefined;
  const { goodShare, p95Ms } = reading.output;
  const answeredCount = recent.reduce((sum, window) => sum + window.client.answeredCount, 0);
  // Nothing answered at all is the worst outage, unless nothing was asked.
  if (answeredCount === 0 && recent.every((window) => window.client.offeredCount === 0)) return undefined;
  if (goodShare < ALERT_RULE.goodShareMin) return { kind: "good_share", goodShare, p95Ms };
  if (p95Ms > ALERT_RULE.p95MsMax) return { kind: "p95", goodShare, p95Ms };
  return undefined;
}

/**
 * Evaluates the alert rule: over the last five windows in which the generator did not lag, true for three in a row.
 *
 * @returns undefined while all is well, or while too few windows are recorded
 */
export function evaluateAlert(windows: readonly Window[]): AlertCause | undefined {
  const lookBackCount = 2 * (ALERT_RULE.windowCount + ALERT_RULE.forCount);
  const latest = windows.slice(-lookBackCount);
  const valid = latest.filter(isWindowValid);
  // On a machine so busy that most windows are invalid, a doubtful alert is better than none.
  const recent = 2 * valid.length >= latest.length ? valid : latest;
  let cause: AlertCause | undefined;
  for (let back = ALERT_RULE.forCount - 1; back >= 0; back--) {
    cause = findCause(recent.slice(0, recent.length - back));
    if (cause === undefined) return undefined;
  }
  return cause;
}
