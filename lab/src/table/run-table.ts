/**
 * `npm run lab:table`: the table fault × response from real processes, three seeds a cell.
 *
 * Resumable: each episode is kept as a file, and a cell that has one is not run again. Gates on ordering, never on
 * milliseconds: exit code 1 when a claim does not hold.
 */

import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readArgs } from "../../../simulation/script-options.ts";
import { RESPONSES, type ResponseName } from "../contract/actions.ts";
import type { Episode } from "../contract/episode.ts";
import { FAULT_NAMES, type FaultName, MAIN_FAULTS } from "../contract/faults.ts";
import { INVALID_SHARE_MAX, scoreEpisode } from "../contract/score.ts";
import { isWindowValid } from "../contract/window.ts";
import { readEpisodeFile } from "../episode-files.ts";
import { LabError, toLabError } from "../lab-error.ts";
import { fixedPolicy } from "../policies/index.ts";
import { runEpisode } from "../run-episode.ts";
import { buildTable, renderTable } from "../twin/table.ts";
import { checkOrdering } from "./check-ordering.ts";

/** Waiting comes first: it is what the others are judged against. Escalating does nothing to the system. */
const DEFAULT_RESPONSES: readonly ResponseName[] = [
  "wait",
  "scale_out",
  "terminate_report",
  "roll_back",
  "restore_breaker",
  "pause_nightly",
  "throttle",
  "flag_off",
];
const ATTEMPT_COUNT_MAX = 4;

interface CellRun {
  readonly fault: FaultName;
  readonly response: ResponseName;
  readonly seed: number;
}

const { values } = readArgs({
  options: {
    seeds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    parallel: { type: "string", default: "3" },
    faults: { type: "string", default: MAIN_FAULTS.join(",") },
    responses: { type: "string", default: DEFAULT_RESPONSES.join(",") },
    work: { type: "string", default: ".lab/table" },
    out: { type: "string", default: "lab/measured" },
    name: { type: "string", default: "table-processes" },
  },
});

function chosen<T extends string>(text: string, known: readonly T[]): T[] {
  return text.split(",").map((name) => {
    const found = known.find((entry) => entry === name);
    if (found === undefined) throw new LabError("E_LAB_USAGE", `no \`${name}\``, `there are ${known.join(", ")}`);
    return found;
  });
}

/** Whether the generator kept its times in enough windows after the fault. */
function isEpisodeValid(episode: Episode): boolean {
  const after = episode.windows.filter((window) => window.startMs >= episode.faultAtMs);
  return after.filter((window) => !isWindowValid(window)).length <= after.length * INVALID_SHARE_MAX;
}

function pathOf(run: CellRun): string {
  return join(values.work, `${run.fault}-${run.response}-${run.seed}.json`);
}

/** Runs a cell until an episode is valid; keeps that one. */
async function measure(run: CellRun): Promise<void> {
  if (existsSync(pathOf(run))) return;
  const name = `${run.fault} × ${run.response}, seed ${run.seed}`;
  for (let attempt = 1; attempt <= ATTEMPT_COUNT_MAX; attempt++) {
    try {
      const policy = fixedPolicy({ name: run.response, summary: "", response: run.response });
      const episode = await runEpisode({ fault: run.fault, seed: run.seed, policy });
      if (isEpisodeValid(episode)) {
        writeFileSync(`${pathOf(run)}.part`, JSON.stringify(episode));
        renameSync(`${pathOf(run)}.part`, pathOf(run));
        process.stderr.write(`${name}: kept\n`);
        return;
      }
      process.stderr.write(`${name}: the generator lagged, repeated\n`);
    } catch (error) {
      process.stderr.write(`${name}: ${toLabError(error).message}, repeated\n`);
    }
  }
  process.stderr.write(`${name}: given up after ${ATTEMPT_COUNT_MAX} attempts\n`);
}

async function measureAll(runs: readonly CellRun[], parallelCount: number): Promise<void> {
  const waiting = [...runs];
  await Promise.all(
    Array.from({ length: parallelCount }, async () => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) await measure(run);
    }),
  );
}

function summariseMachine(episodes: readonly Episode[]): string {
  const averages = episodes
    .flatMap((episode) => episode.windows.map((window) => window.machine.loadAverage))
    .sort((left, right) => left - right);
  const at = (share: number): string => (averages[Math.floor(share * (averages.length - 1))] ?? 0).toFixed(1);
  const windows = episodes.flatMap((episode) => episode.windows);
  const invalidCount = windows.filter((window) => !isWindowValid(window)).length;
  return (
    `Load average while measuring: median ${at(0.5)}, 5 % to 95 % ${at(0.05)} to ${at(0.95)}. ` +
    `Windows in which the generator lagged more than 50 ms: ${invalidCount} of ${windows.length}.`
  );
}

async function main(): Promise<number> {
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.seed) + index);
  const faults = chosen(values.faults, FAULT_NAMES);
  // Object.keys loses the key type; the table is declared over ResponseName.
  const responses = chosen(values.responses, Object.keys(RESPONSES) as ResponseName[]);
  const runs = responses.flatMap((response) =>
    seeds.flatMap((seed) => faults.map((fault) => ({ fault, response, seed }))),
  );
  mkdirSync(values.work, { recursive: true });
  await measureAll(runs, Number(values.parallel));
  const measured = runs.filter((run) => existsSync(pathOf(run)));
  const episodes = measured.map((run) => readEpisodeFile(pathOf(run)));
  const scores = measured.flatMap((run, index) => {
    const waitPath = pathOf({ ...run, response: "wait" });
    const episode = episodes[index];
    return episode === undefined || !existsSync(waitPath) ? [] : [scoreEpisode(episode, readEpisodeFile(waitPath))];
  });
  const table = buildTable(scores, "processes");
  // The claims are about the main faults: a table of others is only reported.
  const claims = MAIN_FAULTS.every((fault) => faults.includes(fault)) ? checkOrdering(table.cells) : [];
  const verdicts = claims.map(({ claim, holds }) => `- ${holds ? "holds" : "**DOES NOT HOLD**"}: ${claim}`);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, `${values.name}.json`), `${JSON.stringify(table, undefined, 1)}\n`);
  const text = [
    "# Fault × response, from real processes",
    "",
    `Made by \`npm run lab:table\`: ${table.episodeCount} episodes, means over seeds ${seeds.join(", ")}.`,
    summariseMachine(episodes),
    "",
    renderTable(table),
    ...(verdicts.length === 0 ? [] : ["", "## Ordering", "", ...verdicts]),
    "",
  ].join("\n");
  writeFileSync(join(values.out, `${values.name}.md`), text);
  process.stdout.write(text);
  return claims.every(({ holds }) => holds) && measured.length === runs.length ? 0 : 1;
}

process.exitCode = await main();
