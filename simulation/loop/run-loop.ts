import { type ChoiceTape, naturalTape } from "../choice-tape.ts";
import { describeEvent } from "../commits.ts";
import type { Happening } from "../happening.ts";
import { claim, createOracle, type KnownRun, memoryOf } from "../oracle/memory.ts";
import { mayTryAgain, openQuestions, person, type Question, restoreBox } from "../people.ts";
import { approvedRun, chooseRuns } from "../runs.ts";
import type { ScheduleResult } from "../schedule-result.ts";
import { stepsOf } from "../steps-of.ts";
import { createWorld, wallMs } from "../world.ts";
import { checkAlways, checkQuiet } from "./checks.ts";
import { createDisk } from "./disk.ts";
import { loopPlans, onOtherBoxes } from "./loop-plans.ts";
import { isOver, naturalMoves } from "./moves.ts";
import { give, noteThrow, openProcess } from "./process.ts";
import type { Darkness, Loop, LoopRun } from "./state.ts";
import { troublesOf } from "./troubles.ts";
import { land } from "./world-moves.ts";

/**
 * A schedule with more steps is called endless. This is several times what the widest plan takes when everything goes
 * wrong.
 */
const stepCountMax = 3_000;

/**
 * After this many steps nothing more goes wrong. A process that dies more often than it makes progress gets nowhere.
 */
const stormStepCountMax = 400;

/**
 * The kinds of trouble that a schedule may have: calls, readings, process, world, people, store. A few kinds go deeper
 * than all of them at once (swarm testing, Groce et al. 2012).
 */
const storms: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5],
  [0, 5],
  [0, 1, 5],
  [2, 5],
  [0, 2, 5],
  [0, 1, 2, 4, 5],
  [0, 4, 5],
  [1, 3],
  [2, 4, 5],
];

// A probe's classifier needs this library. Loading it now keeps the wait out of the schedule.
await import("@bufbuild/cel");

/** Runs one schedule of the real loop to its end: first a storm, then calm, then people settle what only people can. */
export async function runLoop(tape: ChoiceTape, trace?: (line: string) => void): Promise<ScheduleResult> {
  const loop = createLoop(tape);
  const onRejection = (error: unknown): void => noteThrow(loop.oracle, "something nothing waits for", error);
  process.on("unhandledRejection", onRejection);
  try {
    return await runThrough(loop, tape, trace);
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}

async function runThrough(loop: Loop, tape: ChoiceTape, trace?: (line: string) => void): Promise<ScheduleResult> {
  await settle(loop);
  let stepCount = 0;
  const goOn = async (choices: () => ChoiceTape): Promise<void> => {
    while (stepCount < stepCountMax && loop.oracle.violations.length === 0) {
      if (!(await takeStep(loop, loop.isDark ? naturalTape : choices(), trace))) return;
      stepCount += 1;
    }
  };
  await goOn(() => {
    loop.isDark = loop.darkness !== null && stepCount >= loop.darkness.fromStep;
    return stepCount < stormStepCountMax ? tape : naturalTape;
  });
  for (let round = 0; round < 40 && loop.oracle.violations.length === 0; round += 1) {
    if (stepCount >= stepCountMax) break;
    checkQuiet(loop);
    loop.isDark = false;
    if (tape.pick(2) === 1) landEverything(loop);
    if (!putRight(loop, trace)) break;
    await settle(loop);
    await goOn(() => naturalTape);
  }
  if (loop.oracle.violations.length === 0) await checkEnd(loop, stepCount);
  return {
    violations: loop.oracle.violations,
    deviations: tape.deviations(),
    counts: tape.counts(),
    stepCount,
    eventCount: loop.disk.commits.reduce((sum, { events }) => sum + events.length, 0),
    outcomes: loop.runs.map(({ runId, isRefused }) => {
      const { end } = memoryOf(loop.oracle, runId);
      return end?.outcome ?? (isRefused ? "refused" : "none");
    }),
    transitions: loop.transitions,
  };
}

function createLoop(tape: ChoiceTape): Loop {
  const loop: Omit<Loop, "now"> = {
    world: createWorld(),
    disk: createDisk(),
    oracle: createOracle(),
    runs: withNeighbours(chooseRuns(tape, loopPlans), neighbourCounts[tape.pick(neighbourCounts.length)] ?? 0).map(
      (run) => ({
        ...run,
        isAsked: false,
        isRefused: false,
      }),
    ),
    calls: [],
    storms: storms[tape.pick(storms.length)] ?? [],
    darkness: darknesses[tape.pick(darknesses.length)] ?? null,
    isDark: false,
    endedCountMax: tape.pick(2),
    transitions: new Map(),
    zombies: [],
    tape,
    patientSinceMs: null,
  };
  // `now` is set before anything asks for it.
  const whole = loop as Loop;
  openProcess(whole);
  return whole;
}

/** Lets one thing happen, as the tape chooses. False if the tape chose the natural thing and there is none. */
async function takeStep(loop: Loop, tape: ChoiceTape, trace?: (line: string) => void): Promise<boolean> {
  loop.tape = tape;
  const troubles = troublesOf(loop);
  const chosen = tape.choose(1 + troubles.length);
  // Choose the kind of trouble first. Otherwise the many things that people can do would drown the few that calls can.
  const group = troubles[chosen - 1]?.() ?? [];
  const happening = chosen === 0 ? nextNatural(loop, tape) : (group[tape.pick(group.length)] ?? null);
  if (happening === null) return false;
  await perform(loop, happening, `${chosen === 0 ? " " : "*"} ${happening.name}`, trace);
  return true;
}

/**
 * Adds runs beside a single one: the same steps on other boxes. They share nothing but the engine, and start at once.
 */
function withNeighbours(runs: readonly KnownRun[], count: number): readonly KnownRun[] {
  const [first] = runs;
  if (first === undefined || runs.length > 1) return runs;
  const neighbours = Array.from({ length: count }, (_, index) => {
    const number = index + 2;
    const plan = onOtherBoxes(first.plan, `y${number}`);
    return approvedRun(`run_${number}`, plan, { approvalId: `ap_${number}`, expiresAtMs: 1e9 });
  });
  return [first, ...neighbours];
}

/** How the targets go dark: most often not at all, else early or late. */
const darknesses: readonly (Darkness | null)[] = [
  ...Array.from({ length: 12 }, () => null),
  { fromStep: 12, how: "hangs" },
  { fromStep: 20, how: "fails" },
  { fromStep: 35, how: "hangs" },
  { fromStep: 35, how: "fails" },
];

/** How many runs to add. */
const neighbourCounts = [0, 1, 0, 1, 0, 1, 0, 4] as const;

/** What is ready happens in the natural order, or in another. */
function nextNatural(loop: Loop, tape: ChoiceTape): Happening | null {
  const moves = naturalMoves(loop);
  return moves[moves.length > 1 ? tape.choose(moves.length) : 0] ?? null;
}

async function perform(loop: Loop, happening: Happening, line: string, trace?: (line: string) => void): Promise<void> {
  trace?.(line);
  const known = loop.disk.commits.length;
  happening.happen();
  await settle(loop);
  for (const { events } of loop.disk.commits.slice(known)) trace?.(`      ${events.map(describeEvent).join(", ")}`);
}

/** Waits until everything has followed that needs nothing from outside. */
async function settle(loop: Loop): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  loop.patientSinceMs = null;
  checkAlways(loop);
}

