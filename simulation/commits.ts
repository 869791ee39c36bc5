import type { Event } from "../src/core/run/words/event.ts";

/** One decision's events as stored: all of them or none (I18). */
export interface Commit {
  readonly events: readonly Event[];
  readonly atMs: number;
  readonly epoch: number;
}
