import { recall } from "../oracle/judge.ts";
import { openProcess } from "./process.ts";
import type { Loop } from "./state.ts";

/** How a process ends, and what that leaves on the disk. */
export type Departure =
  /** What was handed over but not written is lost. */
  | "killed"
  /** What was not synced is lost. */
  | "power_cut"
  /** Like `power_cut`, but half of what was not synced had reached the disk. */
  | "half_power_cut"
  /** It is only paused, and goes on later without knowing that it was replaced. */
  | "paused"
  /** It is closed in good order. */
  | "closed";

/**
 * Ends the process at this very moment, and another one opens what it left. After `closed`, that happens once the
 * process has closed.
 */
export function replace(loop: Loop, how: Departure): void {
  const { now, disk, world } = loop;
  now.mode = how === "closed" ? "closed" : how === "paused" ? "replaced" : "gone";
  now.replacedAtMs = world.monotonicMs;
  if (now.mode !== "gone") loop.zombies.push(now);
  // The power goes for every process.
  if (how === "power_cut" || how === "half_power_cut") {
    for (const zombie of loop.zombies) zombie.mode = "gone";
    loop.zombies = [];
    disk.memory.losePower(how === "power_cut" ? 0 : Math.floor(disk.memory.unsyncedCount() / 2));
  }
  if (how === "closed") void now.engine.close();
  else reopen(loop);
}

/** Another process opens what the earlier ones left. */
export function reopen(loop: Loop): void {
  openProcess(loop);
  const { oracle, world, runs, disk, now } = loop;
  recall(oracle, { world, runs, commits: disk.commits, site: now.engine.site });
}
