import { holds, type PlanGuard, parsePlanGuard } from "../../src/core/guard/plan-guard.ts";
import { lookupIn } from "../../src/core/run/ready/facts.ts";
import type { Decision } from "../../src/core/run/words/decision.ts";
import type { ObservedInput, Reply } from "../../src/core/run/words/input.ts";
import { checkLanding } from "../oracle/judge.ts";
import { type AirCall, landCall, passTime, readBox, wallMs } from "../world.ts";
import { giveInput, type Reading, type Simulation } from "./simulation.ts";

/* What a driver does for the kernel: it delivers replies, and reads boxes until the command says stop. */

export function land(simulation: Simulation, call: AirCall): void {
  checkLanding(simulation.oracle, simulation.world, landCall(simulation.world, call));
  simulation.fruitless = new Set();
}

export function answer(simulation: Simulation, call: AirCall, reply: Reply): void {
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

/** Reads until the expectation holds, can no longer hold long enough, or time is up, as a driver does, and answers. */
export function finishReading(simulation: Simulation, reading: Reading): void {
  const { world } = simulation;
  const { command } = reading;
  const isTrue = isShown(simulation, reading);
  const isHasty = simulation.hasty !== null && !simulation.hasty.has(command.id);
  if (isTrue) passTime(world, command.holdMs);
  else if (isHasty) {
    simulation.hasty.add(command.id);
    deliver(simulation, reading, seen(simulation, reading, 0));
    return;
  } else {
    passTime(world, command.quietMs - (world.monotonicMs - reading.startedAtMs));
    // Where too little time is left for a hold, a driver answers at once.
    const tooLateMs = command.quietMs === 0 ? command.untilMs - command.holdMs + 1 : command.untilMs;
    passTime(world, Math.min(tooLateMs, command.untilMs) - wallMs(world));
  }
  const decision = deliver(
    simulation,
    reading,
    seen(simulation, reading, isShown(simulation, reading) ? command.holdMs : 0),
  );
  // If the commit was refused there is no decision, and the next engine reads again.
  if (decision?.events.length === 0) simulation.fruitless.add(command.id);
}

/** Whether the expectation holds in what the reading will show: the world as it is, or as it was looked at earlier. */
function isShown({ world }: Simulation, { command, taken }: Reading): boolean {
  const objects = command.objects.map((object) => taken?.levels.get(object) ?? readBox(world, object));
  const expected = expectations.get(command.expect) ?? parsePlanGuard(command.expect);
  expectations.set(command.expect, expected);
  return holds(expected, lookupIn(objects));
}

/** Parsed expectations. The simulator's plans expect the same few things again and again. */
const expectations = new Map<string, PlanGuard>();

export function seen(simulation: Simulation, reading: Reading, heldMs: number): ObservedInput["result"] {
  const { world } = simulation;
  const { objects: own, alongside } = reading.command;
  const objects = [...own, ...alongside].map((object) => reading.taken?.levels.get(object) ?? readBox(world, object));
  return { kind: "seen", objects, heldMs, waitedMs: (reading.taken?.atMs ?? world.monotonicMs) - reading.startedAtMs };
}

export function deliver(
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
