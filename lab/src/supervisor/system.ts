import { BREAKER_AT_REST, BREAKER_CIRCUIT_FAULT, DATABASE, FLEET } from "../contract/constants.ts";
import { backgroundOf, mechanismsOf } from "../contract/faults.ts";
import { LabError } from "../lab-error.ts";
import { startDatabase } from "./database.ts";
import { startDatabaseMonitor } from "./database-monitor.ts";
import { createFleet } from "./fleet.ts";
import { startRecorder } from "./recorder.ts";
import { spawnProcess } from "./spawn.ts";

import type { Action } from "../contract/actions.ts";
import type { BreakerSettings } from "../contract/constants.ts";
import type { ActionRecord } from "../contract/episode.ts";
import type { FaultName, Mechanism } from "../contract/faults.ts";
import type { Role, Version, Window } from "../contract/window.ts";
import type { ConfigurationState } from "./build-window.ts";
import type { Database } from "./database.ts";
import type { DatabaseMonitor } from "./database-monitor.ts";
import type { Fleet } from "./fleet.ts";
import type { Recorder } from "./recorder.ts";
import type { RunningProcess } from "./spawn.ts";

/** Releases, oldest first; at rest the second of them runs. */
const RELEASES = ["v0", "v1", "v2"] as const satisfies readonly Version[];
const RELEASE_INDEX_AT_REST = 1;
const SETTLE_MS = 800;

/** The running system: its processes, its configuration, and what can be done to it. */
export interface System {
  readonly readClockMs: () => number;
  /** Wall-clock time of the lab clock's 0. */
  readonly epochMs: number;
  readonly readConfiguration: () => ConfigurationState;
  readonly readMetricsText: () => Promise<string>;
  readonly targets: () => readonly { readonly kind: string; readonly pid: number; readonly port: number }[];
  readonly perform: (action: Action) => Promise<ActionRecord>;
  readonly injectFault: (fault: FaultName, seed: number) => Promise<void>;
  readonly windows: () => readonly Window[];
  readonly postgresPid: number;
  readonly databaseDirectory: string;
  readonly close: () => Promise<void>;
}

interface Parts {
  readonly database: Database;
  readonly monitor: DatabaseMonitor;
  readonly fleet: Fleet;
  readonly lb: RunningProcess<"lb">;
  readonly load: RunningProcess<"load">;
  readonly nightly: RunningProcess<"nightly-report">;
  readonly billing: RunningProcess<"billing">;
}

/** Starts every process; those that need nothing from one another start together. */
async function startParts(seed: number): Promise<Parts> {
  const background = backgroundOf(seed);
  const spawned = { lb: spawnProcess("lb"), load: spawnProcess("load"), nightly: spawnProcess("nightly-report"), billing: spawnProcess("billing") };
  const [database, lb] = await Promise.all([startDatabase(), spawned.lb.configure({ seed })]);
  const fleet = createFleet({
    seed, database: database.addressOf("app"), version: RELEASES[RELEASE_INDEX_AT_REST],
    publish: (workers) => lb.order({ kind: "workers", workers }),
  });
  const [nightly, billing] = await Promise.all([
    spawned.nightly.configure({ database: database.addressOf("nightly-report"), readerCount: background.reportReaderCount }),
    spawned.billing.configure({ database: database.addressOf("billing") }),
    fleet.scaleTo(FLEET.workersAtRest),
  ]);
  const load = await spawned.load.configure({ port: lb.port, seed, perSecond: background.basePerSecond });
  return { database, monitor: startDatabaseMonitor(database), fleet, lb, load, nightly, billing };
}

