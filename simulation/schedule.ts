import { vectorItems } from "../src/core/run/collections/persistent-vector.ts";
import { lookupIn } from "../src/core/run/ready/facts.ts";
import { holds, parseRunGuard, type RunGuard } from "../src/core/run/ready/run-guard.ts";
import { viewRun } from "../src/core/run/tell/view.ts";
import type { ObserveCommand } from "../src/core/run/words/command.ts";
import type { Decision } from "../src/core/run/words/decision.ts";
import type { Event } from "../src/core/run/words/event.ts";
import type { Input, ObservedInput, Reply } from "../src/core/run/words/input.ts";
import { problem } from "../src/core/value/codes.ts";
import type { ChoiceTape } from "./choice-tape.ts";
import { checkLanding, claim, memoryOf } from "./oracle.ts";
import { writeOut } from "./simulated-store.ts";
import {
  beginCommand,
  crash,
  dueCommands,
  giveInput,
  type Orphan,
  type Reading,
  type SimulatedRun,
  type Simulation,
  startRun,
} from "./simulation.ts";
import { type AirCall, landCall, mayLandNow, passTime, readBox, setBox, truthOf, wallMs } from "./world.ts";

/*
 * What can happen next, the natural thing first. A schedule is a walk over these lists: naturally the driver does what is due,
 * calls land and are answered, readings are true and time passes only when nothing else can; everything else is a deviation.
 */

/** Something that can happen. */
export interface Happening {
  readonly name: string;
  readonly happen: () => void;
}

/** Lets one thing happen, chosen by the tape; false when naturally nothing more does and nothing else was chosen. */
export function takeStep(simulation: Simulation, tape: ChoiceTape, trace?: (line: string) => void): boolean {
  const natural = naturalHappening(simulation);
  const troubles = troublesOf(simulation, natural);
  const chosen = tape.choose(1 + troubles.length);
  // First the kind of trouble, then which: else the many things people can do would drown the few that calls can.
  const group = troubles[chosen - 1]?.() ?? [];
  const happening = chosen === 0 ? natural : (group[tape.pick(group.length)] ?? null);
  if (happening === null) return false;
  trace?.(`${chosen === 0 ? " " : "*"} ${happening.name}`);
  const known = simulation.store.commits.length;
  happening.happen();
  for (const { events } of simulation.store.commits.slice(known)) trace?.(`      ${events.map(describe).join(", ")}`);
  return true;
}

type Trouble = () => readonly Happening[];

/** The kinds of trouble of which something can happen now; each lists what once it is chosen. */
function troublesOf(simulation: Simulation, natural: Happening | null): readonly Trouble[] {
  const { world, readings, storms } = simulation;
  const timer = timerHappening(simulation);
  const early: Trouble[] =
    timer === null || timer.inMs > 600_000 || timer.name === natural?.name
      ? []
      : [() => [{ name: "time passes", happen: timer.happen }]];
  const kinds: readonly {
    readonly list: (simulation: Simulation) => readonly Happening[];
    readonly isOpen: boolean;
  }[] = [
    {
      list: callDeviations,
      isOpen: world.calls.some(({ told, fate }) => told === null || fate === "air" || fate === "landed"),
    },
    { list: readingDeviations, isOpen: readings.length > 0 },
    { list: processDeviations, isOpen: true },
    { list: worldDeviations, isOpen: true },
    { list: peopleDeviations, isOpen: true },
  ];
  return [
    ...early,
    ...kinds.flatMap(({ list, isOpen }, index) => (isOpen && storms.includes(index) ? [() => list(simulation)] : [])),
  ];
}

function naturalHappening(simulation: Simulation): Happening | null {
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
  const reading = simulation.readings[0];
  if (reading !== undefined)
    return { name: `read ${reading.command.id}`, happen: () => finishReading(simulation, reading) };
  return answerHappening(simulation) ?? patientHappening(simulation);
}

