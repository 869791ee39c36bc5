import { realpathSync } from "node:fs";
import { factName } from "../../core/plan/compile/read-object.ts";
import { isCallStep } from "../../core/plan/kinds/index.ts";
import type { Call, CallStep, ObjectObservation, Plan, ProgramPin } from "../../core/plan/plan.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { systemFaultOf } from "../../core/value/system-error.ts";
import { quote } from "../../core/value/text.ts";
import type { Connections } from "./connections.ts";
import { callsOf, programsOfCall } from "./programs.ts";

/**
 * The pinned files that the plan itself changes. Such a plan would stop at its own first write: its next step and its
 * way back are refused once a pinned file is another one.
 *
 * A step changes a file if its call edits it, or if it has an effect on facts that are read from it. What a program
 * writes beside that nobody declares, and it is not found here.
 */
export function findWrittenPins(
  plan: Pick<Plan, "steps" | "observations">,
  pins: readonly ProgramPin[],
  connections: Connections,
): readonly Problem[] {
  if (pins.length === 0) return [];
  const writers = new Map<string, string>();
  for (const step of plan.steps.filter(isCallStep))
    for (const path of filesChangedBy(step, plan.observations, connections))
      if (!writers.has(path)) writers.set(path, step.id);
  const run = new Set(callsOf(plan).flatMap((call) => programsOfCall(call, connections).run));
  return pins.flatMap(({ path }) => {
    const stepId = writers.get(placeOf(path));
    if (stepId === undefined) return [];
    const message = `${quote(path)} is pinned as a file of a program, and the step ${stepId} changes it`;
    const then = "every later step and the way back would be refused";
    return run.has(path)
      ? [problem("E_PROGRAM_WRITTEN", "/pins/programs", `${message}: ${then}`, hintOfRun)]
      : [problem("E_PROGRAM_WRITTEN", "/pins/programs", `${message}: ${then}`)];
  });
}

const hintOfRun =
  "what runs is always pinned: change the file in one plan and run it in another, or make it data alone";

/** The files that a step changes, as far as its declaration says. */
function filesChangedBy(
  { call, effect }: CallStep,
  observations: readonly ObjectObservation[],
  connections: Connections,
): readonly string[] {
  const set = new Set(effect.map(({ fact }) => fact));
  const seen = observations
    .filter(({ object, facts }) => facts.some(({ fact }) => set.has(factName(object, fact))))
    .flatMap((observation) => filesOf(observation.call, connections));
  return call.access === "write" ? [...seen, ...filesOf(call, connections)] : [];
}

/** The files that a call reads or changes as its target, with every link on the way followed. */
function filesOf(call: Call, connections: Connections): readonly string[] {
  const connection = connections.get(call.connection);
  const operation = connection?.connector.operations.find(({ name }) => name === call.operation);
  if (connection === undefined) return [];
  return (operation?.worksOn?.(call.with, connection.settings) ?? []).map(placeOf);
}

/** Where a path leads. A path that leads nowhere stays as it is written. */
function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemFaultOf(error) === null) throw error;
    return path;
  }
}
