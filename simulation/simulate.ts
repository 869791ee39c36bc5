import { parseArgs } from "node:util";
import { formatTape, parseTape, randomTape, replayTape } from "./choice-tape.ts";
import { replayLine, runSchedule, type ScheduleResult } from "./kernel/run-schedule.ts";
import { countOption } from "./script-options.ts";
import { shrinkTape } from "./shrink.ts";

/*
 * `npm run simulate -- --schedules N [--from SEED] [--json]`, `-- --seed N` for one, `-- --tape 12:3,15:1` to replay a
 * failure. Exits 1 on any violation, and prints the shrunk line that replays the first.
 */

/** What many schedules came to. */
export interface SimulationSummary {
  readonly schedules: number;
  readonly violations: number;
  readonly seconds: number;
  readonly events: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly transitions: Readonly<Record<string, number>>;
  /** The first failure, shrunk. */
  readonly first: {
    readonly seed: number;
    readonly problem: string;
    readonly choices: number;
    readonly replay: string;
  } | null;
}

/** Runs schedules of consecutive seeds. `failFast` stops at the first violation. */
export function simulate(options: {
  readonly fromSeed: number;
  readonly schedules: number;
  readonly failFast: boolean;
}): SimulationSummary {
  const started = performance.now();
  const outcomes: Record<string, number> = {};
  const transitions: Record<string, number> = {};
  let [schedules, violations, events] = [0, 0, 0];
  let first: SimulationSummary["first"] = null;
  for (let seed = options.fromSeed; seed < options.fromSeed + options.schedules; seed += 1) {
    const result = runSchedule(randomTape(seed));
    schedules += 1;
    events += result.eventCount;
    for (const outcome of result.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    for (const [transition, count] of result.transitions)
      transitions[transition] = (transitions[transition] ?? 0) + count;
    if (result.violations.length === 0) continue;
    violations += 1;
    first ??= describeFailure(seed, result);
    if (options.failFast) break;
  }
  return { schedules, violations, seconds: (performance.now() - started) / 1000, events, outcomes, transitions, first };
}

function describeFailure(seed: number, result: ScheduleResult): SimulationSummary["first"] {
  const shrunk = shrinkTape(result.deviations);
  const again = runSchedule(replayTape(shrunk));
  return {
    seed,
    problem: again.violations[0] ?? result.violations[0] ?? "",
    choices: shrunk.length,
    replay: replayLine(shrunk),
  };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      schedules: { type: "string" },
      from: { type: "string" },
      tape: { type: "string" },
      json: { type: "boolean" },
    },
  });
  if (values.tape !== undefined || values.seed !== undefined) {
    const tape =
      values.tape !== undefined
        ? replayTape(parseTape(values.tape))
        : randomTape(countOption("seed", values.seed ?? ""));
    const result = runSchedule(tape, (line) => console.error(line));
    console.log(
      JSON.stringify(
        {
          tape: formatTape(result.deviations),
          outcomes: result.outcomes,
          steps: result.stepCount,
          violations: result.violations,
        },
        null,
        2,
      ),
    );
    process.exitCode = result.violations.length > 0 ? 1 : 0;
    return;
  }
  const summary = simulate({
    fromSeed: countOption("from", values.from ?? "1"),
    schedules: countOption("schedules", values.schedules ?? "1000", 1),
    failFast: false,
  });
  if (values.json === true) console.log(JSON.stringify({ format: "interlock.simulation/1", ...summary }));
  else {
    console.log(
      `${summary.schedules} schedules, ${summary.events} events, ${summary.violations} violations, ${summary.seconds.toFixed(1)} s`,
    );
    console.log(
      Object.entries(summary.outcomes)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(", "),
    );
    if (summary.first !== null)
      console.log(`seed ${summary.first.seed}: ${summary.first.problem}\n${summary.first.replay}`);
  }
  process.exitCode = summary.violations > 0 ? 1 : 0;
}

if (import.meta.main) main();
