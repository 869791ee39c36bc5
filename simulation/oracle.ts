import type { CallStep } from "../src/core/plan/plan.ts";
import { mapEntries } from "../src/core/run/collections/persistent-map.ts";
import { durabilityOf } from "../src/core/run/due/durability.ts";
import type { SendCommand } from "../src/core/run/words/command.ts";
import type { Decision } from "../src/core/run/words/decision.ts";
import type { Event } from "../src/core/run/words/event.ts";
import type { Input } from "../src/core/run/words/input.ts";
import { checkRunEvent } from "./oracle-events.ts";
import type { SimulatedRun, Simulation } from "./simulation.ts";
import type { Landing, World } from "./world.ts";

/*
 * What must hold, said a second time and without the kernel: it keeps its own short memory of every run, from the events, from
 * what the world really did and from what readings really showed. Each claim names the invariant it stands for.
 */

/** What the oracle remembers of one run. */
export interface RunMemory {
  readonly beforeLevels: Map<string, number>;
  /** Level of a box as this run last knew it: the pin, then its own verified writes. */
  readonly knownLevels: Map<string, number | null>;
  /** Level of a step's box just before its first intent. */
  readonly levelsBeforeStep: Map<string, number>;
  /** Attempts as told in events, by step and direction. */
  readonly attempts: Map<string, { readonly n: number; readonly key: string; status: string }[]>;
  readonly landings: Map<string, number>;
  /** Order in which touched steps were settled. */
  readonly touched: string[];
  readonly undone: string[];
  readonly settled: Map<string, string>;
  readonly failed: Set<string>;
  readonly doubtful: Set<string>;
  /** Steps of which a person said something: what lands afterwards is on him (I11). */
  readonly byPerson: Set<string>;
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
  /** Someone outside has set a box: what it holds proves nothing any more. */
  isMeddled: boolean;
  /** Remembers without judging: while what survived a power cut is told again. */
  isMuted: boolean;
}

