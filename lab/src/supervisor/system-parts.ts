import { type BreakerSettings, FLEET } from "../contract/constants.ts";
import { backgroundOf } from "../contract/faults.ts";
import type { Version } from "../contract/window.ts";
import { LabError } from "../lab-error.ts";
import { type Database, startDatabase } from "./database.ts";
import { type DatabaseMonitor, startDatabaseMonitor } from "./database-monitor.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { type RunningProcess, spawnProcess } from "./spawn.ts";

/** Releases, oldest first; at rest the second of them runs. */
export const RELEASES = ["v0", "v1", "v2"] as const satisfies readonly Version[];
/** Index of the release that runs at rest. */
export const RELEASE_INDEX_AT_REST = 1;

/** What a system is made of. */
export interface Parts {
  readonly database: Database;
  readonly monitor: DatabaseMonitor;
  readonly fleet: Fleet;
  readonly lb: RunningProcess<"lb">;
  readonly load: RunningProcess<"load">;
  readonly nightly: RunningProcess<"nightly-report">;
  readonly billing: RunningProcess<"billing">;
}

/** Configuration that actions and faults change, and that no process needs to be asked for. */
export interface SystemState {
  releaseIndex: number;
  releaseIndexMax: number;
  deployedAtMs: number;
  isFlagOn: boolean;
  breakerSettings: BreakerSettings;
  breakerChangedAtMs: number;
  throttlePerSecond: number;
  isNightlyPaused: boolean;
}

/** The release at an index; refused when there is none. */
export function versionAt(index: number): Version {
  const version = RELEASES[index];
  if (version === undefined)
    throw new LabError("E_LAB_REFUSED", "there is no such release", "read `/v1/configuration`");
  return version;
}

/** Starts every process; those that need nothing from one another start together. */
export async function startParts(seed: number): Promise<Parts> {
  const background = backgroundOf(seed);
  const spawned = {
    lb: spawnProcess("lb"),
    load: spawnProcess("load"),
    nightly: spawnProcess("nightly-report"),
    billing: spawnProcess("billing"),
  };
  const spares = Array.from({ length: FLEET.workersAtRest }, () => spawnProcess("app"));
  const [database, lb] = await Promise.all([startDatabase(), spawned.lb.configure({ seed })]);
  const fleet = createFleet({
    seed,
    database: database.addressOf("app"),
    version: RELEASES[RELEASE_INDEX_AT_REST],
    spares,
    publish: (workers) => lb.order({ kind: "workers", workers }),
  });
  const [nightly, billing] = await Promise.all([
    spawned.nightly.configure({
      database: database.addressOf("nightly-report"),
      readerCount: background.reportReaderCount,
    }),
    spawned.billing.configure({ database: database.addressOf("billing") }),
    fleet.scaleTo(FLEET.workersAtRest),
  ]);
  const load = await spawned.load.configure({ port: lb.port, seed, perSecond: background.basePerSecond });
  return { database, monitor: startDatabaseMonitor(database), fleet, lb, load, nightly, billing };
}
