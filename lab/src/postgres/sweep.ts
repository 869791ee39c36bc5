import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DIRECTORY_PREFIX, temporaryParents } from "./install.ts";

const END_TIMEOUT_MS = 2_000;
const UNMARKED_AGE_MS = 3_600_000;

/** Who owns a directory: process id and, where the system tells, when that process started (ids are reused). */
export interface Owner {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * Fields of /proc/PID/stat after the name, which stands in parentheses and may contain anything; empty without /proc.
 */
function readStatFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** Start time of a process in clock ticks since boot, or "" where /proc does not exist. */
export function readProcessStart(pid: number): string {
  return readStatFields(pid)[19] ?? "";
}

/**
 * Whether a process with this id runs. One that has ended and that nobody has waited for does not: some containers
 * never do.
 */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readStatFields(pid)[0] !== "Z";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Whether the very process that was recorded still runs. */
export function isOwnerAlive(owner: Owner): boolean {
  return isProcessAlive(owner.pid) && (owner.startedAt === "" || readProcessStart(owner.pid) === owner.startedAt);
}

/** Marks a directory as ours. */
export function writeOwner(directory: string, owner: Owner): void {
  writeFileSync(join(directory, "owner.json"), JSON.stringify(owner));
}

function readOwner(directory: string): Owner | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(directory, "owner.json"), "utf8"));
    if (typeof parsed !== "object" || parsed === null || !("pid" in parsed) || !("startedAt" in parsed))
      return undefined;
    return typeof parsed.pid === "number" && typeof parsed.startedAt === "string"
      ? { pid: parsed.pid, startedAt: parsed.startedAt }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The server still running on a data directory, if any; only when its command line proves it is ours. */
function findServerPid(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, "data/postmaster.pid"), "utf8").split("\n")[0]);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return command.includes(directory) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Ends a server and waits for it, so that it writes nothing while its files are removed. */
function endServer(pid: number): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    process.kill(pid, signal);
    for (let waitedMs = 0; waitedMs < END_TIMEOUT_MS && isProcessAlive(pid); waitedMs += 20)
      Atomics.wait(sleeper, 0, 0, 20);
    if (!isProcessAlive(pid)) return;
  }
}

/** Removes a directory, its owner's mark last: a removal that is cut short can be taken up again. */
function removeDirectory(directory: string): boolean {
  try {
    for (const name of ["data", "native", "."])
      rmSync(join(directory, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    return true;
  } catch {
    // Another lab is sweeping the same directory, or files still appear in it: the next sweep will do it.
    return false;
  }
}

function isLeftover(directory: string): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined || stat.uid !== process.getuid?.()) return false;
  const owner = readOwner(directory);
  // Without an owner it may be one that is being made right now: only an hour makes it a leftover.
  return owner === undefined ? Date.now() - stat.mtimeMs > UNMARKED_AGE_MS : !isOwnerAlive(owner);
}

/**
 * Removes what labs left behind whose supervisor and guardian were both killed: their servers and directories.
 *
 * @returns the directories removed
 */
export function sweepLeftovers(): string[] {
  const directories = temporaryParents().flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith(DIRECTORY_PREFIX))
      .map((name) => join(parent, name)),
  );
  return directories.filter((directory) => {
    if (!isLeftover(directory)) return false;
    const serverPid = findServerPid(directory);
    if (serverPid !== undefined) endServer(serverPid);
    return removeDirectory(directory);
  });
}
