import type { Principal } from "../../approval/approval.ts";
import type { FactValue } from "../../domain/domain.ts";
import type { Covered } from "../../plan/branches/way-back.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { Chain } from "../collections/chain.ts";
import { mapGet, type PersistentMap } from "../collections/persistent-map.ts";
import type { PersistentVector } from "../collections/persistent-vector.ts";
import type { Queue } from "../collections/queue.ts";
import type { Timers } from "../collections/timers.ts";
import type { DrainGoal, RunOutcome } from "./event.ts";
import type { Authorization } from "./input.ts";
import type { PreparedRun } from "./prepared.ts";
import type { PreparedInvariants } from "./prepared-invariants.ts";
import type { StepState } from "./step.ts";

/**
 * One run: the fold of its events over the prepared plan. All of it is plain data except `prepared`, which is a pure
 * function of the plan. Everything an event changes is shared or small, so the cost of an event does not grow with the
 * plan. A step that has come up and is not over is in `calls`, or it is one of the `others`.
 */
export interface RunState {
  readonly prepared: PreparedRun;
  readonly phase: RunPhase;
  readonly steps: PersistentVector<StepState>;
  /** Calls under way, at most `inFlightMax`, in the order in which they came up. */
  readonly calls: readonly number[];
  /** Calls that wait only for a place in `calls`. Their state is `pending` with `waitingFor` 0. */
  readonly queue: Queue;
  readonly others: Others;
  /** Steps that came up with the last event. Their `when` is still to be evaluated. */
  readonly entered: readonly number[];
  /** Calls in doubt. While there is one, no new forward intent is written. */
  readonly doubtCount: number;
  /** Calls that may have a timer: those held, and those about to be tried again. */
  readonly timedCount: number;
  /** Of each fleet whose failures a barrier counts: how many of its steps have failed. */
  readonly failedCounts: readonly number[];
  /** Writes that changed the world, newest first: the order in which they are undone. */
  readonly touched: Chain | null;
  /**
   * Each pinned or written object as we last knew it for certain: as pinned, later as our own verified write left it.
   */
  readonly baselines: PersistentVector<ObservedObject | null>;
  /** What the run knows of the invariants of its plan; `null` where it holds none. */
  readonly held: HeldState | null;
  readonly authorization: Authorization | null;
  readonly owner: string;
  readonly locks: readonly string[];
  readonly epoch: number;
  readonly deadlineMs: number;
  readonly spent: Spent;
  /** The greatest time ever seen; it never goes back. */
  readonly lastSeenMs: number;
}

/** What a run knows of the invariants of its plan. */
export interface HeldState {
  /** A part of `prepared`. */
  readonly rules: PreparedInvariants;
  /** By the place of a fact in `PreparedInvariants.facts`: its value as it was last read; `null` if it is not known. */
  readonly known: PersistentVector<FactValue | null>;
  /** By condition: whether it was false when the plan was made and has not been seen to hold since. */
  readonly excused: PersistentVector<boolean>;
  /** The conditions that broke during the run and were not seen to hold again, in the order in which they broke. */
  readonly broken: readonly BrokenPart[];
}

/** A condition that broke during a run. */
export interface BrokenPart {
  /** Its place among the conditions of the plan's invariants. */
  readonly part: number;
  readonly stepId: string;
}

/** How much of the plan's bounds is used. */
interface Spent {
  /** Waits, questions and calls begun. A call counts once, however often it is tried. */
  readonly stepCount: number;
  readonly callCount: number;
  readonly writeCount: number;
  readonly outputBytes: number;
  readonly costUsd: number;
}

/** The steps that are not calls and have come up: waits, questions, endings. There may be as many as the plan has. */
export interface Others {
  /** How many of them are not over. */
  readonly count: number;
  /** When waits and questions are over. The first timer is always one that is still awaited. */
  readonly timers: Timers | null;
  /** The `end` that has come up, or `null`. */
  readonly ending: number | null;
  /** All of them since the run began, over or not, newest first. */
  readonly all: Chain | null;
}

/** How far a run is on its way back. */
interface WayBackPhase {
  readonly sinceMs: number;
  readonly order: readonly number[];
  readonly position: number;
  /** Touched steps that an action of the order puts right; absent where there is none. */
  readonly covered?: readonly Covered[];
}

export type RunPhase =
  | { readonly kind: "created" }
  | { readonly kind: "running"; readonly sinceMs: number }
  /** No new forward intent. `then` follows once everything in flight has settled. */
  | {
      readonly kind: "draining";
      readonly sinceMs: number;
      readonly then: DrainGoal;
      readonly problem: Problem | null;
      readonly by: Principal | null;
      readonly reason?: string;
    }
  /** Undoing `order[position]`. */
  | (WayBackPhase & { readonly kind: "compensating" })
  /** Stuck while undoing `order[position]`: a person has to act first. Keeps its locks. */
  | (WayBackPhase & {
      readonly kind: "dirty";
      readonly owner: string;
      readonly dueAtMs: number;
      readonly problem: Problem;
    })
  /** No command at all. Ends once nothing is in the air, or when a person closes it. */
  | { readonly kind: "killed"; readonly sinceMs: number; readonly by: Principal; readonly reason: string }
  | {
      readonly kind: "ended";
      readonly atMs: number;
      readonly outcome: RunOutcome;
      readonly reason: string;
      readonly wrote: readonly string[];
    };

/** A scope in which nothing new is written until somebody lifts the freeze. */
export interface Freeze {
  /** `*`, a domain, an object such as `host/h1`, or a lock. */
  readonly scope: string;
  readonly by: Principal;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** What all runs share: the fold of the whole log. */
export interface SiteState {
  /** By lock name: the run that holds it. */
  readonly locks: PersistentMap<string>;
  /** The runs that have started and not ended. */
  readonly openRuns: PersistentMap<true>;
  /** Frozen scopes, sorted. */
  readonly freezes: readonly Freeze[];
  /** By approval id: the run that used it. */
  readonly usedApprovals: PersistentMap<string>;
  /** By plan hash: its newest approval, and whether that can still start a run. */
  readonly newestApprovals: PersistentMap<NewestApproval>;
  readonly rejectedPlans: PersistentMap<true>;
  readonly grants: PersistentMap<GrantState>;
  /** By `Pace.key`: when the last intents of an action on a target were written, oldest first. */
  readonly paces: PersistentMap<readonly number[]>;
  readonly epoch: number;
  /** The greatest time ever seen. */
  readonly lastSeenMs: number;
  /** How far ahead of the machine's clock a person has accepted the log's time to be; 0 if nobody had to. */
  readonly clockLeadMs: number;
}

/** The newest approval of a plan: it replaces every older one. */
export interface NewestApproval {
  readonly approvalId: string;
  /** The first run of the plan that started after it, by whatever authorization; `null` while there is none. */
  readonly usedBy: string | null;
}

/**
 * The approval by which a plan may still start, or `null`. Only the newest approval of a plan counts, and a run of the
 * plan uses up every approval that was recorded before it started (I1).
 */
export function unusedApprovalOf(site: Pick<SiteState, "newestApprovals">, planHash: Digest): string | null {
  const newest = mapGet(site.newestApprovals, planHash);
  return newest === undefined || newest.usedBy !== null ? null : newest.approvalId;
}

/** What is left of a grant. */
export interface GrantState {
  readonly writeCountLeft: number;
  readonly costUsdLeft: number;
  readonly expiresAtMs: number;
}

/** Whether a run has ended. It then takes no input and holds no lock. */
export function isEnded(run: RunState): boolean {
  return run.phase.kind === "ended";
}
