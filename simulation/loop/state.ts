import type { Event } from "../../src/core/run/words/event.ts";
import type { Attempt, Reply } from "../../src/core/run/words/input.ts";
import type { RunState } from "../../src/core/run/words/state.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { ChoiceTape } from "../choice-tape.ts";
import type { KnownRun, Oracle } from "../oracle/memory.ts";
import type { AirCall, World, WorldOperation } from "../world.ts";
import type { Disk, LoopStore } from "./disk.ts";

/** The state of a schedule of the engine's loop: what outlives processes, and the processes. */
export interface Loop {
  readonly world: World;
  readonly disk: Disk;
  readonly oracle: Oracle;
  readonly runs: readonly LoopRun[];
  /** Every call that has left, in order. */
  readonly calls: Call[];
  /** Kinds of trouble that this schedule has. */
  readonly storms: readonly number[];
  /** The targets going dark, if they do in this schedule: from which step on, and how. */
  readonly darkness: Darkness | null;
  /**
   * Whether the targets are dark now. Then no call and no reading is answered any more: each hangs, or each fails. It
   * ends when people put things right.
   */
  isDark: boolean;
  /** How many ended runs an engine keeps. */
  readonly endedCountMax: number;
  readonly transitions: Map<string, number>;
  now: Process;
  /** Processes that were replaced but are not gone: closed, or only paused and unaware of it. */
  zombies: Process[];
  /** The tape that answers the engine's own questions. */
  tape: ChoiceTape;
  /** Since when time has passed only because nothing else could happen. What the engine does now, it does by itself. */
  patientSinceMs: number | null;
}

/** How the targets go dark. */
export interface Darkness {
  readonly fromStep: number;
  readonly how: "hangs" | "fails";
}

/** A run, and whether the engine has been asked to start it. */
export interface LoopRun extends KnownRun {
  isAsked: boolean;
  /** Its start was refused and is not tried again. */
  isRefused: boolean;
}

/** A process: the real engine, its store, and everything that it waits for. */
export interface Process {
  readonly engine: Engine;
  readonly store: LoopStore;
  /** The number of commits that it found. */
  readonly firstCommit: number;
  /** The events that led to a state. */
  readonly decided: WeakMap<RunState, readonly Event[]>;
  /** Events that it was told are durable, in order. */
  readonly told: Event[];
  /** Attempts that have left it. */
  readonly sent: Set<string>;
  /** Attempts at writes that were answered while it worked. */
  readonly answered: Attempt[];
  readings: Reading[];
  questions: Question[];
  sleepers: Sleeper[];
  /** Answers to whether a run may go on, which the schedule holds back. */
  standings: (() => void)[];
  /** Questions whether a run rests, by run. */
  readonly rests: Map<string, { isTold: boolean }>;
  /** `replaced`: paused while another took over. `gone`: killed, and nothing reaches it any more. */
  mode: "working" | "replaced" | "closed" | "gone";
  /** When it was replaced, in the world's time. */
  replacedAtMs: number | null;
}

/** A call that has left a process. */
export interface Call {
  readonly air: AirCall;
  readonly by: Process;
  readonly signal: AbortSignal;
  /** When the engine stops waiting for an answer, in the world's time. */
  readonly cutAtMs: number;
  readonly answer: (reply: Reply) => void;
}

/** A reading of one box that is under way. `taken` is what it saw, if that has not been delivered yet. */
export interface Reading {
  readonly box: string;
  readonly answer: (reply: Reply) => void;
  taken: JsonValue | null;
}

/** A question about an operation that is under way. */
export interface Question {
  readonly purpose: "ask" | "cancel";
  readonly operation: WorldOperation;
  readonly answer: (reply: Reply) => void;
}

/** A timer on the world's monotonic clock. */
export interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}
