/** One simulated lab on its virtual clock: start it, let time pass, inject, act, read windows. */
import { WINDOW_MS } from "../contract/constants.ts";
import { type Background, backgroundOf, type FaultName } from "../contract/faults.ts";
import type { Window } from "../contract/window.ts";
import { startFleet } from "./fleet.ts";
import { receiveAnswer, startLoad } from "./load.ts";
import { LAB_PHYSICS, type Physics } from "./physics.ts";
import { receiveWorkerAnswer } from "./proxy.ts";
import { startTenants } from "./tenants.ts";
import { closeWindow } from "./window-record.ts";
import { openWorld, type World } from "./world.ts";

/** What a simulation is made of; everything else follows from it. */
export interface SimulationOptions {
  readonly seed: number;
  readonly fault: FaultName;
  readonly physics?: Physics;
  readonly background?: Background;
}

/** A started lab at time 0. */
export function openSimulation(options: SimulationOptions): World {
  const world = openWorld({
    seed: options.seed,
    fault: options.fault,
    physics: options.physics ?? LAB_PHYSICS,
    background: options.background ?? backgroundOf(options.seed),
    wires: { toClient: receiveAnswer, toProxy: receiveWorkerAnswer },
  });
  startFleet(world);
  startTenants(world);
  startLoad(world);
  return world;
}

/** Lets one window pass and returns it. */
export function runWindow(world: World): Window {
  const startMs = world.queue.nowMs();
  world.queue.runUntil(world, startMs + WINDOW_MS);
  return closeWindow(world, startMs);
}
