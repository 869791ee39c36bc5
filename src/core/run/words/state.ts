import type { Principal } from "../../approval/approval.ts";
import type { Problem } from "../../value/codes.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { PersistentMap } from "../collections/persistent-map.ts";
import type { PersistentVector } from "../collections/persistent-vector.ts";
import type { PreparedRun } from "../ready/prepare.ts";
import type { SendCommand } from "./command.ts";
import type { DrainGoal, RunOutcome } from "./event.ts";
import type { Authorization, ObservedObject } from "./input.ts";

/**
 * One run: the fold of its events over the prepared plan. Plain data but for `prepared`, which is a pure function of the
 * plan. Everything an event changes is shared or small, so that the cost of an event does not grow with the plan. A step that has
 * come up and is not over is in `calls`, or it is one of the `others`.
 */
export interface RunState {
  readonly prepared: PreparedRun;
  readonly phase: RunPhase;
  readonly steps: PersistentVector<StepState>;
  /** Calls under way, at most `inFlightMax`, in the order in which they came up. */
  readonly calls: readonly number[];
  /** Calls that wait for nothing but a place in `calls`: pending, for none. */
  readonly queue: Queue;
  readonly others: Others;
  /** Steps that came up with the last event: their `when` has not been evaluated yet. */
  readonly entered: readonly number[];
  /** Calls in doubt; while there is one, no new forward intent is written. */
  readonly doubtCount: number;
  /** Calls that something happens to at a time: held, or about to be tried again. */
  readonly timedCount: number;
  /** Writes that changed the world, newest first: reversed causal order. */
  readonly touched: Chain | null;
  /** Each pinned or written object as we last knew it with certainty: the pin, then what our own verified write left. */
  readonly baselines: PersistentVector<ObservedObject | null>;
  readonly authorization: Authorization | null;
  readonly owner: string;
  readonly locks: readonly string[];
  readonly epoch: number;
  readonly deadlineMs: number;
  readonly spent: Spent;
  /** The greatest time ever seen; it never goes back. */
  readonly lastSeenMs: number;
}

/** What was used of the plan's bounds. */
export interface Spent {
  /** Steps begun: waits, questions and calls; none twice, however often a call was tried. */
  readonly stepCount: number;
  readonly callCount: number;
  readonly writeCount: number;
  readonly outputBytes: number;
  readonly costUsd: number;
}

/** A linked list, newest first. */
export interface Chain {
  readonly index: number;
  readonly rest: Chain | null;
}

/** First in, first out: taken from `front`, whose first batch is used up to `at`, put on `back`, which is turned round when `front` is used up. */
export interface Queue {
  readonly front: Batch | null;
  readonly at: number;
  readonly back: Batch | null;
}

/** Indexes that came in together, at least one, and the batches behind them. */
export interface Batch {
  readonly indexes: readonly number[];
  readonly rest: Batch | null;
}

/** Steps that are no calls and have come up: waits, questions, endings. There may be as many as the plan has. */
export interface Others {
  /** How many of them are not over. */
  readonly count: number;
  /** When waits and questions are over; the first one is awaited still. */
  readonly timers: Timers | null;
  /** The `end` that has come up, or `null`. */
  readonly ending: number | null;
  /** All that came up since the run began, newest first. */
  readonly all: Chain | null;
}

/** A heap by time: the earliest is on top. `rank` is the length of the way down on the right. */
export interface Timers {
  readonly atMs: number;
  readonly index: number;
  readonly rank: number;
  readonly left: Timers | null;
  readonly right: Timers | null;
}

export type RunPhase =
  | { readonly kind: "created" }
  | { readonly kind: "running"; readonly sinceMs: number }
  /** No new forward intent; `then` follows when everything in flight has settled. */
  | {
      readonly kind: "draining";
      readonly sinceMs: number;
      readonly then: DrainGoal;
      readonly problem: Problem | null;
      readonly by: Principal | null;
      readonly reason?: string;
    }
  /** Undoing `order[position]`. */
  | {
      readonly kind: "compensating";
      readonly sinceMs: number;
      readonly order: readonly number[];
      readonly position: number;
    }
  /** As compensating, but a person has to act first. Keeps its locks. */
  | {
      readonly kind: "dirty";
      readonly sinceMs: number;
      readonly order: readonly number[];
      readonly position: number;
      readonly owner: string;
      readonly dueAtMs: number;
      readonly problem: Problem;
    }
  /** No command at all; ends once nothing is in the air, or when a person closes it. */
  | { readonly kind: "killed"; readonly sinceMs: number; readonly by: Principal; readonly reason: string }
  | {
      readonly kind: "ended";
      readonly atMs: number;
      readonly outcome: RunOutcome;
      readonly reason: string;
      readonly wrote: readonly string[];
    };

