import type { Happening } from "../happening.ts";
import { excuse, person, wordsOf } from "../people.ts";
import { wallMs } from "../world.ts";
import { crash, giveInput, type SimulatedRun, type Simulation } from "./simulation.ts";

/** Everything people may say now. */
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
  return wordsOf(run.runId, wallMs(simulation.world), run.state).map((input) => ({
    name: `${input.kind} ${run.runId}`,
    happen: () => {
      excuse(simulation.oracle, run, input);
      giveInput(simulation, run, input);
    },
  }));
}
