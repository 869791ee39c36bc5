import type { simulateLoop as simulateLoopFunction } from "../../simulation/loop/simulate-loop.ts";
import { readArgs } from "../../simulation/script-options.ts";
import type { simulate as simulateFunction } from "../../simulation/simulate.ts";
import type { ScheduleRange, SimulationSummary } from "../../simulation/summary.ts";
import { kernelBugs } from "./kernel-bugs.ts";
import { importWithBug } from "./load-bug.ts";
import { loopBugs } from "./loop-bugs.ts";
import type { SeededBug } from "./seeded-bug.ts";

// `node test/seeded-bugs/find-bugs.ts [--loop] [--json] [--only TEXT]`: how many schedules each seeded bug survives,
// and what it shrinks to. Without `--loop` it is the kernel's bugs, with it the engine's loop's.

/** The result for one bug. */
export interface BugReport {
  readonly name: string;
  readonly breaks: string;
  readonly isFound: boolean;
  readonly schedules: number;
  readonly choices: number;
  readonly problem: string;
}

async function simulateKernel(bug: SeededBug, id: number, range: ScheduleRange): Promise<SimulationSummary> {
  const path = "simulation/simulate.ts";
  const { simulate } = await importWithBug<{ readonly simulate: typeof simulateFunction }>(path, bug, id);
  return simulate(range);
}

async function simulateLoop(bug: SeededBug, id: number, range: ScheduleRange): Promise<SimulationSummary> {
  const path = "simulation/loop/simulate-loop.ts";
  const { simulateLoop } = await importWithBug<{ readonly simulateLoop: typeof simulateLoopFunction }>(path, bug, id);
  return simulateLoop(range);
}

const { values } = readArgs({
  options: {
    loop: { type: "boolean" },
    json: { type: "boolean" },
    only: { type: "string" },
    schedules: { type: "string" },
  },
});
const [bugs, simulateBug] = values.loop === true ? [loopBugs, simulateLoop] : [kernelBugs, simulateKernel];
const range = { fromSeed: 1, schedules: Number(values.schedules ?? 20_000), failFast: true };
const reports: BugReport[] = [];
for (const [id, bug] of bugs.entries()) {
  if (values.only !== undefined && !bug.name.includes(values.only)) continue;
  const { schedules, first } = await simulateBug(bug, id, range);
  const report = {
    name: bug.name,
    breaks: bug.breaks,
    isFound: first !== null,
    schedules,
    choices: first?.choices ?? 0,
    problem: first?.problem ?? "",
  };
  reports.push(report);
  if (values.json !== true)
    console.log(
      `${report.isFound ? "found" : "MISSED"} after ${schedules} schedules, ${report.choices} choices: ${bug.name}`,
      `\n    ${report.problem}`,
    );
}
if (values.json === true) console.log(JSON.stringify(reports));
else console.log(`${reports.filter((report) => report.isFound).length} of ${reports.length} found`);