/**
 * Time passes because nothing else can happen: a run whose own deadline is all that comes must be waiting for somebody, or it
 * would be ended by having done nothing (I21).
 */
function patientHappening(simulation: Simulation): Happening | null {
  const timer = timerHappening(simulation);
  if (timer === null) return null;
  const { name, happen, run, atMs } = timer;
  const { state } = run;
  if (state?.phase.kind !== "running" || state.deadlineMs !== atMs) return timer;
  // A reading and a reply would have come, and what is over before the deadline would be over first.
  const isFrozen = simulation.site.freezes.length > 0;
  const isAwaited = viewRun(state).waitingFor.some(
    ({ kind, untilMs }) =>
      kind === "person" ||
      (kind === "site" && untilMs === null
        ? isFrozen
        : kind !== "reading" && kind !== "reply" && (untilMs ?? Infinity) >= atMs),
  );
  return {
    name,
    happen: () => {
      claimAtRest(simulation, isAwaited, `nothing moves ${run.runId} but its deadline, and it waits for nobody`);
      happen();
    },
  };
}

/** Everything that may happen next without anything going wrong, in any order; time passes only when nothing else can. */
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
  for (const reading of simulation.readings)
    moves.push({ name: `read ${reading.command.id}`, happen: () => finishReading(simulation, reading) });
  if (moves.length > 0) return moves;
  const last = answerHappening(simulation) ?? patientHappening(simulation);
  return last === null ? [] : [last];
}

/** Everything that can go wrong with calls and with the process. */
export function listFaults(simulation: Simulation): readonly Happening[] {
  return [...callDeviations(simulation), ...processDeviations(simulation)];
}

/** Crashes alone: the process is killed, the power is cut, an engine that was replaced still sends. */
export function listCrashes(simulation: Simulation): readonly Happening[] {
  return processDeviations(simulation);
}

