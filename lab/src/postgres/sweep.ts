import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DIRECTORY_PREFIX, temporaryParents } from "./install.ts";

/** Who owns a directory: process id and, where the system tells, when that process started (ids are reused). */
export interface Owner { readonly pid: number; readonly startedAt: string }

/** Start time of a process in clock ticks since boot, or "" where /proc does not exist. */
export function readProcessStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses that may contain anything; starttime is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/** Whether a process with this id runs. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
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
    if (typeof parsed !== "object" || parsed === null || !("pid" in parsed) || !("startedAt" in parsed)) return undefined;
    return typeof parsed.pid === "number" && typeof parsed.startedAt === "string" ? { pid: parsed.pid, startedAt: parsed.startedAt } : undefined;
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

/**
 * Removes what labs left behind whose supervisor and guardian were both killed: their servers and directories.
 *
 * @returns the directories removed
 */
export function sweepLeftovers(): string[] {
  const removed: string[] = [];
  for (const parent of temporaryParents()) {
    for (const name of readdirSync(parent).filter((entry) => entry.startsWith(DIRECTORY_PREFIX))) {
      const directory = join(parent, name);
      const isOurs = statSync(directory, { throwIfNoEntry: false })?.uid === process.getuid?.();
      const owner = readOwner(directory);
      // Without an owner it may be one that is being made right now: only an hour makes it a leftover.
      const isOld = Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 3_600_000;
      if (!isOurs || (owner === undefined ? !isOld : isOwnerAlive(owner))) continue;
      const serverPid = findServerPid(directory);
      if (serverPid !== undefined) process.kill(serverPid, "SIGQUIT");
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      removed.push(directory);
    }
  }
  return removed;
}