/** Starts the system; resolves when it serves its load. */
export async function startSystem(options: {
  readonly seed: number;
  readonly onWindow: (window: Window) => void;
  readonly onLost: (what: string) => void;
}): Promise<System> {
  const parts = await startParts(options.seed);
  // Every process compiles its hot path with the first requests: the clock starts when that is over.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const originMs = performance.now();
  const epochMs = Date.now();
  const readClockMs = (): number => Math.round(performance.now() - originMs);
  const state = {
    releaseIndex: RELEASE_INDEX_AT_REST, releaseIndexMax: RELEASE_INDEX_AT_REST, deployedAtMs: -backgroundOf(options.seed).deployAgeMs,
    isFlagOn: true, breakerSettings: BREAKER_AT_REST, breakerChangedAtMs: -backgroundOf(options.seed).deployAgeMs,
    throttlePerSecond: 0, isNightlyPaused: false,
  };
  const control = createControl(parts, state, readClockMs);
  parts.database.onLost(() => options.onLost("the database"));
  for (const process of [parts.lb, parts.load, parts.nightly, parts.billing]) process.onExit(() => options.onLost(`process \`${process.kind}\``));
  const targets = (): { kind: string; pid: number; port: number }[] =>
    [parts.lb, parts.load, parts.nightly, parts.billing, ...parts.fleet.processes()].map(({ kind, pid, port }) => ({ kind, pid, port }));
  const readConfiguration = (): ConfigurationState => configurationOf(parts.fleet, state);
  const readMetricsText = (): Promise<string> => parts.monitor.registry.metrics();
  const recorder: Recorder = await startRecorder({ targets, readOwnText: readMetricsText, readConfiguration, readClockMs, onWindow: options.onWindow });
  return {
    readClockMs, epochMs, readConfiguration, readMetricsText, targets,
    perform: control.perform, injectFault: control.injectFault,
    windows: recorder.windows,
    postgresPid: parts.database.postgresPid,
    databaseDirectory: parts.database.directory,
    close: async () => {
      recorder.close();
      parts.monitor.close();
      await parts.database.stop();
    },
  };
}

interface SystemState {
  releaseIndex: number;
  releaseIndexMax: number;
  deployedAtMs: number;
  isFlagOn: boolean;
  breakerSettings: BreakerSettings;
  breakerChangedAtMs: number;
  throttlePerSecond: number;
  isNightlyPaused: boolean;
}

function versionAt(index: number): Version {
  const version = RELEASES[index];
  if (version === undefined) throw new LabError("E_LAB_REFUSED", "there is no such release", "read `/v1/configuration`");
  return version;
}

function configurationOf(fleet: Fleet, state: Readonly<SystemState>): ConfigurationState {
  const { targetCount, readyCount, isRolling } = fleet.readState();
  return {
    workerCountTarget: targetCount, workerCountReady: readyCount, isRolling,
    version: versionAt(state.releaseIndex), deployedAtMs: state.deployedAtMs, isFlagOn: state.isFlagOn,
    breakerSettings: state.breakerSettings, breakerChangedAtMs: state.breakerChangedAtMs,
    throttlePerSecond: state.throttlePerSecond, isNightlyPaused: state.isNightlyPaused,
  };
}

/** What an action did, before it is stamped with times. */
type Effect = Partial<Pick<ActionRecord, "restartedCount" | "restartedDefectiveCount" | "terminatedCounts">> & { readonly detail: string };

const NOTHING_TERMINATED: Readonly<Record<Role, number>> = { app: 0, "nightly-report": 0, billing: 0 };