/**
 * One step. `serial` counts the states a step went through that wait for a reading, so that an answer to an older command is
 * never taken for one to the newer.
 */
export type StepState =
  /** Waits for others; for none once all it waited for are over and every place among the calls under way is taken. */
  | { readonly kind: "pending"; readonly waitingFor: number }
  /** Its `when` holds; what it needs first is a reading, a slot, or its siblings' end. */
  | {
      readonly kind: "ready";
      readonly serial: number;
      readonly sinceMs: number;
      readonly attempts: readonly AttemptState[];
    }
  | {
      readonly kind: "held";
      readonly serial: number;
      readonly sinceMs: number;
      readonly untilMs: number | null;
      readonly problem: Problem;
      readonly attempts: readonly AttemptState[];
    }
  | { readonly kind: "waiting"; readonly sinceMs: number; readonly untilMs: number }
  | { readonly kind: "asking"; readonly sinceMs: number; readonly untilMs: number; readonly question: string }
  | EffortState
  | { readonly kind: "settled"; readonly outcome: string; readonly output: JsonValue; readonly done: Done | null }
  | {
      readonly kind: "failed";
      readonly outcome: "failed" | null;
      readonly touched: boolean;
      readonly problem: Problem;
      readonly done: Done | null;
    }
  | { readonly kind: "skipped" }
  /** Came up, and nothing of it was ever sent. */
  | { readonly kind: "abandoned" }
  | {
      readonly kind: "undo_ready";
      readonly serial: number;
      readonly sinceMs: number;
      readonly attempts: readonly AttemptState[];
      readonly done: Done;
    }
  | { readonly kind: "undone"; readonly how: "undone" | "nothing_happened" | "by_person" };

/** What is kept of a write that touched the world until the run is over, and for every one: no more than its undo needs. */
export interface Done {
  /** The world just before it. */
  readonly baseline: readonly ObservedObject[];
}

/** A step with an effect that is under way, in either direction; `done` is the forward effort an undo takes back. */
export type EffortState = {
  readonly serial: number;
  readonly sinceMs: number;
  readonly effort: Effort;
  readonly done: Done | null;
} /** A call is in the air. */ & (
  | { readonly kind: "sent"; readonly command: SendCommand }
  /** A try failed; the next is due at `untilMs`: the same key again where one may have landed, a fresh start where none has. */
  | { readonly kind: "backing_off"; readonly untilMs: number; readonly mayHaveLanded: boolean }
  /** The target said done; its word is not enough (I20). */
  | { readonly kind: "verifying"; readonly untilMs: number }
  | { readonly kind: "in_doubt"; readonly owner: string; readonly dueAtMs: number; readonly problem: Problem }
);

/** All tries at a step in one direction, under one key. */
export interface Effort {
  readonly key: string;
  readonly access: "read" | "write";
  readonly args: readonly { readonly name: string; readonly value: JsonValue }[];
  /** The world just before the first try that may have landed. */
  readonly baseline: readonly ObservedObject[];
  readonly attempts: readonly AttemptState[];
  /** Output of the try that was applied, kept only where a later argument needs it. */
  readonly output: JsonValue;
}

/** What is known of one try; `open` and `unknown` ones may still land. */
export interface AttemptState {
  readonly n: number;
  readonly epoch: number;
  readonly status: "open" | "applied" | "not_applied" | "unknown";
}

/** What all runs share: the fold of the whole log. */
export interface SiteState {
  /** Lock name to the run that holds it. */
  readonly locks: PersistentMap<string>;
  /** Runs that have started and not ended. */
  readonly openRuns: PersistentMap<true>;
  /** Frozen scopes, sorted. */
  readonly freezes: readonly {
    readonly scope: string;
    readonly by: Principal;
    readonly reason: string;
    readonly sinceMs: number;
  }[];
  /** Used approvals, by id. */
  readonly usedApprovals: PersistentMap<string>;
  readonly rejectedPlans: PersistentMap<true>;
  readonly grants: PersistentMap<GrantState>;
  /** Times of the last intents of an action on a target, oldest first. */
  readonly paces: PersistentMap<readonly number[]>;
  readonly epoch: number;
  /** The greatest time ever seen. */
  readonly lastSeenMs: number;
}

/** What is left of a grant. */
export interface GrantState {
  readonly writeCountLeft: number;
  readonly costUsdLeft: number;
  readonly expiresAtMs: number;
}
