import type { Happening } from "../happening.ts";
import { claim } from "../oracle/memory.ts";
import { isAwaited, openQuestions, person } from "../people.ts";
import { passTime, truthOf, wallMs } from "../world.ts";
import { askHappening, leftHappening } from "./asking.ts";
import { answer, finishReading, land } from "./driver.ts";
import { beginCommand, dueCommands, giveInput, type SimulatedRun, type Simulation, startRun } from "./simulation.ts";

/* What happens when nothing goes wrong. */

export function naturalHappening(simulation: Simulation): Happening | null {
  const { world } = simulation;
  for (const run of simulation.runs) {
    if (run.state === null && !run.isRefused)
      return { name: `start ${run.runId}`, happen: () => startRun(simulation, run) };
    if (run.state !== null && run.state.phase.kind !== "ended") break;
  }
  const call = world.calls.find((candidate) => candidate.told === null);
  if (call !== undefined)
    return call.fate === "air"
      ? { name: `land ${call.id}`, happen: () => land(simulation, call) }
      : { name: `answer ${call.id}`, happen: () => answer(simulation, call, truthOf(world, call)) };
  for (const { run, command } of dueCommands(simulation)) {
    if (command.kind === "timer" || isBegun(simulation, command.id) || simulation.fruitless.has(command.id)) continue;
    return { name: `begin ${command.id}`, happen: () => beginCommand(simulation, run, command) };
  }
  const [asked] = simulation.asks;
  if (asked !== undefined) return askHappening(simulation, asked);
  const reading = simulation.readings[0];
  if (reading !== undefined)
    return { name: `read ${reading.command.id}`, happen: () => finishReading(simulation, reading) };
  return leftHappening(simulation) ?? answerHappening(simulation) ?? patientHappening(simulation);
}

/**
 * Time passes because nothing else can happen. If the deadline of a run comes next, that run must be waiting for
 * somebody; otherwise it would end only because nothing moved it (I21).
 */
function patientHappening(simulation: Simulation): Happening | null {
  const timer = timerHappening(simulation);
  if (timer === null) return null;
  const { name, happen, run, atMs } = timer;
  const { state } = run;
  if (state?.phase.kind !== "running" || state.deadlineMs !== atMs) return timer;
  const isWaiting = isAwaited(state, atMs, simulation.site.freezes.length > 0);
  return {
    name,
    happen: () => {
      claimAtRest(simulation, isWaiting, `nothing moves ${run.runId} but its deadline, and it waits for nobody`);
      happen();
    },
  };
}

/** Everything that may happen next without anything going wrong. Time passes only when nothing else can happen. */
export function listFreeMoves(simulation: Simulation): readonly Happening[] {
  const { world } = simulation;
  const moves: Happening[] = [];
  for (const run of simulation.runs)
    if (run.state === null && !run.isRefused)
      moves.push({ name: `start ${run.runId}`, happen: () => startRun(simulation, run) });
  for (const call of world.calls) {
    if (call.told !== null) continue;
    if (call.fate === "air") moves.push({ name: `land ${call.id}`, happen: () => land(simulation, call) });
    else moves.push({ name: `answer ${call.id}`, happen: () => answer(simulation, call, truthOf(world, call)) });
  }
  for (const { run, command } of dueCommands(simulation)) {
    if (command.kind === "timer" || isBegun(simulation, command.id) || simulation.fruitless.has(command.id)) continue;
    moves.push({ name: `begin ${command.id}`, happen: () => beginCommand(simulation, run, command) });
  }
  for (const command of simulation.asks) moves.push(askHappening(simulation, command));
  for (const reading of simulation.readings)
    moves.push({ name: `read ${reading.command.id}`, happen: () => finishReading(simulation, reading) });
  if (moves.length > 0) return moves;
  const last = leftHappening(simulation) ?? answerHappening(simulation) ?? patientHappening(simulation);
  return last === null ? [] : [last];
}

/** By default people say yes at once. */
function answerHappening(simulation: Simulation): Happening | null {
  for (const run of simulation.runs) {
    const question = openQuestions(run.state).find(({ kind }) => kind === "asking");
    if (question === undefined || run.state?.phase.kind !== "running") continue;
    const input = {
      kind: "answer",
      atMs: wallMs(simulation.world),
      runId: run.runId,
      stepId: question.stepId,
      answer: "approved",
      by: person,
    } as const;
    return {
      name: `approve ${run.runId}`,
      happen: () => {
        giveInput(simulation, run, input);
      },
    };
  }
  return null;
}

function isBegun(simulation: Simulation, id: string): boolean {
  if (simulation.asks.some((command) => command.id === id)) return true;
  return simulation.sentIds.has(id) || simulation.readings.some((reading) => reading.command.id === id);
}

export function timerHappening(
  simulation: Simulation,
): (Happening & { readonly run: SimulatedRun; readonly atMs: number; readonly inMs: number }) | null {
  const timers = dueCommands(simulation).flatMap(({ run, command }) =>
    command.kind === "timer" ? [{ run, command }] : [],
  );
  const next = timers.sort((left, right) => left.command.atMs - right.command.atMs)[0];
  if (next === undefined) return null;
  return {
    name: `tick ${next.run.runId}`,
    run: next.run,
    atMs: next.command.atMs,
    inMs: next.command.atMs - wallMs(simulation.world),
    happen: () => {
      passTime(simulation.world, next.command.atMs - wallMs(simulation.world));
      giveInput(simulation, next.run, { kind: "tick", atMs: wallMs(simulation.world), runId: next.run.runId });
    },
  };
}

/** Notes a claim about the schedule as a whole. */
export function claimAtRest(simulation: Simulation, holdsTrue: boolean, message: string): void {
  claim(simulation.oracle, holdsTrue, "I21", message);
}