function createControl(parts: Parts, state: SystemState, readClockMs: () => number): Pick<System, "perform" | "injectFault"> {
  async function deploy(index: number): Promise<Effect> {
    const version = versionAt(index);
    state.releaseIndex = index;
    state.releaseIndexMax = Math.max(state.releaseIndexMax, index);
    state.deployedAtMs = readClockMs();
    const change = await parts.fleet.rollTo(version);
    return { ...change, detail: `${change.restartedCount} workers restarted with ${version}` };
  }

  function setBreaker(settings: BreakerSettings): Effect {
    state.breakerSettings = settings;
    state.breakerChangedAtMs = readClockMs();
    parts.lb.order({ kind: "breaker", settings });
    return { detail: `breaker at ${settings.slowMs} ms, ${settings.failureRatio}` };
  }

  async function apply(action: Action): Promise<Effect> {
    switch (action.kind) {
      case "scale":
        await parts.fleet.scaleTo(action.workerCount);
        return { detail: `${parts.fleet.readState().readyCount} workers serve` };
      case "terminate_sessions": {
        const count = await parts.database.terminateSessions(action.role, action.countMax);
        return { detail: `${count} sessions of ${action.role} terminated`, terminatedCounts: { ...NOTHING_TERMINATED, [action.role]: count } };
      }
      case "pause_nightly":
      case "resume_nightly":
        state.isNightlyPaused = action.kind === "pause_nightly";
        parts.nightly.order({ kind: state.isNightlyPaused ? "pause" : "resume" });
        return { detail: state.isNightlyPaused ? "nightly report pauses after its transactions" : "nightly report resumed" };
      case "throttle":
        state.throttlePerSecond = action.perSecond;
        parts.lb.order({ kind: "throttle", perSecond: action.perSecond });
        return { detail: action.perSecond === 0 ? "no limit" : `limited to ${action.perSecond} requests/s` };
      case "roll_back":
        if (state.releaseIndex === 0) throw new LabError("E_LAB_REFUSED", "there is no release before this one", "roll forward instead");
        return deploy(state.releaseIndex - 1);
      case "roll_forward":
        if (state.releaseIndex >= state.releaseIndexMax) throw new LabError("E_LAB_REFUSED", "there is no release after this one", "roll back instead");
        return deploy(state.releaseIndex + 1);
      case "set_flag":
        state.isFlagOn = action.isOn;
        parts.fleet.setFlag(action.isOn);
        return { detail: `flag order-cache ${action.isOn ? "on" : "off"}` };
      case "set_breaker": return setBreaker({ slowMs: action.slowMs, failureRatio: action.failureRatio });
      case "restore_breaker": return setBreaker(BREAKER_AT_REST);
      default: return action satisfies never;
    }
  }

  async function perform(action: Action): Promise<ActionRecord> {
    const startedAtMs = readClockMs();
    const stamp = (outcome: ActionRecord["outcome"], effect: Effect): ActionRecord => ({
      action, startedAtMs, endedAtMs: readClockMs(), outcome, detail: effect.detail,
      restartedCount: effect.restartedCount ?? 0, restartedDefectiveCount: effect.restartedDefectiveCount ?? 0,
      terminatedCounts: effect.terminatedCounts ?? NOTHING_TERMINATED,
    });
    try {
      return stamp("done", await apply(action));
    } catch (error) {
      return stamp("failed", { detail: error instanceof Error ? error.message : String(error) });
    }
  }

  async function start(mechanism: Mechanism, basePerSecond: number): Promise<void> {
    switch (mechanism.kind) {
      case "load":
        parts.load.order({ kind: "rate", perSecond: mechanism.perSecond });
        if (mechanism.forMs !== "for_ever") setTimeout(() => parts.load.order({ kind: "rate", perSecond: basePerSecond }), mechanism.forMs).unref();
        return;
      case "report_locks": parts.nightly.order({ kind: "lock" }); return;
      // A deploy takes its time: the fault begins with it.
      case "deploy_v2": deploy(RELEASES.indexOf("v2")).catch((error: unknown) => console.error("deploy failed:", error)); return;
      case "tight_breaker": setBreaker(BREAKER_CIRCUIT_FAULT); return;
      case "packet_loss": parts.lb.order({ kind: "packet_loss", workerId: "app-1" }); return;
      case "impatient_clients": parts.load.order({ kind: "impatient" }); return;
      case "slow_disk": return parts.database.setStorageDelay({ readMs: DATABASE.slowDiskReadMs, writeMs: DATABASE.slowDiskWriteMs });
      case "metric_outage": return; // the public view's business: see ground-truth.ts
      default: return mechanism satisfies never;
    }
  }

  return {
    perform,
    injectFault: async (fault, seed) => {
      const { basePerSecond } = backgroundOf(seed);
      // The stream of requests restarts with the fault, so that the same seed gives the same requests after it.
      parts.load.order({ kind: "reseed", seed, perSecond: basePerSecond });
      for (const mechanism of mechanismsOf(fault, seed)) await start(mechanism, basePerSecond);
    },
  };
}
