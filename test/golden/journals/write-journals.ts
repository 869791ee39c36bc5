// `node test/golden/journals/write-journals.ts RELEASE` adds the journals of a release. It never changes existing ones.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foldPrefixes } from "./journal.ts";
import { drive, scenarios } from "./scenarios.ts";

const [release] = process.argv.slice(2);
if (release === undefined || !/^\d+\.\d+\.\d+$/.test(release)) throw new Error("usage: write-journals.ts RELEASE");
const folder = fileURLToPath(new URL(`${release}/`, import.meta.url));
mkdirSync(folder, { recursive: true });
for (const scenario of scenarios) {
  const path = `${folder}${scenario.name}.json`;
  if (existsSync(path)) continue;
  const { run, records } = drive(scenario);
  if (run === null) throw new Error("a scenario starts a run");
  const { planHash, runId } = run.prepared;
  const journal = {
    plan: scenario.plan,
    planHash,
    runId,
    records: records.map(({ atMs, event }) => ({ atMs, event })),
  };
  const states = foldPrefixes(journal);
  const document = { format: "interlock.golden-journal/1", release, ...journal, states };
  writeFileSync(path, `${JSON.stringify(document, null, 1)}\n`);
}
