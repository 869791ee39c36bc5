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
}

/** A log without records. */
export function createStore(): SimulatedStore {
  return { commits: [], syncedCount: 0 };
}

/** Appends one decision; a synced commit takes everything before it along. */
export function appendCommit(store: SimulatedStore, commit: Commit, durability: EventDurability): void {
  store.commits.push(commit);
  if (durability === "synced") store.syncedCount = store.commits.length;
}

/** The power is cut: what was not synced is gone. */
export function cutPower(store: SimulatedStore): number {
  const lost = store.commits.length - store.syncedCount;
  store.commits.length = store.syncedCount;
  return lost;
}