/** Naturally people say yes at once. */
function answerHappening(simulation: Simulation): Happening | null {
  for (const run of simulation.runs) {
    const question = openQuestions(run).find(({ kind }) => kind === "asking");
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
  return simulation.sentIds.has(id) || simulation.readings.some((reading) => reading.command.id === id);
}

function timerHappening(
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

function land(simulation: Simulation, call: AirCall): void {
  checkLanding(simulation.oracle, simulation.world, landCall(simulation.world, call));
  simulation.fruitless = new Set();
}

function answer(simulation: Simulation, call: AirCall, reply: Reply): void {
  call.told = reply.kind;
  const run = simulation.runs.find((candidate) => candidate.runId === call.command.attempt.runId);
  // A reply reaches only the engine that sent the call, and only if it still lives.
  if (run === undefined || run.state === null || call.epoch !== simulation.site.epoch) return;
  giveInput(simulation, run, {
    kind: "reply",
    atMs: wallMs(simulation.world),
    runId: run.runId,
    attempt: call.command.attempt,
    reply,
  });
}

/** Reads until what is expected holds or the time is over, as a driver does, and answers. */
function finishReading(simulation: Simulation, reading: Reading): void {
  const { world } = simulation;
  const { command } = reading;
  const isTrue = isShown(simulation, command);
  const isHasty = simulation.hasty !== null && !simulation.hasty.has(command.id);
  if (isTrue) passTime(world, command.holdMs);
  else if (isHasty) {
    simulation.hasty.add(command.id);
    deliver(simulation, reading, seen(simulation, reading, 0));
    return;
  } else {
    passTime(world, command.quietMs - (world.monotonicMs - reading.startedAtMs));
    passTime(world, command.untilMs - wallMs(world));
  }
  const decision = deliver(
    simulation,
    reading,
    seen(simulation, reading, isShown(simulation, command) ? command.holdMs : 0),
  );
  // What could not be written was not learned: whoever takes over reads again.
  if (decision?.events.length === 0) simulation.fruitless.add(command.id);
}

function isShown(simulation: Simulation, command: ObserveCommand): boolean {
  const objects = command.objects.map((object) => readBox(simulation.world, object));
  const expected = expectations.get(command.expect) ?? parseRunGuard(command.expect);
  expectations.set(command.expect, expected);
  return holds(expected, lookupIn(objects));
}

/** What readings wait for, parsed: the plans of the simulator expect the same few things again and again. */
const expectations = new Map<string, RunGuard>();

function seen(simulation: Simulation, reading: Reading, heldMs: number): ObservedInput["result"] {
  const { world } = simulation;
  const objects = reading.command.objects.map((object) => reading.taken?.levels.get(object) ?? readBox(world, object));
  return { kind: "seen", objects, heldMs, waitedMs: (reading.taken?.atMs ?? world.monotonicMs) - reading.startedAtMs };
}

function deliver(
  simulation: Simulation,
  reading: Reading,
  result: ObservedInput["result"],
  standing: ObservedInput["standing"] = { kind: "permitted" },
): Decision | null {
  simulation.readings = simulation.readings.filter((other) => other !== reading);
  const run = simulation.runs.find((candidate) => candidate.runId === reading.command.runId);
  if (run === undefined || run.state === null) return null;
  return giveInput(simulation, run, {
    kind: "observed",
    atMs: wallMs(simulation.world),
    runId: run.runId,
    commandId: reading.command.id,
    result,
    standing,
  });
}

function callDeviations(simulation: Simulation): readonly Happening[] {
  const { world } = simulation;
  return world.calls.flatMap((call) => {
    const deviate = (name: string, happen: () => void): Happening => ({ name: `${name} ${call.id}`, happen });
    const timeout: Reply = { kind: "unknown", problem: problem("E_TIMEOUT", "", "no answer") };
    if (call.told === null && call.fate === "air") {
      return [
        deviate("time out in the air", () => answer(simulation, call, timeout)),
        deviate("lose", () => {
          call.fate = "dead";
          answer(simulation, call, timeout);
        }),
        deviate("reject", () =>
          refuse(simulation, call, {
            kind: "rejected",
            problem: problem("E_STEP_REJECTED", "", "no"),
            retryable: false,
          }),
        ),
        deviate("reject for now", () =>
          refuse(simulation, call, {
            kind: "rejected",
            problem: problem("E_STEP_REJECTED", "", "busy"),
            retryable: true,
          }),
        ),
        deviate("fail to send", () =>
          refuse(simulation, call, { kind: "not_sent", problem: problem("E_TIMEOUT", "", "no route") }),
        ),
      ];
    }
    if (call.told === null) return [deviate("time out after it landed", () => answer(simulation, call, timeout))];
    if (call.fate === "air")
      return [
        deviate("land late", () => land(simulation, call)),
        deviate("die", () => {
          call.fate = "dead";
        }),
      ];
    if (call.fate === "landed")
      return [deviate("answer once more", () => answer(simulation, call, truthOf(world, call)))];
    return [];
  });
}

function refuse(simulation: Simulation, call: AirCall, reply: Reply): void {
  call.fate = "dead";
  answer(simulation, call, reply);
}

function readingDeviations(simulation: Simulation): readonly Happening[] {
  return simulation.readings.flatMap((reading) => {
    const deviate = (name: string, happen: () => void): Happening => ({
      name: `${name} ${reading.command.id}`,
      happen,
    });
    const take = (): void => {
      reading.taken = {
        levels: new Map(reading.command.objects.map((object) => [object, readBox(simulation.world, object)])),
        atMs: simulation.world.monotonicMs,
      };
    };
    const withdraw = (): void => {
      deliver(simulation, reading, seen(simulation, reading, 0), {
        kind: "withdrawn",
        problem: problem("E_STANDING_WITHDRAWN", "", "no longer"),
      });
    };
    return [
      deviate("answer at once", () => {
        deliver(simulation, reading, seen(simulation, reading, 0));
      }),
      deviate("fail to read", () => {
        deliver(simulation, reading, { kind: "failed", problem: problem("E_OBSERVE", "", "no answer") });
      }),
      ...(reading.command.purpose === "before" ? [deviate("withdraw the permission", withdraw)] : []),
      ...(reading.taken === null ? [deviate("look", take)] : []),
    ];
  });
}

function processDeviations(simulation: Simulation): readonly Happening[] {
  const orphan = simulation.orphans.find((candidate) => mayLeave(simulation, candidate));
  return [
    ...(simulation.store.commits.length > simulation.store.writtenCount
      ? [{ name: "write out what trails", happen: () => writeOut(simulation.store) }]
      : []),
    { name: "kill the process", happen: () => crash(simulation, "unwritten") },
    { name: "cut the power", happen: () => crash(simulation, "unsynced") },
    { name: "cut the power in the middle of writing", happen: () => crash(simulation, "half_unsynced") },
    {
      name: "fill the disk",
      happen: () => {
        simulation.store.isFull = true;
      },
    },
    ...(orphan === undefined
      ? []
      : [{ name: `the old engine still sends ${orphan.command.id}`, happen: () => sendOrphan(simulation, orphan) }]),
  ];
}

function worldDeviations(simulation: Simulation): readonly Happening[] {
  const { world } = simulation;
  const boxes = [
    ...new Set(simulation.runs.flatMap((run) => run.plan.pins.targets.map((pin) => pin.object.slice("box/".length)))),
  ];
  const unbegun = simulation.runs.find((run) => run.state === null && !run.isRefused);
  return [
    {
      name: "clock forward",
      happen: () => {
        world.skewMs += 3_600_000;
      },
    },
    {
      name: "clock back",
      happen: () => {
        world.skewMs -= 3_600_000;
      },
    },
    ...boxes.slice(0, 2).map((box) => ({ name: `meddle with ${box}`, happen: () => meddle(simulation, box) })),
    ...(unbegun === undefined ? [] : [{ name: `start ${unbegun.runId}`, happen: () => startRun(simulation, unbegun) }]),
  ];
}

function isKeyed(simulation: Simulation, runId: string, stepId: string, direction: "do" | "undo"): boolean {
  const step = simulation.runs
    .find((run) => run.runId === runId)
    ?.plan.steps.find((candidate) => candidate.id === stepId);
  if (step === undefined || step.kind !== "act") return false;
  return (direction === "do" ? step.idempotency : step.compensation?.idempotency) === "keyed";
}

function meddle(simulation: Simulation, box: string): void {
  setBox(simulation.world, box, 7);
  simulation.world.meddledBoxes.add(box);
  simulation.oracle.isMeddled = true;
  simulation.fruitless = new Set();
}

/**
 * Whether a call of an engine that was replaced may still come out: only a key makes that harmless, and only until the bound on landing
 * has passed since the engine was gone. The store's lock is free once its process has ended, so that nothing leaves it any more.
 */
function mayLeave(simulation: Simulation, { command, sinceMs }: Orphan): boolean {
  const { runId, stepId, direction } = command.attempt;
  const plan = simulation.runs.find((run) => run.runId === runId)?.plan;
  return (
    plan !== undefined &&
    command.call.access === "write" &&
    isKeyed(simulation, runId, stepId, direction) &&
    mayLandNow(simulation.world, plan, { command, sentAtMs: sinceMs })
  );
}

function sendOrphan(simulation: Simulation, orphan: Orphan): void {
  simulation.orphans = simulation.orphans.filter((other) => other !== orphan);
  const run = simulation.runs.find((candidate) => candidate.runId === orphan.command.attempt.runId);
  if (run !== undefined) beginCommand(simulation, run, orphan.command, orphan.sinceMs);
}

const person = { kind: "person", id: "bob", keyId: null } as const;

function peopleDeviations(simulation: Simulation): readonly Happening[] {
  const atMs = wallMs(simulation.world);
  const isFrozen = simulation.site.freezes.length > 0;
  const freeze = (kind: "freeze" | "unfreeze"): void => {
    giveInput(simulation, null, { kind, atMs, runId: null, scope: "*", by: person, reason: "test" });
  };
  const unfreezeAndDie = (): void => {
    freeze("unfreeze");
    crash(simulation, "unwritten");
  };
  const turns: readonly Happening[] = isFrozen
    ? [
        { name: "unfreeze", happen: () => liftFreeze(simulation) },
        { name: "unfreeze, and die before any run is told", happen: unfreezeAndDie },
      ]
    : [{ name: "freeze", happen: () => freeze("freeze") }];
  return [
    ...turns,
    ...simulation.runs.filter((run) => run.state !== null).flatMap((run) => runDeviations(simulation, run)),
  ];
}

/** Lifts the freeze and wakes every run, as an engine does. */
export function liftFreeze(simulation: Simulation): void {
  const atMs = wallMs(simulation.world);
  giveInput(simulation, null, { kind: "unfreeze", atMs, runId: null, scope: "*", by: person, reason: "test" });
  for (const run of simulation.runs) {
    if (run.state !== null && run.state.phase.kind !== "ended")
      giveInput(simulation, run, { kind: "tick", atMs, runId: run.runId });
  }
}

function runDeviations(simulation: Simulation, run: SimulatedRun): readonly Happening[] {
  const atMs = wallMs(simulation.world);
  const { runId } = run;
  const inputs: Input[] = (["stop", "kill", "rollback", "close"] as const).map((kind) => ({
    kind,
    atMs,
    runId,
    by: person,
    reason: "test",
  }));
  inputs.push({ kind: "tick", atMs, runId });
  for (const { stepId, kind } of openQuestions(run)) {
    if (kind === "asking")
      inputs.push(
        { kind: "answer", atMs, runId, stepId, answer: "approved", by: person },
        { kind: "answer", atMs, runId, stepId, answer: "rejected", by: person },
      );
    else
      inputs.push(
        ...(["applied", "not_applied", "restored"] as const).map(
          (as) => ({ kind: "resolve", atMs, runId, stepId, as, by: person, reason: "test" }) as const,
        ),
      );
  }
  return inputs.map((input) => ({
    name: `${input.kind} ${runId}`,
    happen: () => {
      excuse(simulation, run, input);
      giveInput(simulation, run, input);
    },
  }));
}

/** What a person said of a step is on him: what lands there afterwards is no defect (I11). */
function excuse(simulation: Simulation, run: SimulatedRun, input: Input): void {
  const memory = memoryOf(simulation.oracle, run.runId);
  if (input.kind === "resolve") memory.byPerson.add(input.stepId);
  if (input.kind === "close") for (const step of run.plan.steps) memory.byPerson.add(step.id);
}

/** What of a run waits for a person: a question, a doubt, a way back that failed. */
export function openQuestions(
  run: SimulatedRun,
): readonly { readonly stepId: string; readonly kind: "asking" | "in_doubt" | "dirty" }[] {
  const { state } = run;
  if (state === null || state.phase.kind === "ended") return [];
  const { phase } = state;
  if (phase.kind === "dirty")
    return [{ stepId: state.prepared.steps[phase.order[phase.position] ?? 0]?.step.id ?? "", kind: "dirty" }];
  return vectorItems(state.steps).flatMap(({ kind }, index) => {
    const stepId = state.prepared.steps[index]?.step.id ?? "";
    return kind === "asking" || kind === "in_doubt" ? [{ stepId, kind }] : [];
  });
}

/** Notes a claim about the schedule as a whole. */
export function claimAtRest(simulation: Simulation, holdsTrue: boolean, message: string): void {
  claim(simulation.oracle, holdsTrue, "I21", message);
}

function describe(event: Event): string {
  const stepId =
    "stepId" in event
      ? event.stepId
      : "attempt" in event
        ? `${event.attempt.stepId} ${event.attempt.direction} ${event.attempt.n}`
        : "";
  return `${event.kind} ${stepId}`.trim();
}
