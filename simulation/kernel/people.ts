import { vectorItems } from "../../src/core/run/collections/persistent-vector.ts";
import type { Input } from "../../src/core/run/words/input.ts";
import type { Happening } from "../happening.ts";
import { memoryOf } from "../oracle/memory.ts";
import { wallMs } from "../world.ts";
import { crash, giveInput, type SimulatedRun, type Simulation } from "./simulation.ts";

/* What people may say of a run, at any time. */

/** The person of the simulator. */
export const person = { kind: "person", id: "bob", keyId: null } as const;

export function peopleDeviations(simulation: Simulation): readonly Happening[] {
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
export function openQuestions({ state }: Pick<SimulatedRun, "state">): readonly {
  readonly stepId: string;
  readonly kind: "asking" | "in_doubt" | "dirty";
}[] {
  if (state === null || state.phase.kind === "ended") return [];
  const { phase } = state;
  if (phase.kind === "dirty")
    return [{ stepId: state.prepared.steps[phase.order[phase.position] ?? 0]?.step.id ?? "", kind: "dirty" }];
  return vectorItems(state.steps).flatMap(({ kind }, index) => {
    const stepId = state.prepared.steps[index]?.step.id ?? "";
    return kind === "asking" || kind === "in_doubt" ? [{ stepId, kind }] : [];
  });
}
