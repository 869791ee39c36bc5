import { resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { schemaVersion, stepsAfter } from "../../log/sqlite/schema.ts";
import { storeVersion } from "../../log/sqlite/store-version.ts";
import { checkCopyFolder, upgradeStore } from "../../log/sqlite/upgrade.ts";
import type { OpenOwner } from "../../owner/owner-hold.ts";
import { askPermission } from "../site/permit.ts";
import { namingArrow, refuseForbidden } from "../site/record.ts";
import { openStoreLog } from "../site/site-log.ts";
import { recorderOf, type Workplace } from "../site/workplace.ts";

/** How to upgrade the store. */
export interface UpgradeRequest {
  /** The folder of the copy that is made first; `null` for one beside the store, named after the store's version. */
  readonly backup: string | null;
  /** Make no copy. Then only a backup of one's own leads back to the older release. */
  readonly withoutBackup: boolean;
  /** Say what would be done, and change nothing. */
  readonly isDryRun: boolean;
  /** Called after each step. */
  readonly onProgress: (step: UpgradeStep) => void;
}

/** One step of an upgrade. Each is done completely or not at all. */
export type UpgradeStep =
  /** This folder has a copy of the store as it was, and a drill has opened the copy. */
  | { readonly kind: "backed_up"; readonly folder: string }
  /** The tables are those of this version. `what` is what is new in it. */
  | { readonly kind: "version_reached"; readonly version: number; readonly what: string }
  /**
   * A record of the store's log gives the store its id. In a dry run it is `null`, because the id is made at random.
   */
  | { readonly kind: "id_given"; readonly storeId: string | null };

/** What the store was, what it is now, and what was done; with `isDryRun`, what it would be and what would be done. */
export interface Upgraded {
  readonly fromVersion: number;
  readonly toVersion: number;
  /** `null` if a dry run found a store that has none yet. */
  readonly storeId: string | null;
  /** In order. Empty if there was nothing to do. */
  readonly steps: readonly UpgradeStep[];
}

const asked = { capability: "archive", asked: "store upgrade", resource: "store" } as const;

/**
 * Brings a store of an older release up to this one: first a verified copy, then one transaction for each version, then
 * the store's id. Safe to repeat: after a kill, the same request goes on from there, and a store that is up to date is
 * left alone.
 */
export async function upgrade(
  place: Workplace,
  request: UpgradeRequest,
): Promise<Result<Upgraded, readonly Problem[]>> {
  const refused = await refuseAsker(place, request);
  if (refused !== null) return refused;
  if (request.withoutBackup && request.backup !== null)
    return fail([problem("E_USAGE", "", "a backup and no backup are both asked for", "name its folder, or make none")]);
  const due = await findDue(place, request);
  if (!due.ok) return fail([due.error]);
  if (request.isDryRun || due.value.steps.length === 0) return due;
  return carryOut(place, due.value, request.onProgress);
}

/** Only an owner can record a refusal, and an owner upgrades the store. So this one is not recorded in an old store. */
async function refuseAsker(
  place: Workplace,
  { isDryRun }: UpgradeRequest,
): Promise<Result<never, readonly Problem[]> | null> {
  const version = versionOf(place);
  if (!isDryRun && version.ok && version.value === schemaVersion) return refuseForbidden(place, asked);
  const capability = isDryRun ? "read" : asked.capability;
  const decision = askPermission(place.ports.authorizer, { by: place.actor, capability, resource: asked.resource });
  return decision.kind === "permit" ? null : fail([namingArrow(decision.problem, { capability, asked: asked.asked })]);
}

/** A mirror of a journal is always of this version: the release that opens it makes it so. */
function versionOf({ store }: Workplace): Result<number, Problem> {
  return store.isMirror ? ok(schemaVersion) : storeVersion(store.folder);
}

async function findDue(
  place: Workplace,
  { backup, withoutBackup }: UpgradeRequest,
): Promise<Result<Upgraded, Problem>> {
  const version = versionOf(place);
  if (!version.ok) return version;
  const fromVersion = version.value;
  if (fromVersion === schemaVersion) return findMissingId(place);
  const folder = withoutBackup ? null : resolve(backup ?? `${place.store.folder}-version-${fromVersion}`);
  const taken = folder === null ? null : checkCopyFolder(place.store.folder, folder);
  if (taken !== null) return fail(taken);
  const copied: readonly UpgradeStep[] = folder === null ? [] : [{ kind: "backed_up", folder }];
  const reached = stepsAfter(fromVersion).map((step): UpgradeStep => ({ kind: "version_reached", ...step }));
  const steps: readonly UpgradeStep[] = [...copied, ...reached, { kind: "id_given", storeId: null }];
  return ok({ fromVersion, toVersion: schemaVersion, storeId: null, steps });
}

/** If the process is killed after the last version, the store is up to date but has no id yet. */
async function findMissingId(place: Workplace): Promise<Result<Upgraded, Problem>> {
  const log = await openStoreLog(place);
  if (!log.ok) return log;
  try {
    const storeId = log.value.reader.storeId();
    const steps: readonly UpgradeStep[] = storeId === null ? [{ kind: "id_given", storeId }] : [];
    return ok({ fromVersion: schemaVersion, toVersion: schemaVersion, storeId, steps });
  } finally {
    await log.value.close();
  }
}

async function carryOut(
  place: Workplace,
  due: Upgraded,
  onProgress: UpgradeRequest["onProgress"],
): Promise<Result<Upgraded, readonly Problem[]>> {
  const steps: UpgradeStep[] = [];
  const done = (step: UpgradeStep): void => {
    steps.push(step);
    onProgress(step);
  };
  const copy = due.steps.find(({ kind }) => kind === "backed_up");
  // The hold asks again while another command owns the store for a moment. What has been done by then is not done
  // again.
  const open: OpenOwner = async (hooks) => {
    if (place.store.isMirror) return recorderOf(place)(hooks);
    const upgraded = await upgradeStore(place.store.folder, {
      backupFolder: copy?.kind === "backed_up" ? copy.folder : null,
      onBackedUp: (folder) => done({ kind: "backed_up", folder }),
      onStep: (step) => done({ kind: "version_reached", ...step }),
    });
    return upgraded.ok ? recorderOf(place)(hooks) : upgraded;
  };
  const taken = await place.owners.take("recorder", open);
  if (!taken.ok) return fail([taken.error.code === "E_STORE_LOCKED" ? ownedProblem() : taken.error]);
  // An owner gives its store an id when it opens it.
  const storeId = taken.value.owner.store.storeId();
  await taken.value.release();
  done({ kind: "id_given", storeId });
  return ok({ ...due, storeId, steps });
}

/** The owner may be of the older release, and this one cannot list the runs of its store. */
function ownedProblem(): Problem {
  const hint = "wait until that process ends, or stop it, and try again";
  return problem("E_STORE_LOCKED", "", "another process owns this store", hint);
}
