import type { Window } from "../contract/window.ts";
import { type AlertState, advanceAlert, postWebhook, toWebhook, type WebhookBody } from "./alerting.ts";
import { createGroundTruth, type GroundTruth } from "./ground-truth.ts";

/** What the watch looks at. */
export interface Watched {
  readonly windows: () => readonly Window[];
  readonly readClockMs: () => number;
  readonly epochMs: number;
}

/** Alert, webhooks and the public's view of the windows, advanced once a window. */
export interface Watch {
  readonly onWindow: (watched: Watched, url: string) => void;
  readonly visibleWindows: (watched: Watched) => readonly Window[];
  readonly readAlert: () => AlertState;
  readonly alerts: () => readonly WebhookBody[];
  readonly setWebhook: (url: string) => void;
  readonly truth: GroundTruth;
}

/** Starts with no alert and nothing known. */
export function createWatch(instance: string, initialWebhookUrl: string | null): Watch {
  const truth = createGroundTruth();
  let alert: AlertState = { kind: "inactive" };
  let sent: readonly WebhookBody[] = [];
  let webhookUrl = initialWebhookUrl;

  function visibleWindows(watched: Watched): readonly Window[] {
    const windows = watched.windows();
    return windows.slice(0, truth.visibleCount(windows.length));
  }

  return {
    truth,
    visibleWindows,
    onWindow: (watched, url) => {
      const before = alert;
      const advanced = advanceAlert(alert, visibleWindows(watched));
      alert = advanced.state;
      const firing = alert.kind === "firing" ? alert : before;
      if (advanced.change === "none" || firing.kind !== "firing") return;
      const resolvedAtMs = advanced.change === "resolved" ? watched.readClockMs() : undefined;
      if (resolvedAtMs === undefined) truth.noteAlert({ firedAtMs: firing.firedAtMs, cause: firing.cause });
      const body = toWebhook(firing, { url, epochMs: watched.epochMs, instance }, resolvedAtMs);
      sent = [...sent, body];
      if (webhookUrl !== null) void postWebhook(webhookUrl, body);
    },
    readAlert: () => alert,
    alerts: () => sent,
    setWebhook: (url) => {
      webhookUrl = url;
    },
  };
}
