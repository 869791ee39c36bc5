import type { ChoiceTape } from "../../simulation/choice-tape.ts";
import type { runSchedule as runScheduleFunction } from "../../simulation/kernel/run-schedule.ts";
import type { runLoop as runLoopFunction } from "../../simulation/loop/run-loop.ts";
import type { simulateLoop as simulateLoopFunction } from "../../simulation/loop/simulate-loop.ts";
import type { ScheduleResult } from "../../simulation/schedule-result.ts";
import type { simulate as simulateFunction } from "../../simulation/simulate.ts";
import type { ScheduleRange, SimulationSummary } from "../../simulation/summary.ts";
import type { Simulator } from "./kept-schedules.ts";
import { kernelBugs } from "./kernel-bugs.ts";
import { importWithBug } from "./load-bug.ts";
import { loopBugs } from "./loop-bugs.ts";
import type { SeededBug } from "./seeded-bug.ts";

/** A simulator with one bug in what it simulates. */
export interface BuggySimulator {
  /** Plays one schedule. */
  readonly play: (tape: ChoiceTape) => Promise<ScheduleResult>;
  /** Plays a range of schedules, and shrinks the first that breaks something. */
  readonly search: (range: ScheduleRange) => Promise<SimulationSummary>;
}

/** The bugs that each simulator must find. */
export const bugsOf: Readonly<Record<Simulator, readonly SeededBug[]>> = { kernel: kernelBugs, loop: loopBugs };

/** Nothing is changed. */
const noBug: SeededBug = { name: "no bug", breaks: "", edits: [] };

/** Loads a simulator with one bug, or as it is. Every simulator is loaded under an `id` of its own. */
export function simulatorWith(simulator: Simulator, bug: SeededBug | null, id: number): BuggySimulator {
  const load = <M>(path: string): Promise<M> => importWithBug<M>(path, bug ?? noBug, id);
  type Kernel = { readonly simulate: typeof simulateFunction };
  type Schedule = { readonly runSchedule: typeof runScheduleFunction };
  type Loop = { readonly simulateLoop: typeof simulateLoopFunction; readonly runLoop: typeof runLoopFunction };
  const loop = (): Promise<Loop> => load("simulation/loop/simulate-loop.ts");
  return simulator === "kernel"
    ? {
        play: async (tape) => (await load<Schedule>("simulation/kernel/run-schedule.ts")).runSchedule(tape),
        search: async (range) => (await load<Kernel>("simulation/simulate.ts")).simulate(range),
      }
    : {
        play: async (tape) => (await loop()).runLoop(tape),
        search: async (range) => (await loop()).simulateLoop(range),
      };
}
