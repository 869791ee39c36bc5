import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ChoiceTape, parseTape, randomTape, replayTape } from "../../simulation/choice-tape.ts";

/** The two simulators, as the file of kept schedules names them. */
export type Simulator = "kernel" | "loop";

/** Two schedules at which the simulator finds a bug: the first of its search, and the story to which that shrinks. */
export interface KeptSchedule {
  /** The seed of the first schedule that breaks something. The search starts at seed 1. */
  readonly seed: number;
  /** That schedule, shrunk. */
  readonly tape: string;
}

/** The kept schedules of one simulator, by the name of the bug that they find. */
export type KeptSchedules = Readonly<Record<string, KeptSchedule>>;

const path = fileURLToPath(new URL("kept-schedules.json", import.meta.url));

/** Reads what `keepSchedules` wrote. */
export function keptSchedules(simulator: Simulator): KeptSchedules {
  return readAll()[simulator];
}

/** Writes the kept schedules of one simulator, and leaves those of the other as they are. */
export function keepSchedules(simulator: Simulator, schedules: KeptSchedules): void {
  writeFileSync(path, `${JSON.stringify({ ...readAll(), [simulator]: schedules }, null, 2)}\n`);
}

/** The tapes of a kept schedule: the random one, which the search would come to, and the short one. */
export function tapesOf({ seed, tape }: KeptSchedule): readonly ChoiceTape[] {
  return [randomTape(seed), replayTape(parseTape(tape))];
}

function readAll(): Readonly<Record<Simulator, KeptSchedules>> {
  // The file is in this repository, and only `keepSchedules` writes it.
  return JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<Simulator, KeptSchedules>>;
}
