import { type ChoiceTape, parseTape } from "../../simulation/choice-tape.ts";
import { countOption, readArgs, refuseOption } from "../../simulation/script-options.ts";
import { type KeptSchedule, keepSchedules, keptSchedules, type Simulator, tapesOf } from "./kept-schedules.ts";
import type { SeededBug } from "./seeded-bug.ts";
import { type BuggySimulator, bugsOf, simulatorWith } from "./simulators.ts";

/*
 * `node test/seeded-bugs/find-bugs.ts [--loop] [--json] [--only TEXT] [--schedules N]`: how many schedules each seeded
 * bug survives, and what it shrinks to. Without `--loop` it is the kernel's bugs, with it the engine's loop's.
 * `--kept` plays the schedules that were kept for each bug, and searches only if one of them no longer finds it.
 * `--keep` searches, and keeps what it finds.
 */

/** The result for one bug. */
export interface BugReport {
  readonly name: string;
  readonly breaks: string;
  readonly isFound: boolean;
  /** Whether its kept schedules found it, so that no search was needed. */
  readonly isKept: boolean;
  readonly schedules: number;
  readonly choices: number;
  readonly problem: string;
  /** What its kept schedules break without the bug. Nothing, or they tell nothing about it. */
  readonly problemWithoutBug: string;
  /** The schedules to keep. */
  readonly schedule: KeptSchedule | null;
}

const { values } = readArgs({
  options: {
    loop: { type: "boolean" },
    json: { type: "boolean" },
    kept: { type: "boolean" },
    keep: { type: "boolean" },
    only: { type: "string" },
    schedules: { type: "string" },
  },
});
if (values.kept === true && values.keep === true) refuseOption("`--kept` reads what `--keep` writes: choose one");
const simulator: Simulator = values.loop === true ? "loop" : "kernel";
const scheduleCount = countOption("schedules", values.schedules ?? "20000", 1);
const bugs = bugsOf[simulator];
const kept = keptSchedules(simulator);

/** Plays the kept schedules. Null if one of them no longer breaks anything, or lies beyond what the search plays. */
async function playKept(bug: SeededBug, buggy: BuggySimulator): Promise<BugReport | null> {
  const schedule = kept[bug.name];
  if (schedule === undefined || schedule.seed > scheduleCount) return null;
  let problem = "";
  for (const tape of tapesOf(schedule)) {
    // A schedule that is stale can lead a broken kernel anywhere. What it throws is not a finding of the oracle.
    problem = await problemAt(buggy, tape).catch(() => "");
    if (problem === "") return null;
  }
  const choices = parseTape(schedule.tape).length;
  const result = { isFound: true, isKept: true, schedules: schedule.seed, choices, problem, schedule };
  return { name: bug.name, breaks: bug.breaks, ...result, problemWithoutBug: await problemWithout(schedule) };
}

/** What the schedule breaks first, or nothing. */
async function problemAt(played: BuggySimulator, tape: ChoiceTape): Promise<string> {
  return (await played.play(tape)).violations[0] ?? "";
}

const withoutBug = simulatorWith(simulator, null, bugs.length);

async function problemWithout(schedule: KeptSchedule): Promise<string> {
  for (const tape of tapesOf(schedule)) {
    const problem = await problemAt(withoutBug, tape).catch(String);
    if (problem !== "") return problem;
  }
  return "";
}

async function searchFor(bug: SeededBug, buggy: BuggySimulator): Promise<BugReport> {
  const { schedules, first } = await buggy.search({ fromSeed: 1, schedules: scheduleCount, failFast: true });
  return {
    name: bug.name,
    breaks: bug.breaks,
    isFound: first !== null,
    isKept: false,
    schedules,
    choices: first?.choices ?? 0,
    problem: first?.problem ?? "",
    problemWithoutBug: "",
    schedule: first === null ? null : { seed: first.seed, tape: first.tape },
  };
}

/** Keeps what was found, in the order of the bugs. A bug that was not searched for keeps what it had. */
function keep(reports: readonly BugReport[]): void {
  const found = new Map(reports.map(({ name, schedule }) => [name, schedule]));
  const schedules = bugs.flatMap(({ name }) => {
    const schedule = found.has(name) ? found.get(name) : kept[name];
    return schedule == null ? [] : [[name, schedule] as const];
  });
  keepSchedules(simulator, Object.fromEntries(schedules));
}

const reports: BugReport[] = [];
for (const [id, bug] of bugs.entries()) {
  if (values.only !== undefined && !bug.name.includes(values.only)) continue;
  const buggy = simulatorWith(simulator, bug, id);
  const report = (values.kept === true ? await playKept(bug, buggy) : null) ?? (await searchFor(bug, buggy));
  reports.push(report);
  const { isFound, schedules, choices, problem } = report;
  if (values.json !== true)
    console.log(
      `${isFound ? "found" : "MISSED"} after ${schedules} schedules, ${choices} choices: ${bug.name}`,
      `\n    ${problem}`,
    );
}
if (values.keep === true) keep(reports);
if (values.json === true) console.log(JSON.stringify(reports));
else {
  const foundCount = reports.filter((report) => report.isFound).length;
  console.log(`${foundCount} of ${reports.length} found`);
  process.exitCode = foundCount < reports.length ? 1 : 0;
}
