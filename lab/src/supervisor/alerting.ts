import { ALERT_RULE, type AlertCause, evaluateAlert } from "../contract/alert.ts";
import type { Window } from "../contract/window.ts";

/** The states of the alert. */
export type AlertState =
  | { readonly kind: "inactive" }
  | { readonly kind: "firing"; readonly firedAtMs: number; readonly cause: AlertCause; readonly quietCount: number };

/** What a window changed about the alert. */
export type AlertChange = "fired" | "resolved" | "none";

/** The alert after one more window; `windows` are all recorded ones, the new one last. */
export function advanceAlert(
  state: AlertState,
  windows: readonly Window[],
): { readonly state: AlertState; readonly change: AlertChange } {
  const cause = evaluateAlert(windows);
  if (state.kind === "inactive") {
    if (cause === undefined) return { state, change: "none" };
    return { state: { kind: "firing", firedAtMs: windows.at(-1)?.endMs ?? 0, cause, quietCount: 0 }, change: "fired" };
  }
  if (cause !== undefined) return { state: { ...state, quietCount: 0 }, change: "none" };
  if (state.quietCount + 1 < ALERT_RULE.resolveAfterCount)
    return { state: { ...state, quietCount: state.quietCount + 1 }, change: "none" };
  return { state: { kind: "inactive" }, change: "resolved" };
}

/** The body an Alertmanager (version 4 of its format) posts to a webhook. */
export interface WebhookBody {
  readonly version: "4";
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: "firing" | "resolved";
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly alerts: readonly WebhookAlert[];
}

/** One alert of a webhook. */
export interface WebhookAlert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** Alertmanager writes an end that is not known as the zero time. */
const NO_END = "0001-01-01T00:00:00Z";

function describeCause(cause: AlertCause): string {
  const numbers = `${(cause.goodShare * 100).toFixed(0)} % good, p95 ${cause.p95Ms.toFixed(0)} ms`;
  return cause.kind === "good_share" ? `checkout misses its objective: ${numbers}` : `checkout is slow: ${numbers}`;
}

/**
 * Shapes the webhook; it says what was measured and never why.
 *
 * @param epochMs - wall-clock time of the lab clock's 0
 * @param resolvedAtMs - on the lab's clock; undefined while it fires
 */
export function toWebhook(
  alert: { readonly firedAtMs: number; readonly cause: AlertCause },
  lab: { readonly url: string; readonly epochMs: number; readonly instance: string },
  resolvedAtMs: number | undefined,
): WebhookBody {
  const status = resolvedAtMs === undefined ? "firing" : "resolved";
  const labels = { alertname: ALERT_RULE.name, service: "checkout", severity: "page", instance: lab.instance };
  const annotations = {
    summary: describeCause(alert.cause),
    status_url: `${lab.url}/v1/status`,
    probes_url: `${lab.url}/v1/probes`,
  };
  const entry: WebhookAlert = {
    status,
    labels,
    annotations,
    startsAt: new Date(lab.epochMs + alert.firedAtMs).toISOString(),
    endsAt: resolvedAtMs === undefined ? NO_END : new Date(lab.epochMs + resolvedAtMs).toISOString(),
    generatorURL: `${lab.url}/v1/windows`,
    fingerprint: `${lab.instance}-${Math.round(alert.firedAtMs)}`,
  };
  return {
    version: "4",
    groupKey: `{}:{alertname="${ALERT_RULE.name}",instance="${lab.instance}"}`,
    truncatedAlerts: 0,
    status,
    receiver: "lab",
    groupLabels: { alertname: ALERT_RULE.name },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: lab.url,
    alerts: [entry],
  };
}

const RETRY_AFTER_MS = [0, 500, 2_000, 5_000] as const;

/**
 * Posts a webhook, a few times if need be; a receiver that stays away is logged and forgotten, as Alertmanager's log
 * would say.
 */
export async function postWebhook(url: string, body: WebhookBody): Promise<boolean> {
  for (const waitMs of RETRY_AFTER_MS) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      if (response.ok) return true;
    } catch {
      // Not reachable yet: try again.
    }
  }
  console.error(`webhook not delivered to ${url}`);
  return false;
}
