import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { LabError } from "./lab-error.ts";
import { isOwnerAlive, readProcessStart } from "./postgres/sweep.ts";

/** What an agent is given. */
export interface LabAddress {
  readonly url: string;
  readonly actionToken: string;
  readonly instance: string;
}

/** What only the referee has. */
export interface ControlAddress {
  readonly controlUrl: string;
  readonly controlToken: string;
  readonly supervisorPid: number;
  readonly supervisorStartedAt: string;
  readonly postgresPid: number;
  /** Where the database and its copy of PostgreSQL live; gone when the lab is. */
  readonly databaseDirectory: string;
}

const LAB_FILE = "lab.json";
const CONTROL_FILE = "control.json";

/** Writes both addresses, each readable by the owner alone. */
export function writeStateFiles(
  directory: string,
  state: { readonly lab: LabAddress; readonly control: Omit<ControlAddress, "supervisorStartedAt"> },
): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const control: ControlAddress = {
    ...state.control,
    supervisorStartedAt: readProcessStart(state.control.supervisorPid),
  };
  for (const [name, content] of [
    [CONTROL_FILE, control],
    [LAB_FILE, state.lab],
  ] as const) {
    const path = join(directory, name);
    // An old file would keep its mode.
    rmSync(path, { force: true });
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  }
}

/** Removes both; the log stays until the next start. */
export function removeStateFiles(directory: string): void {
  for (const name of [LAB_FILE, CONTROL_FILE]) rmSync(join(directory, name), { force: true });
}

function readJsonFile(path: string): Partial<Record<string, unknown>> | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Address of the lab running under a state directory; undefined when there is none, or only the files of a dead one.
 */
export function readControlAddress(directory: string): ControlAddress | undefined {
  const read = readJsonFile(join(directory, CONTROL_FILE));
  if (read === undefined) return undefined;
  const { controlUrl, controlToken, supervisorPid, supervisorStartedAt, postgresPid, databaseDirectory } = read;
  if (
    typeof controlUrl !== "string" ||
    typeof controlToken !== "string" ||
    typeof supervisorPid !== "number" ||
    typeof supervisorStartedAt !== "string" ||
    typeof postgresPid !== "number" ||
    typeof databaseDirectory !== "string"
  )
    return undefined;
  if (!isOwnerAlive({ pid: supervisorPid, startedAt: supervisorStartedAt })) return undefined;
  return { controlUrl, controlToken, supervisorPid, supervisorStartedAt, postgresPid, databaseDirectory };
}

/** Address of the lab, for agents and clients. */
export function readLabAddress(directory: string): LabAddress {
  const read = readJsonFile(join(directory, LAB_FILE));
  const { url, actionToken, instance } = read ?? {};
  if (typeof url !== "string" || typeof actionToken !== "string" || typeof instance !== "string") {
    throw new LabError("E_LAB_NOT_RUNNING", `no lab runs under \`${directory}\``, "start one with `npm run lab -- up`");
  }
  return { url, actionToken, instance };
}
