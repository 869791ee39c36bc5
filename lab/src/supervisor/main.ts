import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

import { parseAction } from "../contract/actions.ts";
import type { ActionRecord } from "../contract/episode.ts";
import type { FaultName } from "../contract/faults.ts";
import { LabError, toLabError } from "../lab-error.ts";
import { sweepLeftovers } from "../postgres/sweep.ts";
import { listen } from "../processes/child.ts";
import { removeStateFiles, writeStateFiles } from "../state-files.ts";
import { createControlApi } from "./control-api.ts";
import { toListener } from "./http.ts";
import { createPublicApi } from "./public-api.ts";
import { type System, startSystem } from "./system.ts";
import { createWatch, type Watch } from "./watch.ts";

/** How the supervisor is started, over IPC. */
export interface SupervisorConfig {
  readonly stateDirectory: string;
  readonly seed: number;
  readonly webhookUrl: string | null;
  /** End when the process that started it ends. */
  readonly isTethered: boolean;
}

/** Its answer to the process that started it. */
export type SupervisorReport =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly hint: string };

process.once("message", (config) => {
  void main(config as SupervisorConfig); // sent by launch.ts, its only caller
});

function report(message: SupervisorReport): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
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

/** Serves both APIs and writes where they are. */
async function serve(parts: {
  readonly config: SupervisorConfig;
  readonly instance: string;
  readonly system: System;
  readonly watch: Watch;
  readonly end: (reason: string) => void;
}): Promise<string> {
  const { config, instance, system, watch } = parts;
  const tokens = { action: randomBytes(24).toString("hex"), control: randomBytes(24).toString("hex") };
  let performed: readonly ActionRecord[] = [];

  async function perform(name: string, body: unknown): Promise<ActionRecord> {
    const parsed = parseAction(name, body);
    if (!parsed.ok) throw new LabError("E_LAB_ARGUMENTS", parsed.problems.join("; "), "see /openapi.json");
    const record = await system.perform(parsed.value);
    performed = [...performed, record];
    watch.truth.noteAction(record);
    return record;
  }

  async function injectFault(fault: FaultName, seed: number): Promise<{ readonly faultAtMs: number }> {
    if (watch.truth.hasFault())
      throw new LabError(
        "E_LAB_REFUSED",
        "a fault is already injected",
        "run `npm run lab -- down` and `up` for another",
      );
    const faultAtMs = system.readClockMs();
    watch.truth.noteFault(fault, seed, faultAtMs);
    await system.injectFault(fault, seed);
    return { faultAtMs };
  }

  const publicServer = createServer(
    toListener(
      createPublicApi({
        instance,
        actionToken: tokens.action,
        epochMs: system.epochMs,
        readClockMs: system.readClockMs,
        windows: () => watch.visibleWindows(system),
        readConfiguration: system.readConfiguration,
        readAlert: watch.readAlert,
        alerts: watch.alerts,
        actions: () => performed,
        perform,
        escalate: () => watch.truth.noteEscalation(),
        setWebhook: watch.setWebhook,
        readMetricsText: system.readMetricsText,
        targets: system.targets,
      }),
    ),
  );
  const controlServer = createServer(
    toListener(
      createControlApi({
        controlToken: tokens.control,
        injectFault,
        readEpisode: (policy) => watch.truth.toEpisode(system.windows(), { name: policy }),
        shutDown: () => parts.end("asked to"),
      }),
    ),
  );
  const url = `http://127.0.0.1:${await listen(publicServer)}`;
  const controlUrl = `http://127.0.0.1:${await listen(controlServer)}`;
  writeStateFiles(config.stateDirectory, {
    lab: { url, actionToken: tokens.action, instance },
    control: {
      controlUrl,
      controlToken: tokens.control,
      supervisorPid: process.pid,
      postgresPid: system.postgresPid,
      databaseDirectory: system.databaseDirectory,
    },
  });
  return url;
}

async function run(config: SupervisorConfig): Promise<void> {
  const instance = `lab-${randomBytes(4).toString("hex")}`;
  const watch = createWatch(instance, config.webhookUrl);
  let url = "";
  let current: System | undefined;
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
  // The caller of a detached lab lets go of it once it serves. If the caller goes before that, nobody wants the lab.
  process.on("disconnect", () => {
    if (config.isTethered || url === "") void end("the process that started the lab is gone");
  });

  const system = await startSystem({
    seed: config.seed,
    onWindow: () => {
      if (current !== undefined) watch.onWindow(current, url);
    },
    onLost: (what) => void end(`${what} ended by itself`),
  });
  current = system;
  url = await serve({ config, instance, system, watch, end: (reason) => void end(reason) });
}
