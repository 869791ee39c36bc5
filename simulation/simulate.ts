import { type Deviation, formatTape, parseTape, randomTape, replayTape } from "./choice-tape.ts";
import { runSchedule } from "./kernel/run-schedule.ts";
import { replayLine, type ScheduleResult } from "./schedule-result.ts";
import { countOption, readArgs } from "./script-options.ts";
import { shrinkTape } from "./shrink.ts";
import { type Failure, type ScheduleRange, type SimulationSummary, Tally, tapesOf } from "./summary.ts";

/*
 * `npm run simulate -- [--loop] --schedules N [--from SEED] [--json]`, `-- --seed N` for one, `-- --tape 12:3,15:1` to
 * replay a failure. Simulates the kernel, or with `--loop` the engine's loop around the kernel.
 * Exits 1 on any violation, and prints the shrunk line that replays the first.
 */

/** Runs schedules of the kernel, one for each seed of the range. */
export function simulate(range: ScheduleRange): SimulationSummary {
  const tally = new Tally();
  let first: Failure | null = null;
  for (const { seed, tape } of tapesOf(range)) {
    const result = runSchedule(tape);
    if (tally.add(result)) first = describeFailure(seed, result);
    if (first !== null && range.failFast) break;
  }
  return tally.summary(first);
}

function describeFailure(seed: number, { deviations, violations }: ScheduleResult): Failure {
  const run = (tape: readonly Deviation[]): ScheduleResult => runSchedule(replayTape(tape));
  const shrunk = shrinkTape(deviations, (tape) => run(tape).violations.length > 0);
  const problem = run(shrunk).violations[0] ?? violations[0] ?? "";
  return { seed, problem, choices: shrunk.length, tape: formatTape(shrunk), replay: replayLine(shrunk) };
}

async function main(): Promise<void> {
  const { values } = readArgs({
    options: {
      loop: { type: "boolean" },
      seed: { type: "string" },
      schedules: { type: "string" },
      from: { type: "string" },
      tape: { type: "string" },
      json: { type: "boolean" },
    },
  });
  // Imported only when needed, because the loop loads the whole engine.
  const loop = values.loop === true ? await import("./loop/simulate-loop.ts") : null;
  if (values.tape !== undefined || values.seed !== undefined) {
    const tape =
      values.tape !== undefined
        ? replayTape(parseTape(values.tape))
        : randomTape(countOption("seed", values.seed ?? ""));
    const trace = (line: string): void => console.error(line);
    const result = loop === null ? runSchedule(tape, trace) : await loop.runLoop(tape, trace);
    showSchedule(result);
    return;
  }
  const range = {
    fromSeed: countOption("from", values.from ?? "1"),
    schedules: countOption("schedules", values.schedules ?? "1000", 1),
    failFast: false,
  };
  showSummary(loop === null ? simulate(range) : await loop.simulateLoop(range), values.json === true);
}

function showSchedule({ deviations, outcomes, stepCount, violations }: ScheduleResult): void {
  console.log(JSON.stringify({ tape: formatTape(deviations), outcomes, steps: stepCount, violations }, null, 2));
  process.exitCode = violations.length > 0 ? 1 : 0;
}

function showSummary(summary: SimulationSummary, isJson: boolean): void {
  const { schedules, events, violations, seconds, outcomes, first } = summary;
  process.exitCode = violations > 0 ? 1 : 0;
  if (isJson) return console.log(JSON.stringify({ format: "interlock.simulation/1", ...summary }));
  console.log(`${schedules} schedules, ${events} events, ${violations} violations, ${seconds.toFixed(1)} s`);
  console.log(
    Object.entries(outcomes)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(", "),
  );
  if (first !== null) console.log(`seed ${first.seed}: ${first.problem}\n${first.replay}`);
}

if (import.meta.main) await main();