/** What one decision was about. */
export interface Judged {
  readonly simulation: Simulation;
  readonly run: SimulatedRun | null;
  readonly input: Input;
  readonly decision: Decision;
  /** A reading answers a command that was due, as a driver would have known it. */
  readonly wasDue: boolean;
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
      settled: new Map(),
      failed: new Set(),
      doubtful: new Set(),
      byPerson: new Set(),
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

/** After a power cut: forgets all that was lost, and keeps what the world did. */
export function recall(oracle: Oracle, simulation: Simulation): void {
  // Judged as if nothing had been asked: what is forgotten was asked by somebody long ago.
  const judged = {
    simulation,
    input: { kind: "freeze", atMs: 0, runId: null, scope: "", by: nobody, reason: "" },
  } as const;
  const landings = new Map([...oracle.runs].map(([runId, memory]) => [runId, memory.landings]));
  oracle.runs.clear();
  oracle.usedApprovals.clear();
  oracle.locks.clear();
  oracle.frozen.clear();
  oracle.lastAtMs = 0;
  oracle.isMuted = true;
  for (const { events, atMs } of judged.simulation.store.commits) {
    const decision: Decision = { kind: "accepted", atMs, events, site: judged.simulation.site, run: null };
    for (const event of events)
      remember(
        oracle,
        {
          ...judged,
          wasDue: true,
          decision,
          run: judged.simulation.runs.find((run) => run.runId === event.runId) ?? null,
        },
        event,
      );
    oracle.lastAtMs = atMs;
  }
  oracle.isMuted = false;
  for (const [runId, known] of landings)
    for (const [key, count] of known) memoryOf(oracle, runId).landings.set(key, count);
}

function remember(oracle: Oracle, judged: Judged, event: Event): void {
  if (event.kind === "frozen") oracle.frozen.add(event.scope);
  else if (event.kind === "unfrozen") oracle.frozen.delete(event.scope);
  else if (judged.run !== null) checkRunEvent(oracle, judged, event, judged.run);
}

const nobody = { kind: "person", id: "nobody", keyId: null } as const;

/** Holds one decision against everything known. */
export function checkDecision(oracle: Oracle, judged: Judged): void {
  const { decision, input } = judged;
  if (decision.events.length > 0) {
    claim(oracle, decision.atMs >= oracle.lastAtMs, "I6", "the log's time goes backwards");
    oracle.lastAtMs = decision.atMs;
  }
  if (decision.kind === "refused") {
    claim(
      oracle,
      decision.events.length === 1 && decision.events[0]?.kind === "input_refused",
      "I10",
      "a refusal is recorded, once, and does nothing else",
    );
    return;
  }
  claim(oracle, judged.wasDue, "I10", "a reading nobody waits for any more is taken for an answer");
  const isPersons = ["stop", "kill", "rollback", "close", "resolve", "freeze", "unfreeze"].includes(input.kind);
  if (isPersons)
    claim(
      oracle,
      decision.events.length > 0 && durabilityOf(decision.events) === "synced",
      "I8",
      `what a person was told of \`${input.kind}\` is not synced`,
    );
  if (input.kind === "observed") memoryOf(oracle, input.runId).lastReading = input;
  for (const event of decision.events) remember(oracle, judged, event);
  checkLocks(oracle, judged.simulation);
}

/** The site's locks are exactly those of runs that have started and not ended (I5). */
function checkLocks(oracle: Oracle, simulation: Simulation): void {
  const held = mapEntries(simulation.site.locks);
  claim(
    oracle,
    held.length === oracle.locks.size && held.every(([lock, runId]) => oracle.locks.get(lock) === runId),
    "I5",
    "the locks held are not those of the runs under way",
  );
}

/** A call leaves: its intent must be on the disk by now (I8), and not a repeat under another key (I3). */
export function checkSend(oracle: Oracle, simulation: Simulation, command: SendCommand): void {
  if (command.call.access === "read") return;
  const { attempt } = command;
  const at = simulation.store.commits.findIndex(({ events }) =>
    events.some((event) => event.kind === "step_intent" && sameAttempt(event.attempt, attempt)),
  );
  claim(oracle, at >= 0, "I8", `${attempt.stepId} is sent without an intent`);
  claim(
    oracle,
    at < simulation.store.syncedCount,
    "I8",
    `the intent of ${attempt.stepId} is not synced when it is sent`,
  );
  const memory = memoryOf(oracle, attempt.runId);
  const isOwn = attempt.epoch === simulation.site.epoch;
  claim(oracle, !isOwn || !memory.isKilled, "I24", `${attempt.stepId} is sent after a kill`);
  const effect = command.call.with as { readonly key: string };
  claim(oracle, effect.key === command.idempotencyKey, "I3", "the key that goes to the target is not the intent's");
}

function sameAttempt(left: SendCommand["attempt"], right: SendCommand["attempt"]): boolean {
  return (
    left.runId === right.runId &&
    left.stepId === right.stepId &&
    left.direction === right.direction &&
    left.n === right.n &&
    left.epoch === right.epoch
  );
}

/** A call has landed: nothing lands twice (I3), and nothing after the way back began or the end (I11). */
export function checkLanding(oracle: Oracle, world: World, landing: Landing): void {
  const { command, step } = landing.call;
  if (!landing.isEffective || command.call.access === "read") return;
  const { runId, stepId, direction } = command.attempt;
  const memory = memoryOf(oracle, runId);
  const key = `${stepId} ${direction}`;
  const count = (memory.landings.get(key) ?? 0) + 1;
  memory.landings.set(key, count);
  const isExcused = memory.byPerson.has(stepId);
  claim(oracle, count === 1 || isExcused || isRepeatable(step, direction), "I3", `${key} took effect ${count} times`);
  if (isExcused) {
    // A person answered for this step: what it does from now on is somebody else's to everyone who looks at the box.
    world.meddledBoxes.add((command.call.with as { readonly box: string }).box);
    oracle.isMeddled = true;
    return;
  }
  if (direction === "do")
    claim(
      oracle,
      !memory.isCompensating && (memory.end === null || memory.end.outcome === "closed"),
      "I11",
      `${stepId} lands after the way back began or the run ended`,
    );
  else
    claim(
      oracle,
      memory.end === null || memory.end.outcome === "closed",
      "I11",
      `the undo of ${stepId} lands after the run ended`,
    );
}

function isRepeatable(step: CallStep, direction: "do" | "undo"): boolean {
  return direction === "do"
    ? false
    : step.compensation?.idempotency === "natural" && step.compensation.retry.attemptsMax > 1;
}
