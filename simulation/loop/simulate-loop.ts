import { type Deviation, formatTape, replayTape } from "../choice-tape.ts";
import { replayLine, type ScheduleResult } from "../schedule-result.ts";
import { shrinkSlowly } from "../shrink.ts";
import { type Failure, type ScheduleRange, type SimulationSummary, Tally, tapesOf } from "../summary.ts";
import { runLoop } from "./run-loop.ts";

export { runLoop } from "./run-loop.ts";

/** Runs schedules of the engine's loop, one for each seed of the range. */
export async function simulateLoop(range: ScheduleRange): Promise<SimulationSummary> {
  const tally = new Tally();
  let first: Failure | null = null;
  for (const { seed, tape } of tapesOf(range)) {
    const result = await runLoop(tape);
    if (tally.add(result)) first = await describeFailure(seed, result);
    if (first !== null && range.failFast) break;
  }
  return tally.summary(first);
}

/** The first broken claim, without its run and step. A failure must keep this when it shrinks. */
function kindOf([first]: readonly string[]): string {
  return (first ?? "").replace(/\b[a-z]*\d+\b|\b[a-z]\b|\d+/g, "");
}

async function describeFailure(seed: number, { deviations, violations }: ScheduleResult): Promise<Failure> {
  const run = (tape: readonly Deviation[]): Promise<ScheduleResult> => runLoop(replayTape(tape));
  const kind = kindOf(violations);
  const shrunk = await shrinkSlowly(deviations, async (tape) => kindOf((await run(tape)).violations) === kind);
  const problem = (await run(shrunk)).violations[0] ?? violations[0] ?? "";
  const tape = formatTape(shrunk);
  return { seed, problem, choices: shrunk.length, tape, replay: replayLine(shrunk, "--loop ") };
}
