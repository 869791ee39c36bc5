import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlClient, createControlClient, createLabClient, type LabClient } from "./client.ts";
import { RESPONSES } from "./contract/actions.ts";
import { EPISODE } from "./contract/constants.ts";
import type { AlertRecord, Episode, Policy, PolicyDecision } from "./contract/episode.ts";
import type { FaultName } from "./contract/faults.ts";
import { readProbe } from "./contract/probes.ts";
import type { Window } from "./contract/window.ts";
import { LabError } from "./lab-error.ts";
import { launchLab } from "./launch.ts";
import { DIRECTORY_PREFIX } from "./postgres/install.ts";
import { readProcessStart, writeOwner } from "./postgres/sweep.ts";
import { readControlAddress, readLabAddress } from "./state-files.ts";

const POLL_EVERY_MS = 200;
/** An alert from before the fault would hide the one to come. */
const QUIET_BEFORE_MS = 40_000;
/** A policy whose probes need this many windows cannot ask for more: what the lab keeps for it. */
const POLICY_WINDOW_COUNT = 60;

/** What to run. */
export interface EpisodeOptions {
  readonly fault: FaultName;
  readonly seed: number;
  readonly policy: Policy;
  /** From the fault to the end; shorter than the default only where nobody scores the hold. */
  readonly horizonMs?: number;
  readonly onProgress?: (line: string) => void;
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Waits until the lab's clock reads `untilMs`, or `isDone` says so. */
async function waitUntil(
  lab: LabClient,
  untilMs: number,
  isDone: (status: Awaited<ReturnType<LabClient["readStatus"]>>) => boolean,
): Promise<boolean> {
  for (;;) {
    const status = await lab.readStatus();
    if (isDone(status)) return true;
    if (status.clockMs >= untilMs) return false;
    await delay(Math.min(POLL_EVERY_MS, Math.max(10, untilMs - status.clockMs)));
  }
}

function decide(
  options: EpisodeOptions,
  alert: AlertRecord,
  seen: { readonly windows: readonly Window[]; readonly clockMs: number },
): PolicyDecision {
  const windows = seen.windows.slice(-POLICY_WINDOW_COUNT);
  return options.policy.decide({
    seed: options.seed,
    alert,
    nowMs: seen.clockMs,
    readProbe: (probe) => readProbe(probe, windows, seen.clockMs),
    truth: options.policy.needsTruth ? options.fault : undefined,
  });
}

async function respond(lab: LabClient, decision: PolicyDecision): Promise<void> {
  const action = RESPONSES[decision.response];
  if (decision.response === "escalate") await lab.escalate("the policy escalates");
  if (action !== undefined) await lab.act(action);
}

async function play(lab: LabClient, control: ControlClient, options: EpisodeOptions): Promise<Episode> {
  const say = options.onProgress ?? (() => undefined);
  const horizonMs = options.horizonMs ?? EPISODE.horizonMs;
  await waitUntil(lab, EPISODE.warmupMs, () => false);
  const isQuiet = await waitUntil(lab, QUIET_BEFORE_MS, (status) => status.alert.kind === "inactive");
  if (!isQuiet)
    throw new LabError(
      "E_LAB_INVALID",
      "the lab did not come to rest: the machine is too busy",
      "try again under less load",
    );
  const { faultAtMs } = await control.injectFault(options.fault, options.seed);
  say(`${options.fault} injected at ${faultAtMs} ms`);
  const endMs = faultAtMs + horizonMs;
  const isAlerted = await waitUntil(
    lab,
    endMs,
    (status) => status.alert.kind === "firing" && status.alert.firedAtMs >= faultAtMs,
  );
  const { alert } = await lab.readStatus();
  let decision: PolicyDecision = { response: "wait", probes: [], belief: {} };
  if (isAlerted && alert.kind === "firing") {
    decision = decide(options, { firedAtMs: alert.firedAtMs, cause: alert.cause }, await lab.readWindows());
    say(`alert at ${alert.firedAtMs} ms, ${options.policy.name} responds \`${decision.response}\``);
    await respond(lab, decision);
  }
  // The last window of the horizon must have been recorded.
  await waitUntil(lab, endMs + 1_500, () => false);
  const episode = await control.readEpisode(options.policy.name);
  return { ...episode, decision };
}

/** Runs one episode on real processes, in a lab of its own that ends with it. Takes about 70 s. */
export async function runEpisode(options: EpisodeOptions): Promise<Episode> {
  // Marked as ours, so that a later lab sweeps it if this process is killed.
  const stateDirectory = mkdtempSync(join(tmpdir(), DIRECTORY_PREFIX));
  writeOwner(stateDirectory, { pid: process.pid, startedAt: readProcessStart(process.pid) });
  const supervisor = await launchLab({ stateDirectory, seed: options.seed, mode: "tethered" });
  const isOver = new Promise<void>((resolve) => supervisor.once("exit", () => resolve()));
  try {
    const control = readControlAddress(stateDirectory);
    if (control === undefined)
      throw new LabError("E_LAB_START", "the lab has ended", `see \`${stateDirectory}/supervisor.log\``);
    return await play(createLabClient(readLabAddress(stateDirectory)), createControlClient(control), options);
  } finally {
    supervisor.disconnect();
    await isOver;
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}
