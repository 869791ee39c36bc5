// `npm run mutants -- [--json] [--pack NAME] [--pairs N] [--seed N] [--stride N] [--door]`: mutates good plans of
// every pack. Exits 1 if a harmful mutant was accepted, or more than 5 % of the harmless ones were refused.
import { countOption, readArgs } from "../../simulation/script-options.ts";
import { runMutants } from "./run-mutants.ts";
import type { Counts } from "./tally.ts";

const { values } = readArgs({
  options: {
    json: { type: "boolean", default: false },
    pack: { type: "string", multiple: true, default: [] },
    pairs: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    stride: { type: "string", default: "1" },
    door: { type: "boolean", default: false },
  },
});
const beganMs = performance.now();
const tally = await runMutants({
  packs: values.pack,
  stride: countOption("stride", values.stride, 1),
  pairCount: countOption("pairs", values.pairs),
  seed: countOption("seed", values.seed),
  throughDoor: values.door,
  onPlan: (name, mutantCount) => console.error(`${name}: ${mutantCount}`),
});
const seconds = Math.round((performance.now() - beganMs) / 1_000);
const { all } = tally;
const acceptedShare = all.harmless === 0 ? 1 : (all.harmless - all.harmlessRefused) / all.harmless;
if (values.json)
  console.log(
    JSON.stringify(
      {
        format: "interlock.mutants/1",
        ...all,
        acceptedShare,
        seconds,
        harms: Object.fromEntries(tally.harms),
        byOperator: Object.fromEntries(tally.byOperator),
        disagreements: tally.disagreements(),
      },
      null,
      1,
    ),
  );
else printTable();
process.exitCode = all.harmfulAccepted > 0 || acceptedShare < 0.95 ? 1 : 0;

function printTable(): void {
  const row = (name: string, counts: Counts): readonly (string | number)[] => [
    name,
    counts.mutants,
    counts.harmful,
    counts.harmfulAccepted,
    counts.harmless,
    counts.harmlessRefused,
    counts.meaningless,
    counts.meaninglessAccepted,
  ];
  const rows = [
    ["changed", "mutants", "harmful", "accepted", "harmless", "refused", "meaningless", "accepted"],
    ...[...tally.byOperator].map(([name, counts]) => row(name, counts)),
    row("all", all),
  ];
  for (const cells of rows)
    console.log(
      cells.map((cell, index) => (index === 0 ? String(cell).padEnd(12) : String(cell).padStart(12))).join(""),
    );
  const harms = [...tally.harms].sort(([, left], [, right]) => right - left);
  console.log(`harm: ${harms.map(([name, count]) => `${name} ${count}`).join(", ")}`);
  console.log(`harmless accepted: ${(100 * acceptedShare).toFixed(1)} %; ${seconds} s`);
  for (const { kind, what, operator, count, example } of tally.disagreements()) {
    console.log(`${kind} ${what} (${operator}): ${count}, such as in ${example.plan}: ${example.why}`);
  }
}
