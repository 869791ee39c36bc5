import type { Durability } from "../../src/core/run/due/durability.ts";
import type { Commit } from "../commits.ts";

/** A log in memory. It loses what a kill or a power cut would lose. */
export interface SimulatedStore {
  readonly commits: Commit[];
  /** Commits that survive a kill. */
  writtenCount: number;
  /** Commits that survive a power cut. */
  syncedCount: number;
  /** The disk is full: the next commit is refused, and nothing of it is kept. */
  isFull: boolean;
}

/** A log without records. */
export function createStore(): SimulatedStore {
  return { commits: [], writtenCount: 0, syncedCount: 0, isFull: false };
}

/**
 * Appends one decision, all or nothing. Writing or syncing it also writes or syncs everything before it. False if the
 * disk is full.
 */
export function appendCommit(store: SimulatedStore, commit: Commit, durability: Durability): boolean {
  if (store.isFull) {
    store.isFull = false;
    return false;
  }
  store.commits.push(commit);
  if (durability !== "trailing") writeOut(store);
  if (durability === "synced") store.syncedCount = store.commits.length;
  return true;
}

/** Writes what trails, because no other commit came along in time. */
export function writeOut(store: SimulatedStore): void {
  store.writtenCount = store.commits.length;
}

/**
 * What is lost: with the process, what was not written; with the power, what was not synced, or the later half of it.
 */
export type Loss = "unwritten" | "unsynced" | "half_unsynced";

/** The process is killed, or the power is cut. True if anything was lost. */
export function loseTail(store: SimulatedStore, loss: Loss): boolean {
  const kept = keptCount(store, loss);
  const isLost = store.commits.length > kept;
  store.commits.length = kept;
  store.writtenCount = kept;
  if (loss !== "unwritten") store.syncedCount = kept;
  return isLost;
}

function keptCount({ writtenCount, syncedCount }: SimulatedStore, loss: Loss): number {
  switch (loss) {
    case "unwritten":
      return writtenCount;
    case "unsynced":
      return syncedCount;
    case "half_unsynced":
      return syncedCount + Math.floor((writtenCount - syncedCount) / 2);
  }
}
