import { applyRun } from "../../src/core/run/apply/apply.ts";
import { due } from "../../src/core/run/due/due.ts";
import type { RunState } from "../../src/core/run/words/state.ts";
import { InvariantError } from "../../src/core/value/invariant.ts";
import { type ChoiceTape, naturalTape } from "../choice-tape.ts";
import { checkLanding } from "../oracle/judge.ts";
import { claim, memoryOf } from "../oracle/memory.ts";
import { checkWaits, mayTryAgain, openQuestions, person, type Question, restoreBox } from "../people.ts";
import { simulatedPlans } from "../plans/box-plans.ts";
import { chooseRuns, createdRun } from "../runs.ts";
import type { ScheduleResult } from "../schedule-result.ts";
import { stepsOf } from "../steps-of.ts";
import { landCall, wallMs } from "../world.ts";
import { claimAtRest } from "./moves.ts";
import { liftFreeze } from "./people.ts";
import { takeStep } from "./schedule.ts";
import { createSimulation, giveInput, type SimulatedRun, type Simulation, unstarted } from "./simulation.ts";

/**
 * A schedule with more steps is called endless. This is several times what the widest plan takes when everything goes
 * wrong.
 */
const stepCountMax = 1_200;

/**
 * After this many steps nothing more goes wrong. A wide plan never ends if its process dies more often than it makes
 * progress.
 */
const stormStepCountMax = 300;

/** Runs one schedule to its end: first a storm, then calm, then people settle what only people can. */
export function runSchedule(tape: ChoiceTape, trace?: (line: string) => void): ScheduleResult {
  const simulation = createSimulation(chooseRuns(tape, simulatedPlans).map(unstarted), {
    storms: storms[tape.pick(storms.length)] ?? [],
    isHasty: tape.pick(2) === 1,
  });
  let stepCount = 0;
  while (
    stepCount < stepCountMax &&
    simulation.oracle.violations.length === 0 &&
    takeStep(simulation, stepCount < stormStepCountMax ? tape : naturalTape, trace)
  )
    stepCount += 1;
  for (let round = 0; round < 40 && simulation.oracle.violations.length === 0; round += 1) {
    checkRest(simulation);
    if (tape.pick(2) === 1) landEverything(simulation);
    if (!putRight(simulation)) break;
    while (
      stepCount < stepCountMax &&
      simulation.oracle.violations.length === 0 &&
      takeStep(simulation, naturalTape, trace)
    )
      stepCount += 1;
  }
  if (simulation.oracle.violations.length === 0) checkEnd(simulation, stepCount);
  return {
    violations: simulation.oracle.violations,
    deviations: tape.deviations(),
    counts: tape.counts(),
    stepCount,
    eventCount: simulation.store.commits.reduce((sum, commit) => sum + commit.events.length, 0),
    outcomes: simulation.runs.map((run) =>
      run.state?.phase.kind === "ended" ? run.state.phase.outcome : run.isRefused ? "refused" : "none",
    ),
    transitions: simulation.transitions,
  };
}

/**
 * The kinds of trouble that a schedule may have: calls, readings, process, world, people. A few kinds go deeper than
 * all of them at once (swarm testing, Groce et al. 2012).
 */
const storms: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4],
  [0],
  [0, 1],
  [0, 2],
  [0, 1, 2],
  [0, 4],
  [1, 3],
  [2, 4],
  [0, 3, 4],
  [0, 3],
];

/** Everything that may still land does so now, at the worst moment for calls that were given up. */
export function landEverything(simulation: Simulation): void {
  for (const call of simulation.world.calls)
    if (call.fate === "air") checkLanding(simulation.oracle, simulation.world, landCall(simulation.world, call));
  simulation.fruitless.clear();
}

/**
 * Checks that with no more faults every run has ended or waits for a reason, and for a person if one is needed (I21).
 */
export function checkRest({ oracle, runs }: Simulation): void {
  for (const { runId, state } of runs) checkWaits(oracle, runId, state);
}

/** People settle what only they can, truthfully. False if nothing is left to do. */
function putRight(simulation: Simulation): boolean {
  for (const call of simulation.world.calls) if (call.fate === "air" && call.told !== null) call.fate = "dead";
  simulation.orphans = [];
  if (simulation.site.freezes.length > 0) {
    liftFreeze(simulation);
    return true;
  }
  for (const run of simulation.runs) {
    const [question] = openQuestions(run.state);
    if (question === undefined) continue;
    settleByHand(simulation, run, question);
    return true;
  }
  return closeKilled(simulation);
}

function settleByHand(simulation: Simulation, run: SimulatedRun, question: Question): void {
  const atMs = wallMs(simulation.world);
  const { runId } = run;
  const { stepId } = question;
  if (question.kind === "asking") {
    giveInput(simulation, run, { kind: "answer", atMs, runId, stepId, answer: "approved", by: person });
    return;
  }
  if (mayTryAgain(run.state, question)) {
    const again = { kind: "resolve", atMs, runId, stepId, as: "not_applied", by: person, reason: "again" } as const;
    giveInput(simulation, run, again);
    return;
  }
  memoryOf(simulation.oracle, runId).byPerson.add(stepId);
  restoreBox(simulation, run, { state: run.state, stepId });
  giveInput(simulation, run, { kind: "resolve", atMs, runId, stepId, as: "restored", by: person, reason: "put back" });
}

function closeKilled(simulation: Simulation): boolean {
  const run = simulation.runs.find((candidate) => candidate.state?.phase.kind === "killed");
  if (run === undefined) return false;
  for (const step of stepsOf(run.plan)) memoryOf(simulation.oracle, run.runId).byPerson.add(step.id);
  giveInput(simulation, run, {
    kind: "close",
    atMs: wallMs(simulation.world),
    runId: run.runId,
    by: person,
    reason: "taken over",
  });
  return true;
}

function checkEnd(simulation: Simulation, stepCount: number): void {
  claimAtRest(simulation, stepCount < stepCountMax, "the schedule never comes to rest");
  for (const run of simulation.runs) {
    if (run.state === null) continue;
    claimAtRest(
      simulation,
      run.state.phase.kind === "ended",
      `${run.runId} is still ${run.state.phase.kind} after people put everything right`,
    );
    claim(simulation.oracle, due(run.state).length === 0, "I8", `${run.runId} has ended and something is due`);
    checkFold(simulation, run);
  }
}

/** The log, folded; `null` where it cannot be. */
function foldLog(simulation: Simulation, run: SimulatedRun): RunState | null {
  let state = createdRun(run);
  try {
    for (const { events, atMs } of simulation.store.commits) {
      for (const event of events)
        if (
          event.runId === run.runId &&
          state.prepared.runId === event.runId &&
          (state.phase.kind !== "created" || event.kind === "run_started")
        )
          state = applyRun(state, event, atMs);
    }
  } catch (error) {
    if (error instanceof InvariantError) return null;
    throw error;
  }
  return state;
}

/** Checks that the log folds to the state that the decisions led to (I7). */
function checkFold(simulation: Simulation, run: SimulatedRun): void {
  const state = foldLog(simulation, run);
  claim(simulation.oracle, state !== null, "I7", `${run.runId} cannot be folded`);
  if (state === null) return;
  const { prepared: _, ...folded } = state;
  const { prepared: __, ...live } = run.state ?? state;
  claim(
    simulation.oracle,
    JSON.stringify(folded.phase) === JSON.stringify(live.phase) &&
      JSON.stringify(folded.steps) === JSON.stringify(live.steps),
    "I7",
    `${run.runId} does not fold to its state`,
  );
}
