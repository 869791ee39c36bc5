// `npm run bench:engine -- [--quick] [--only NAME] [--json FILE]`: compares the engine with the physical floor and with
// its peers. A ratio is the median of the ratios of single rounds, all in one process.
//
// `npm run bench:engine -- --against REF [--pairs N] [--rounds N] [--json FILE]`: compares this tree with the one at
// REF, in N pairs of processes. Exits 1 if a target is missed.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { countOption, readArgs, refuseOption } from "../simulation/script-options.ts";
import { showComparison } from "./engine/against/against.ts";
import { sampleCountMin } from "./engine/against/ratio-interval.ts";
import { appendFigures } from "./engine/append-figures.ts";
import { historyFigures, queryPlans } from "./engine/history-figures.ts";
import { kernelFigures } from "./engine/kernel-figures.ts";
import { type Figure, formatFigure, load, measureHash } from "./engine/measure.ts";
import { recoveryFigures } from "./engine/recovery-figures.ts";
import { loadLangGraph, runFigures } from "./engine/run-figures.ts";
import { stepFigures } from "./engine/step-figures.ts";
import { formatTargets, judgeFigures } from "./engine/targets.ts";

const { values } = readArgs({
  options: {
    json: { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    against: { type: "string" },
    pairs: { type: "string" },
    rounds: { type: "string" },
  },
});
if (values.against !== undefined) {
  const pairs = countOption("pairs", values.pairs ?? (values.quick ? "6" : "11"), sampleCountMin);
  const rounds = countOption("rounds", values.rounds ?? "9", 1);
  const { comparisons, isMet } = await showComparison(values.against, { pairs, rounds });
  if (values.json !== undefined)
    writeJson(values.json, { format: "interlock.bench-against/1", against: values.against, load: load(), comparisons });
  process.exit(isMet ? 0 : 1);
}
const rounds = values.quick ? 3 : 7;
const hashUs = measureHash();
const peers = await loadLangGraph();
const figures: Figure[] = [];

function show(section: string, found: readonly Figure[]): void {
  console.log(`\n${section} (load ${load()})`);
  for (const figure of found) console.log(`  ${formatFigure(figure)}`);
  figures.push(...found);
}

const plans = await queryPlans();
const sections: Readonly<Record<string, () => Promise<void>>> = {
  append: async () => show("append", await appendFigures(hashUs, rounds)),
  kernel: async () => show("kernel", await kernelFigures(hashUs, rounds)),
  step: async () => show("what a step is made of", await stepFigures(hashUs, rounds)),
  runs: async () => {
    for (const shape of [
      { runCount: 1, stepCount: 10 },
      { runCount: 1, stepCount: 100 },
      { runCount: 1, stepCount: 1_000 },
      { runCount: 64, stepCount: 10 },
      { runCount: 1_000, stepCount: 10 },
    ]) {
      show(
        `runs, ${shape.runCount} at a time, ${shape.stepCount} steps`,
        await runFigures(shape, peers, shape.runCount * shape.stepCount > 5_000 ? 3 : rounds),
      );
    }
  },
  history: async () => {
    console.log("\nquery plans");
    for (const { statement, plan, isScan } of plans)
      console.log(`  ${isScan ? "SCAN" : "ok  "} ${statement.padEnd(16)} ${plan}`);
    show("history", await historyFigures(values.quick ? 50_000 : 1_000_000, rounds));
  },
  recovery: async () => show("recovery", await recoveryFigures(values.quick ? 1_000 : 10_000)),
};

if (values.only !== undefined && !(values.only in sections))
  refuseOption(`\`--only\` takes one of ${Object.keys(sections).join(", ")}, not \`${values.only}\``);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}; Node ${process.version}`;
console.log(`H, one SHA-256 of 364 bytes: ${hashUs.toFixed(3)} µs of CPU; ${machine}`);
if (peers === null) console.log("LangGraph JS is not installed: `npm run bench:peers:install`");
for (const [name, run] of Object.entries(sections)) if (values.only === undefined || values.only === name) await run();
const judged = judgeFigures(figures);
console.log("\ntargets");
for (const line of formatTargets(judged)) console.log(`  ${line}`);
if (values.json !== undefined) {
  const { version } = process;
  const peerName = peers === null ? null : "langgraph";
  const report = { format: "interlock.bench-engine/1", hashUs, node: version, load: load(), peers: peerName };
  writeJson(values.json, { ...report, figures: judged, queryPlans: plans });
}

function writeJson(path: string, report: Readonly<Record<string, unknown>>): void {
  writeFileSync(path, `${JSON.stringify(report, null, 1)}\n`);
}
