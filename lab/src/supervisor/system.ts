import type { Action } from "../contract/actions.ts";
import { BREAKER_AT_REST } from "../contract/constants.ts";
import type { ActionRecord } from "../contract/episode.ts";
import { backgroundOf, type FaultName } from "../contract/faults.ts";
import type { Window } from "../contract/window.ts";
import type { ConfigurationState } from "./build-window.ts";
import type { Fleet } from "./fleet.ts";
import { injectFault } from "./inject-fault.ts";
import { type Context, performAction } from "./perform-action.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { RELEASE_INDEX_AT_REST, type SystemState, startParts, versionAt } from "./system-parts.ts";

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
  const state: SystemState = {
    releaseIndex: RELEASE_INDEX_AT_REST,
    releaseIndexMax: RELEASE_INDEX_AT_REST,
    deployedAtMs: -backgroundOf(options.seed).deployAgeMs,
    isFlagOn: true,
    breakerSettings: BREAKER_AT_REST,
    breakerChangedAtMs: -backgroundOf(options.seed).deployAgeMs,
    throttlePerSecond: 0,
    isNightlyPaused: false,
  };
  const context: Context = { parts, state, readClockMs };
  parts.database.onLost(() => options.onLost("the database"));
  for (const process of [parts.lb, parts.load, parts.nightly, parts.billing])
    process.onExit(() => options.onLost(`process \`${process.kind}\``));
  const targets = (): { kind: string; pid: number; port: number }[] =>
    [parts.lb, parts.load, parts.nightly, parts.billing, ...parts.fleet.processes()].map(({ kind, pid, port }) => ({
      kind,
      pid,
      port,
    }));
  const readConfiguration = (): ConfigurationState => configurationOf(parts.fleet, state);
  const readMetricsText = (): Promise<string> => parts.monitor.registry.metrics();
  const recorder: Recorder = await startRecorder({
    targets,
    readOwnText: readMetricsText,
    readConfiguration,
    readClockMs,
    onWindow: options.onWindow,
  });
  return {
    readClockMs,
    epochMs,
    readConfiguration,
    readMetricsText,
    targets,
    perform: (action) => performAction(context, action),
    injectFault: (fault, seed) => injectFault(context, fault, seed),
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

function configurationOf(fleet: Fleet, state: Readonly<SystemState>): ConfigurationState {
  const { targetCount, readyCount, isRolling } = fleet.readState();
  return {
    workerCountTarget: targetCount,
    workerCountReady: readyCount,
    isRolling,
    version: versionAt(state.releaseIndex),
    deployedAtMs: state.deployedAtMs,
    isFlagOn: state.isFlagOn,
    breakerSettings: state.breakerSettings,
    breakerChangedAtMs: state.breakerChangedAtMs,
    throttlePerSecond: state.throttlePerSecond,
    isNightlyPaused: state.isNightlyPaused,
  };
}
