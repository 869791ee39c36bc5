import { cloneOracle } from "../oracle/memory.ts";
import type { Simulation } from "./simulation.ts";

/**
 * A copy that can go another way, for a search that comes back to the same moment. Copies what changes and shares what
 * never does: states of the kernel, commands, events and plans.
 */
export function cloneSimulation(simulation: Simulation): Simulation {
  const { world, store } = simulation;
  return {
    ...simulation,
    world: {
      ...world,
      levels: new Map(world.levels),
      versions: new Map(world.versions),
      servedKeys: new Set(world.servedKeys),
      calls: world.calls.map((call) => ({ ...call })),
      operations: world.operations.map((operation) => ({ ...operation })),
      meddledBoxes: new Set(world.meddledBoxes),
    },
    store: { ...store, commits: [...store.commits] },
    oracle: cloneOracle(simulation.oracle),
    runs: simulation.runs.map((run) => ({ ...run })),
    readings: simulation.readings.map((reading) => ({ ...reading })),
    asks: [...simulation.asks],
    sentIds: new Set(simulation.sentIds),
    orphans: [...simulation.orphans],
    fruitless: new Set(simulation.fruitless),
    hasty: simulation.hasty === null ? null : new Set(simulation.hasty),
    transitions: new Map(),
  };
}
