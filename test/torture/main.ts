// `npm run torture -- [--cycles N] [--seed N] [--json] [--keep]`: exits 0 when no invariant was violated, else 1.
import { countOption, readArgs } from "../../simulation/script-options.ts";
import { runTorture } from "./run-torture.ts";

const { values } = readArgs({
  options: {
    cycles: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const torture = await runTorture({
  cycles: countOption("cycles", values.cycles, 1),
  seed: countOption("seed", values.seed),
  keep: values.keep,
});
if (values.json) {
  console.log(
    JSON.stringify({
      format: "interlock.torture/1",
      seed: Number(values.seed),
      ...torture,
      violations: torture.violations.length,
      found: torture.violations,
    }),
  );
} else {
  const outcomes = Object.entries(torture.outcomes)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(", ");
  const counts = [
    `${torture.runCount} runs (${outcomes})`,
    `${torture.takenOverCount} taken over`,
    `${torture.effectCount} effects`,
    `${torture.repeatedCount} repeated under their key`,
  ];
  console.log(`${torture.cycles} kills in ${torture.seconds.toFixed(1)} s: ${counts.join(", ")}`);
  for (const violation of torture.violations) console.log(`VIOLATION ${violation}`);
}
process.exitCode = torture.violations.length === 0 ? 0 : 1;