/** Everything that may still land does so now, at the worst moment for calls that were given up. */
function landEverything(loop: Loop): void {
  for (const call of loop.calls) if (call.air.fate === "air") land(loop, call);
}

/** People settle what only they can, truthfully. False if nothing is left to do. */
function putRight(loop: Loop, trace?: (line: string) => void): boolean {
  const { now, world, runs } = loop;
  for (const { air } of loop.calls) if (air.fate === "air") air.fate = "dead";
  loop.zombies = [];
  now.rests.clear();
  const atMs = wallMs(world);
  if (now.engine.site.freezes.length > 0) {
    trace?.("  unfreeze");
    give(loop, { kind: "unfreeze", atMs, runId: null, scope: "*", by: person, reason: "test" }, null);
    return true;
  }
  for (const run of runs) {
    const [question] = openQuestions(now.engine.run(run.runId));
    if (question === undefined) continue;
    trace?.(`  settle ${run.runId} ${question.stepId} by hand`);
    settleByHand(loop, run, question);
    return true;
  }
  return closeKilled(loop, trace);
}

function settleByHand(loop: Loop, run: LoopRun, question: Question): void {
  const atMs = wallMs(loop.world);
  const { runId } = run;
  const { kind, stepId } = question;
  if (kind === "asking") {
    give(loop, { kind: "answer", atMs, runId, stepId, answer: "approved", by: person }, run);
    return;
  }
  if (mayTryAgain(loop.now.engine.run(runId), question)) {
    give(loop, { kind: "resolve", atMs, runId, stepId, as: "not_applied", by: person, reason: "again" }, run);
    return;
  }
  memoryOf(loop.oracle, runId).byPerson.add(stepId);
  restoreBox(loop, run, { state: loop.now.engine.run(runId), stepId });
  give(loop, { kind: "resolve", atMs, runId, stepId, as: "restored", by: person, reason: "put back" }, run);
}

function closeKilled(loop: Loop, trace?: (line: string) => void): boolean {
  const run = loop.runs.find(({ runId }) => loop.now.engine.run(runId)?.phase.kind === "killed");
  if (run === undefined) return false;
  trace?.(`  close ${run.runId}`);
  for (const step of stepsOf(run.plan)) memoryOf(loop.oracle, run.runId).byPerson.add(step.id);
  const { runId } = run;
  give(loop, { kind: "close", atMs: wallMs(loop.world), runId, by: person, reason: "taken over" }, run);
  return true;
}

async function checkEnd(loop: Loop, stepCount: number): Promise<void> {
  const { oracle, now, runs } = loop;
  claim(oracle, stepCount < stepCountMax, "I21", "the schedule never comes to rest");
  for (const run of runs) {
    if (!run.isAsked || run.isRefused) continue;
    const phase = now.engine.run(run.runId)?.phase.kind ?? "unknown";
    claim(oracle, isOver(loop, run), "I21", `${run.runId} is still ${phase} after people put everything right`);
  }
  void now.engine.close();
  now.mode = "closed";
  await settle(loop);
}
