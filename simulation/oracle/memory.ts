import type { Plan } from "../../src/core/plan/plan.ts";
import type { Decision } from "../../src/core/run/words/decision.ts";
import type { Event } from "../../src/core/run/words/event.ts";
import type { Authorization, Input } from "../../src/core/run/words/input.ts";
import type { Commit } from "../commits.ts";
import type { World } from "../world.ts";

/**
 * An attempt as recorded, and when. `hasEnded`: the operation that its key started has ended, by its system's word.
 * `cannotLand`: a person asked for another one once its target's bound on landing was over.
 */
export interface JudgedAttempt {
  readonly n: number;
  readonly key: string;
  status: string;
  hasEnded: boolean;
  readonly atMs: number;
  cannotLand: boolean;
}

/** What the oracle remembers of one run. */
export interface RunMemory {
  readonly beforeLevels: Map<string, number>;
  /** The level of each box as this run last knew it: the pinned one, then the one its own verified writes left. */
  readonly knownLevels: Map<string, number | null>;
  /** The level of a step's box just before its first intent. */
  readonly levelsBeforeStep: Map<string, number>;
  /** Attempts as recorded in events, by step and direction. */
  readonly attempts: Map<string, JudgedAttempt[]>;
  readonly landings: Map<string, number>;
  /** Steps that touched the world, in the order in which they were settled. */
  readonly touched: string[];
  readonly undone: string[];
  /** What ran after undos. */
  readonly thenRan: string[];
  /** Touched steps that have no undo of their own, by what puts them right instead. */
  readonly covered: Map<string, string>;
  readonly settled: Map<string, string>;
  readonly failed: Set<string>;
  /** Efforts, by step and direction, of which the target itself said that they are done. */
  readonly acknowledged: Set<string>;
  /** Steps that were read back as done or undone although it had not said so. */
  readonly unacknowledged: Set<string>;
  readonly doubtful: Set<string>;
  /** Operations whose id the run has recorded. */
  readonly operations: Set<string>;
  /** Steps that a person has settled. The person answers for whatever lands there afterwards (I11). */
  readonly byPerson: Set<string>;
  /** Steps that are as they are on a person's word that nothing read back. */
  readonly onWord: Set<string>;
  lastReading: Extract<Input, { readonly kind: "observed" }> | null;
  callCount: number;
  costUsd: number;
  isDraining: boolean;
  isCompensating: boolean;
  isKilled: boolean;
  end: Extract<Event, { readonly kind: "run_ended" }> | null;
}

/** Everything the oracle remembers, and what it found. */
export interface Oracle {
  readonly violations: string[];
  readonly runs: Map<string, RunMemory>;
  readonly usedApprovals: Set<string>;
  readonly locks: Map<string, string>;
  readonly frozen: Set<string>;
  lastAtMs: number;
  /** Somebody outside has set a box, so its level proves nothing any more. */
  isMeddled: boolean;
  /** Remembers without judging. True while the commits that survived a crash are told again. */
  isMuted: boolean;
}

/** A run as the oracle knows it: what was approved to run. */
export interface KnownRun {
  readonly runId: string;
  readonly plan: Plan;
  readonly authorization: Authorization;
}

/** A log as the oracle sees it. */
export interface JudgedLog {
  readonly commits: readonly Commit[];
  /** Commits that survive a power cut. */
  readonly syncedCount: number;
}

/** One decision, and everything the oracle judges it by. */
export interface Judged {
  readonly world: World;
  readonly run: KnownRun | null;
  readonly input: Input;
  readonly decision: Decision;
  /** Whether the command that a reading answers was due when the answer came. */
  readonly wasDue: boolean;
  /** Whether the engine has taken the run over. What it decides before that is for no engine to carry out. */
  readonly isTaken: boolean;
}

/** An oracle that has seen nothing. */
export function createOracle(): Oracle {
  return {
    violations: [],
    runs: new Map(),
    usedApprovals: new Set(),
    locks: new Map(),
    frozen: new Set(),
    lastAtMs: 0,
    isMeddled: false,
    isMuted: false,
  };
}

/** Notes a broken claim. */
export function claim(oracle: Oracle, holds: boolean, invariant: string, message: string): void {
  if (!holds && !oracle.isMuted) oracle.violations.push(`${invariant}: ${message}`);
}

/** The oracle's memory of a run. */
export function memoryOf(oracle: Oracle, runId: string): RunMemory {
  let memory = oracle.runs.get(runId);
  if (memory === undefined) {
    memory = {
      beforeLevels: new Map(),
      knownLevels: new Map(),
      levelsBeforeStep: new Map(),
      attempts: new Map(),
      landings: new Map(),
      touched: [],
      undone: [],
      thenRan: [],
      covered: new Map(),
      settled: new Map(),
      failed: new Set(),
      acknowledged: new Set(),
      unacknowledged: new Set(),
      doubtful: new Set(),
      operations: new Set(),
      byPerson: new Set(),
      onWord: new Set(),
      lastReading: null,
      callCount: 0,
      costUsd: 0,
      isDraining: false,
      isCompensating: false,
      isKilled: false,
      end: null,
    };
    oracle.runs.set(runId, memory);
  }
  return memory;
}

/** A copy that can remember something else from here on. */
export function cloneOracle(oracle: Oracle): Oracle {
  return {
    ...oracle,
    violations: [...oracle.violations],
    runs: new Map([...oracle.runs].map(([runId, memory]) => [runId, cloneMemory(memory)])),
    usedApprovals: new Set(oracle.usedApprovals),
    locks: new Map(oracle.locks),
    frozen: new Set(oracle.frozen),
  };
}

function cloneMemory(memory: RunMemory): RunMemory {
  return {
    ...memory,
    beforeLevels: new Map(memory.beforeLevels),
    knownLevels: new Map(memory.knownLevels),
    levelsBeforeStep: new Map(memory.levelsBeforeStep),
    attempts: new Map(
      [...memory.attempts].map(([key, attempts]) => [key, attempts.map((attempt) => ({ ...attempt }))]),
    ),
    landings: new Map(memory.landings),
    touched: [...memory.touched],
    undone: [...memory.undone],
    thenRan: [...memory.thenRan],
    covered: new Map(memory.covered),
    settled: new Map(memory.settled),
    failed: new Set(memory.failed),
    acknowledged: new Set(memory.acknowledged),
    unacknowledged: new Set(memory.unacknowledged),
    doubtful: new Set(memory.doubtful),
    operations: new Set(memory.operations),
    byPerson: new Set(memory.byPerson),
    onWord: new Set(memory.onWord),
  };
}
