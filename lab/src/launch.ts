import { type ChildProcess, fork } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LAB_CODES, type LabCode, LabError } from "./lab-error.ts";
import { readControlAddress } from "./state-files.ts";
import type { SupervisorConfig, SupervisorReport } from "./supervisor/main.ts";

/** Ten processes load the same modules: what one has compiled the others need not. Where tools keep such things. */
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/interlock-lab", import.meta.url));

/** How to start a lab. */
export interface LaunchOptions {
  readonly stateDirectory: string;
  readonly seed: number;
  readonly webhookUrl?: string;
  /** `tethered`: ends with this process. `detached`: lives on. */
  readonly mode: "tethered" | "detached";
}

function isCode(code: string): code is LabCode {
  return code in LAB_CODES;
}

function waitForReport(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    child.once("exit", () =>
      fail(new LabError("E_LAB_START", "the supervisor ended at once", "see `.lab/supervisor.log`")),
    );
    child.once("error", (error) => fail(new LabError("E_LAB_START", error.message, "see `.lab/supervisor.log`")));
    child.once("message", (message) => {
      const report = message as SupervisorReport; // the supervisor's only message
      if (report.kind === "ready") done();
      else fail(new LabError(isCode(report.code) ? report.code : "E_LAB_START", report.message, report.hint));
    });
  });
}

/**
 * Starts a supervisor and waits until the lab serves its load.
 *
 * @returns the supervisor's process; detached and no longer referenced in mode `detached`
 */
export async function launchLab(options: LaunchOptions): Promise<ChildProcess> {
  const stateDirectory = resolve(options.stateDirectory);
  const running = readControlAddress(stateDirectory);
  if (running !== undefined) {
    throw new LabError(
      "E_LAB_ALREADY_RUNNING",
      `a lab runs under \`${stateDirectory}\` (process ${running.supervisorPid})`,
      "end it with `npm run lab -- down`, or choose another `--state`",
    );
  }
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const log = openSync(join(stateDirectory, "supervisor.log"), "w", 0o600);
  const isDetached = options.mode === "detached";
  const child = fork(fileURLToPath(new URL("./supervisor/main.ts", import.meta.url)), [], {
    cwd: "/",
    detached: isDetached,
    stdio: ["ignore", log, log, "ipc"],
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  closeSync(log);
  const config: SupervisorConfig = {
    stateDirectory,
    seed: options.seed,
    webhookUrl: options.webhookUrl ?? null,
    isTethered: !isDetached,
  };
  child.send(config, () => undefined);
  await waitForReport(child);
  if (isDetached) {
    child.disconnect();
    child.unref();
  }
  return child;
}
