import type { Oracle, RunMemory } from "./oracle.ts";
import type { Simulation } from "./simulation.ts";

/**
 * A simulation that can go another way: what changes is copied, what never does (states of the kernel, commands, events, plans)
 * is shared. For searches that come back to the same moment.
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
      meddledBoxes: new Set(world.meddledBoxes),
    },
    store: { ...store, commits: [...store.commits] },
    oracle: cloneOracle(simulation.oracle),
    runs: simulation.runs.map((run) => ({ ...run })),
    readings: simulation.readings.map((reading) => ({ ...reading })),
    sentIds: new Set(simulation.sentIds),
    orphans: [...simulation.orphans],
    fruitless: new Set(simulation.fruitless),
    hasty: simulation.hasty === null ? null : new Set(simulation.hasty),
    transitions: new Map(),
  };
}

function cloneOracle(oracle: Oracle): Oracle {
  return {
    ...oracle,
    violations: [...oracle.violations],
    runs: new Map([...oracle.runs].map(([runId, memory]) => [runId, cloneMemory(memory)])),
    usedApprovals: new Set(oracle.usedApprovals),
    locks: new Map(oracle.locks),
    frozen: new Set(oracle.frozen),
  };
}

function cloneMemory(memory: RunMemory): RunMemory {
  return {
    ...memory,
    beforeLevels: new Map(memory.beforeLevels),
    knownLevels: new Map(memory.knownLevels),
    levelsBeforeStep: new Map(memory.levelsBeforeStep),
    attempts: new Map(
      [...memory.attempts].map(([key, attempts]) => [key, attempts.map((attempt) => ({ ...attempt }))]),
    ),
    landings: new Map(memory.landings),
    touched: [...memory.touched],
    undone: [...memory.undone],
    settled: new Map(memory.settled),
    failed: new Set(memory.failed),
    doubtful: new Set(memory.doubtful),
    byPerson: new Set(memory.byPerson),
  };
}
