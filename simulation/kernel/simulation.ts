import { applyRun } from "../../src/core/run/apply/apply.ts";
import { applySite, emptySite } from "../../src/core/run/apply/site.ts";
import { isQueueEmpty } from "../../src/core/run/collections/queue.ts";
import { decide } from "../../src/core/run/decide/decide.ts";
import { due, type StepCommand } from "../../src/core/run/due/due.ts";
import { dueChanges } from "../../src/core/run/due/due-changes.ts";
import { durabilityOf } from "../../src/core/run/due/durability.ts";
import type { AskCommand, Command, ObserveCommand, SendCommand } from "../../src/core/run/words/command.ts";
import type { Decision } from "../../src/core/run/words/decision.ts";
import type { Input } from "../../src/core/run/words/input.ts";
import type { RunState, SiteState } from "../../src/core/run/words/state.ts";
import { InvariantError } from "../../src/core/value/invariant.ts";
import { transitionOf } from "../happening.ts";
import { checkDecision, checkSend, recall } from "../oracle/judge.ts";
import { checkAsk } from "../oracle/judge-operation.ts";
import { claim, createOracle, type KnownRun, memoryOf, type Oracle } from "../oracle/memory.ts";
import { createdRun, planHashOf } from "../runs.ts";
import { createWorld, readBox, sendCall, type World, wallMs } from "../world.ts";
import { appendCommit, createStore, type Loss, loseTail, type SimulatedStore } from "./simulated-store.ts";

/** A run of the schedule, started or not. */
export interface SimulatedRun extends KnownRun {
  state: RunState | null;
  /** Its start was refused and is not tried again. */
  isRefused: boolean;
}

/** A reading under way in the driver. `taken` is what it saw, if that has not been delivered yet. */
export interface Reading {
  readonly command: ObserveCommand;
  readonly startedAtMs: number;
  taken: { readonly levels: ReadonlyMap<string, ReturnType<typeof readBox>>; readonly atMs: number } | null;
}

/**
 * A call that a replaced engine may still make. The engine has been gone since `sinceMs`, and a target's bound on
 * landing counts from then.
 */
export interface Orphan {
  readonly command: SendCommand;
  readonly sinceMs: number;
}

/**
 * The state of a schedule: the real kernel, a store, the world, and a driver that forgets everything when it crashes.
 */
export interface Simulation {
  readonly world: World;
  readonly store: SimulatedStore;
  readonly oracle: Oracle;
  readonly runs: SimulatedRun[];
  site: SiteState;
  /** What the driver works on. Lost with the process. */
  readings: Reading[];
  /** Questions about operations that are under way. */
  asks: AskCommand[];
  sentIds: Set<string>;
  /** Calls that a replaced engine still holds. */
  orphans: Orphan[];
  /** Readings that showed nothing new. Naturally they are not begun again until the world has changed. */
  fruitless: Set<string>;
  /** Readings that a hasty driver has answered at first sight, `null` if the driver is patient. */
  readonly hasty: Set<string> | null;
  /** Kinds of trouble this schedule has. */
  readonly storms: readonly number[];
  /** How often each kind of input met each phase. */
  readonly transitions: Map<string, number>;
}

/** A simulation with an engine that has just opened an empty store. */
export function createSimulation(
  runs: readonly SimulatedRun[],
  temper: { readonly storms: readonly number[]; readonly isHasty: boolean },
): Simulation {
  const simulation: Simulation = {
    world: createWorld(),
    store: createStore(),
    oracle: createOracle(),
    runs: [...runs],
    site: emptySite(),
    readings: [],
    asks: [],
    sentIds: new Set(),
    orphans: [],
    fruitless: new Set(),
    storms: temper.storms,
    hasty: temper.isHasty ? new Set() : null,
    transitions: new Map(),
  };
  openEngine(simulation);
  return simulation;
}

/** A run that has not been started. */
export function unstarted(run: KnownRun): SimulatedRun {
  return { ...run, state: null, isRefused: false };
}

/** Gives the kernel one input, commits what it decides, and holds all of it against the oracle. */
export function giveInput(simulation: Simulation, run: SimulatedRun | null, input: Input): Decision | null {
  const before = run?.state ?? null;
  const key = transitionOf(input, before);
  simulation.transitions.set(key, (simulation.transitions.get(key) ?? 0) + 1);
  const isAnswer = input.kind === "observed" || input.kind === "asked";
  const wasDue = !isAnswer || (before !== null && due(before).some((command) => command.id === input.commandId));
  let decision: Decision;
  try {
    decision = decide(simulation.site, before, input);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    simulation.oracle.violations.push(`assertion: ${error.message}`);
    return null;
  }
  if (decision.events.length > 0) {
    const isKept = appendCommit(
      simulation.store,
      { events: decision.events, atMs: decision.atMs },
      durabilityOf(decision.events),
    );
    if (!isKept) {
      // Memory is ahead of the disk. The engine halts, and the next one knows only what is on the disk.
      crash(simulation, "unwritten");
      return null;
    }
  }
  simulation.site = decision.site;
  if (run !== null) {
    run.state = decision.run;
    if (input.kind === "start" && decision.kind === "refused") run.isRefused = true;
  }
  checkDecision(simulation.oracle, { world: simulation.world, run, input, decision, wasDue, isTaken: true });
  checkDueChanges(simulation.oracle, before, decision.run);
  if (decision.run !== null) countCrowds(simulation, decision.run);
  return decision;
}

