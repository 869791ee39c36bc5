import type { Problem } from "../../value/codes.ts";
import type { Event } from "./event.ts";
import type { RunState, SiteState } from "./state.ts";

/**
 * What the kernel makes of one input. All `events` go into one commit at `atMs`, the greatest time ever seen, so the
 * log's clock never goes backwards. `site` and `run` are the states after the events, exactly as folding them gives. A
 * driver keeps them once the commit is durable, and drops them if it fails.
 */
export type Decision =
  | {
      readonly kind: "accepted";
      readonly atMs: number;
      readonly events: readonly Event[];
      readonly site: SiteState;
      readonly run: RunState | null;
    }
  | {
      readonly kind: "refused";
      readonly problem: Problem;
      readonly atMs: number;
      /** One `input_refused`, which records who asked for what. */
      readonly events: readonly Event[];
      readonly site: SiteState;
      readonly run: RunState | null;
    };
