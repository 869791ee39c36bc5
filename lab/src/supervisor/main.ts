import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

import { parseAction } from "../contract/actions.ts";
import { LabError, toLabError } from "../lab-error.ts";
import { sweepLeftovers } from "../postgres/sweep.ts";
import { listen } from "../processes/child.ts";
import { removeStateFiles, writeStateFiles } from "../state-files.ts";
import { advanceAlert, postWebhook, toWebhook } from "./alerting.ts";
import { createControlApi } from "./control-api.ts";
import { createGroundTruth } from "./ground-truth.ts";
import { toListener } from "./http.ts";
import { createPublicApi } from "./public-api.ts";
import { startSystem } from "./system.ts";

import type { ActionRecord } from "../contract/episode.ts";
import type { Window } from "../contract/window.ts";
import type { AlertState, WebhookBody } from "./alerting.ts";
import type { System } from "./system.ts";

/** How the supervisor is started, over IPC. */
export interface SupervisorConfig {
  readonly stateDirectory: string;
  readonly seed: number;
  readonly webhookUrl: string | null;
  /** End when the process that started it ends. */
  readonly isTethered: boolean;
}

/** What it answers to whoever started it. */
export type SupervisorReport =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly hint: string };

process.once("message", (config) => {
  void main(config as SupervisorConfig); // sent by launch.ts, its only caller
});

function report(message: SupervisorReport): void {
  if (process.connected) process.send?.(message);
}

async function main(config: SupervisorConfig): Promise<void> {
  try {
    sweepLeftovers();
    await run(config);
    report({ kind: "ready" });
  } catch (thrown) {
    const error = toLabError(thrown);
    console.error(error);
    report({ kind: "failed", code: error.code, message: error.message, hint: error.hint });
    // Children end with the channel; the guardian removes the database.
    setTimeout(() => process.exit(1), 50);
  }
}

/** Alert, webhooks and the public's view of the windows, advanced once a window. */
function createWatch(instance: string, initialWebhookUrl: string | null): {
  readonly onWindow: (system: System, url: string) => void;
  readonly visibleWindows: (system: System) => readonly Window[];
  readonly readAlert: () => AlertState;
  readonly alerts: () => readonly WebhookBody[];
  readonly setWebhook: (url: string) => void;
  readonly truth: ReturnType<typeof createGroundTruth>;
} {
  const truth = createGroundTruth();
  let alert: AlertState = { kind: "inactive" };
  let sent: readonly WebhookBody[] = [];
  let webhookUrl = initialWebhookUrl;

  function visibleWindows(system: System): readonly Window[] {
    const windows = system.windows();
    return windows.slice(0, truth.visibleCount(windows.length));
  }

  return {
    truth, visibleWindows,
    onWindow: (system, url) => {
      const before = alert;
      const advanced = advanceAlert(alert, visibleWindows(system));
      alert = advanced.state;
      const firing = alert.kind === "firing" ? alert : before;
      if (advanced.change === "none" || firing.kind !== "firing") return;
      const resolvedAtMs = advanced.change === "resolved" ? system.readClockMs() : undefined;
      if (resolvedAtMs === undefined) truth.noteAlert({ firedAtMs: firing.firedAtMs, cause: firing.cause });
      const body = toWebhook(firing, { url, epochMs: system.epochMs, instance }, resolvedAtMs);
      sent = [...sent, body];
      if (webhookUrl !== null) void postWebhook(webhookUrl, body);
    },
    readAlert: () => alert,
    alerts: () => sent,
    setWebhook: (url) => { webhookUrl = url; },
  };
}

async function run(config: SupervisorConfig): Promise<void> {
  const instance = `lab-${randomBytes(4).toString("hex")}`;
  const watch = createWatch(instance, config.webhookUrl);
  const tokens = { action: randomBytes(24).toString("hex"), control: randomBytes(24).toString("hex") };
  let url = "";
  let current: System | undefined;
  let performed: readonly ActionRecord[] = [];
  let isEnding = false;

  async function end(reason: string): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    console.error(`ending: ${reason}`);
    await current?.close();
    removeStateFiles(config.stateDirectory);
    process.exit(0);
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(signal));
  if (config.isTethered) process.on("disconnect", () => void end("whoever started the lab is gone"));

  const system = await startSystem({
    seed: config.seed,
    onWindow: () => { if (current !== undefined) watch.onWindow(current, url); },
    onLost: (what) => void end(`${what} ended by itself`),
  });
  current = system;

  async function perform(name: string, body: unknown): Promise<ActionRecord> {
    const parsed = parseAction(name, body);
    if (!parsed.ok) throw new LabError("E_LAB_ARGUMENTS", parsed.problems.join("; "), "see /openapi.json");
    const record = await system.perform(parsed.value);
    performed = [...performed, record];
    watch.truth.noteAction(record);
    return record;
  }

  const publicServer = createServer(toListener(createPublicApi({
    instance, actionToken: tokens.action, epochMs: system.epochMs, readClockMs: system.readClockMs,
    windows: () => watch.visibleWindows(system), readConfiguration: system.readConfiguration, readAlert: watch.readAlert, alerts: watch.alerts,
    actions: () => performed, perform, escalate: () => watch.truth.noteEscalation(), setWebhook: watch.setWebhook,
    readMetricsText: system.readMetricsText, targets: system.targets,
  })));
  const controlServer = createServer(toListener(createControlApi({
    controlToken: tokens.control,
    injectFault: async (fault, seed) => {
      if (watch.truth.hasFault()) throw new LabError("E_LAB_REFUSED", "a fault is already injected", "run `npm run lab -- down` and `up` for another");
      const faultAtMs = system.readClockMs();
      watch.truth.noteFault(fault, seed, faultAtMs);
      await system.injectFault(fault, seed);
      return { faultAtMs };
    },
    readEpisode: (policy) => watch.truth.toEpisode(system.windows(), { name: policy }),
    shutDown: () => void end("asked to"),
  })));
  url = `http://127.0.0.1:${await listen(publicServer)}`;
  const controlUrl = `http://127.0.0.1:${await listen(controlServer)}`;
  writeStateFiles(config.stateDirectory, {
    lab: { url, actionToken: tokens.action, instance },
    control: { controlUrl, controlToken: tokens.control, supervisorPid: process.pid, postgresPid: system.postgresPid, databaseDirectory: system.databaseDirectory },
  });
}