/** Counts states with several of a thing at a time, because schedules without any would show little. */
function countCrowds({ transitions }: Simulation, { queue, others }: RunState): void {
  const count = (what: string): void => void transitions.set(what, (transitions.get(what) ?? 0) + 1);
  if (!isQueueEmpty(queue)) count("calls without a place");
  if (others.timers?.left != null) count("several timers");
  if (others.count > 1) count("several waits, questions and endings");
}

/** Checks that `dueChanges` is the difference between what was due and what is due (I3). */
function checkDueChanges(oracle: Oracle, before: RunState | null, now: RunState | null): void {
  const { begun, over } = dueChanges(before, now);
  const ids =
    before === null
      ? []
      : due(before)
          .map(({ id }) => id)
          .filter((id) => !over.includes(id));
  const expected = now === null ? [] : due(now).map(({ id }) => id);
  const isSame = [...ids, ...begun.map(({ id }) => id)].sort().join() === [...expected].sort().join();
  claim(oracle, isSame, "I3", "what changes of what is due is not the difference between what is due");
}

/** Starts a run with everything pinned as it is now. */
export function startRun(simulation: Simulation, run: SimulatedRun): void {
  const { pins } = run.plan;
  const { domain, pack, connections, policies, situation, evidence, engine } = pins;
  const targets = pins.targets.map((pin) => readBox(simulation.world, pin.object));
  giveInput(simulation, run, {
    kind: "start",
    atMs: wallMs(simulation.world),
    runId: run.runId,
    plan: run.plan,
    planHash: planHashOf(run.runId),
    authorization: run.authorization,
    current: { domain, pack, connections, policies, situation, evidence, engine, targets },
    actor: { kind: "person", id: "alice", keyId: null },
  });
}

/** Every command that is due, with its run. */
export function dueCommands(
  simulation: Simulation,
): readonly { readonly run: SimulatedRun; readonly command: Command }[] {
  return simulation.runs.flatMap((run) =>
    run.state === null ? [] : due(run.state).map((command) => ({ run, command })),
  );
}

/** The driver begins a command: sends a call, or starts a reading. */
export function beginCommand(
  simulation: Simulation,
  run: SimulatedRun,
  command: StepCommand,
  sentAtMs = simulation.world.monotonicMs,
): void {
  if (command.kind === "observe") {
    simulation.readings.push({ command, startedAtMs: simulation.world.monotonicMs, taken: null });
    return;
  }
  if (command.kind === "ask") {
    const { isKilled } = memoryOf(simulation.oracle, command.runId);
    checkAsk(simulation.oracle, simulation.store, { ...command, isKilled });
    simulation.asks.push(command);
    return;
  }
  checkSend(simulation.oracle, { log: simulation.store, epoch: simulation.site.epoch }, command);
  simulation.sentIds.add(command.id);
  sendCall(simulation.world, run.plan, { command, sentAtMs });
}

/** The process dies, with or without the power, and another takes over. */
export function crash(simulation: Simulation, loss: Loss): void {
  for (const { command } of dueCommands(simulation)) {
    if (command.kind === "send" && !simulation.sentIds.has(command.id))
      simulation.orphans.push({ command, sinceMs: simulation.world.monotonicMs });
  }
  // Somebody has made room on the disk.
  simulation.store.isFull = false;
  if (loss !== "unwritten") simulation.orphans = [];
  if (loseTail(simulation.store, loss)) {
    const { world, runs, site } = simulation;
    recall(simulation.oracle, { world, runs, site, commits: simulation.store.commits });
  }
  simulation.readings = [];
  simulation.asks = [];
  simulation.sentIds = new Set();
  simulation.fruitless = new Set();
  refold(simulation);
  openEngine(simulation);
  for (const run of simulation.runs) {
    if (run.state === null || run.state.phase.kind === "ended") continue;
    giveInput(simulation, run, {
      kind: "epoch",
      atMs: wallMs(simulation.world),
      runId: run.runId,
      epoch: simulation.site.epoch,
      standing: { kind: "permitted" },
    });
  }
}

/** Rebuilds everything from the log, as a new process does. */
function refold(simulation: Simulation): void {
  simulation.site = emptySite();
  for (const run of simulation.runs) {
    run.state = null;
    run.isRefused = false;
  }
  const byId = new Map(simulation.runs.map((run) => [run.runId, run]));
  for (const { events, atMs } of simulation.store.commits) {
    for (const event of events) {
      simulation.site = applySite(simulation.site, event, atMs);
      const run = event.runId === null ? undefined : byId.get(event.runId);
      if (run === undefined) continue;
      if (event.kind === "run_started") run.state = createdRun(run);
      if (run.state !== null) run.state = applyRun(run.state, event, atMs);
    }
  }
}

function openEngine(simulation: Simulation): void {
  const event = { kind: "engine_opened", runId: null, epoch: simulation.site.epoch + 1, release: "simulated" } as const;
  const atMs = Math.max(simulation.site.lastSeenMs, wallMs(simulation.world));
  appendCommit(simulation.store, { events: [event], atMs }, durabilityOf([event]));
  simulation.site = applySite(simulation.site, event, atMs);
}
