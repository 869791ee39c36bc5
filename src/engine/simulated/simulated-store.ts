import type { EventDurability } from "../../core/run/durability.ts";
import type { Event } from "../../core/run/event.ts";

/** One decision's events as stored: all of them or none (I18). */
export interface Commit {
  readonly events: readonly Event[];
  readonly atMs: number;
  readonly epoch: number;
}

/** A log in memory that loses what a power cut would lose. */
export interface SimulatedStore {
  readonly commits: Commit[];
  /** Commits that survive a power cut. */
  syncedCount: number;
  /** The disk is full: the next commit is refused, and nothing of it is kept. */
  isFull: boolean;
}

/** A log without records. */
export function createStore(): SimulatedStore {
  return { commits: [], syncedCount: 0, isFull: false };
}

/** Appends one decision, all of it or nothing; a synced commit takes everything before it along. False where the disk is full. */
export function appendCommit(store: SimulatedStore, commit: Commit, durability: EventDurability): boolean {
  if (store.isFull) {
    store.isFull = false;
    return false;
  }
  store.commits.push(commit);
  if (durability === "synced") store.syncedCount = store.commits.length;
  return true;
}

/** What a power cut leaves of what was not synced: nothing, or the first half; the commit it was torn in the middle of is gone. */
export type PowerCut = "all_lost" | "half_lost";

/** The power is cut: what was not synced is gone, or its end is. */
export function cutPower(store: SimulatedStore, cut: PowerCut): number {
  const unsynced = store.commits.length - store.syncedCount;
  const lost = cut === "all_lost" ? unsynced : Math.ceil(unsynced / 2);
  store.commits.length -= lost;
  store.syncedCount = store.commits.length;
  return lost;
}
