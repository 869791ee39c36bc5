import type { Event } from "../../src/core/run/words/event.ts";
import type { Attempt, Reply } from "../../src/core/run/words/input.ts";
import type { RunState } from "../../src/core/run/words/state.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { ChoiceTape } from "../choice-tape.ts";
import type { KnownRun, Oracle } from "../oracle/memory.ts";
import type { AirCall, World } from "../world.ts";
import type { Disk, LoopStore } from "./disk.ts";

/** A schedule of the engine's loop as it stands: what outlives processes, and the processes. */
export interface Loop {
  readonly world: World;
  readonly disk: Disk;
  readonly oracle: Oracle;
  readonly runs: readonly LoopRun[];
  /** Every call that has left, in order. */
  readonly calls: Call[];
  /** Kinds of trouble this schedule has. */
  readonly storms: readonly number[];
  /** How many runs that ended an engine keeps. */
  readonly endedCountMax: number;
  readonly transitions: Map<string, number>;
  now: Process;
  /** Processes that were replaced and are not gone: closed, or only paused and unaware of it. */
  zombies: Process[];
  /** What the engine's own questions are answered by. */
  tape: ChoiceTape;
  /** When time began to pass only because nothing else could happen: what the engine does now, it does by itself. */
  patientSinceMs: number | null;
}

/** A run, and whether the engine has been asked to start it. */
export interface LoopRun extends KnownRun {
  isAsked: boolean;
  /** A start was refused: it is not tried again. */
  isRefused: boolean;
}

/** A process: the real engine, its store, and everything it waits for. */
export interface Process {
  readonly engine: Engine;
  readonly store: LoopStore;
  /** How many commits it found. */
  readonly firstCommit: number;
  /** The events that led to a state. */
  readonly decided: WeakMap<RunState, readonly Event[]>;
  /** Events that it was told of as durable, in order. */
  readonly told: Event[];
  /** Attempts that have left it. */
  readonly sent: Set<string>;
  /** Attempts at writes that were answered while it worked. */
  readonly answered: Attempt[];
  readings: Reading[];
  sleepers: Sleeper[];
  /** Answers to the question whether a run still stands, held back. */
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
  readonly answer: (reply: Reply) => void;
}

/** A reading of one box on its way; `taken` is what it saw, if it was seen and not delivered. */
export interface Reading {
  readonly box: string;
  readonly answer: (reply: Reply) => void;
  taken: JsonValue | null;
}

/** Somebody who sleeps, on the world's monotonic clock. */
export interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}
