import { parseArgs } from "node:util";
import type { simulate as simulateFunction } from "../../simulation/simulate.ts";
import { kernelBugs } from "./kernel-bugs.ts";
import { importWithBug } from "./load-bug.ts";

// `node test/seeded-bugs/find-bugs.ts [--json] [--only TEXT]`: how many schedules each seeded bug survives, and what it
// shrinks to.

/** The result for one bug. */
export interface BugReport {
  readonly name: string;
  readonly breaks: string;
  readonly isFound: boolean;
  readonly schedules: number;
  readonly choices: number;
  readonly problem: string;
}

const { values } = parseArgs({
  options: { json: { type: "boolean" }, only: { type: "string" }, schedules: { type: "string" } },
});
const reports: BugReport[] = [];
for (const [id, bug] of kernelBugs.entries()) {
  if (values.only !== undefined && !bug.name.includes(values.only)) continue;
  const { simulate } = await importWithBug<{ readonly simulate: typeof simulateFunction }>(
    "simulation/simulate.ts",
    bug,
    id,
  );
  const { schedules, first } = simulate({ fromSeed: 1, schedules: Number(values.schedules ?? 20_000), failFast: true });
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
