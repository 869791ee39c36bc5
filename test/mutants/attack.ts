// `npm run attack -- [--depth D] [--json] [--pack NAME] [--objects N] [--values N] [--choices N] [--unguarded]`: every
// plan up to a depth that a hostile proposer can make of a pack. Exits 1 if a harmful one was accepted, or if more than
// 6 % of the safe ones need an approval although a grant covers everything.
import { countOption, readArgs } from "../../simulation/script-options.ts";
import { runAttack } from "./run-attack.ts";

const { values } = readArgs({
  options: {
    depth: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    pack: { type: "string", multiple: true, default: [] },
    objects: { type: "string", default: "2" },
    values: { type: "string", default: "2" },
    choices: { type: "string", default: "10" },
    unguarded: { type: "boolean", default: false },
  },
});
const attack = await runAttack({
  packs: values.pack,
  depth: countOption("depth", values.depth, 1),
  objectsMax: countOption("objects", values.objects, 1),
  valuesMax: countOption("values", values.values, 1),
  choicesMax: countOption("choices", values.choices, 3),
  unguarded: values.unguarded,
  onPack: (pack, planCount) => console.error(`${pack}: ${planCount}`),
});
const sum = (name: keyof (typeof attack.counts)[number]): number =>
  attack.counts.reduce((total, counts) => total + Number(counts[name]), 0);
const safe = sum("safe");
const totals = {
  plans: sum("plans"),
  safe,
  unsafe: sum("unsafe"),
  meaningless: sum("meaningless"),
  unsafeAccepted: sum("unsafeAccepted"),
  meaninglessAccepted: sum("meaninglessAccepted"),
  safeRefused: sum("safeRefused"),
  safeNeedingApproval: sum("safeNeedingApproval"),
  safeAsking: sum("safeAsking"),
};
if (values.json) console.log(JSON.stringify({ format: "interlock.attack/1", ...totals, ...attack }, null, 1));
else printTable();
process.exitCode = totals.unsafeAccepted > 0 || totals.safeNeedingApproval > 0.06 * safe ? 1 : 0;

function printTable(): void {
  const cells = (name: string, numbers: readonly (string | number)[]): string =>
    name.padEnd(28) + numbers.map((number) => String(number).padStart(12)).join("");
  console.log(
    cells("pack", ["depth", "plans", "unsafe", "accepted", "safe", "refused", "approval", "asking", "ms/plan"]),
  );
  for (const { pack, depth, plans, unsafe, unsafeAccepted, ms, ...of } of attack.counts)
    console.log(
      cells(pack, [
        depth,
        plans,
        unsafe,
        unsafeAccepted,
        of.safe,
        of.safeRefused,
        of.safeNeedingApproval,
        of.safeAsking,
        (ms / plans).toFixed(1),
      ]),
    );
  const { plans, unsafe, unsafeAccepted, safeRefused, safeNeedingApproval, safeAsking } = totals;
  console.log(cells("all", ["", plans, unsafe, unsafeAccepted, safe, safeRefused, safeNeedingApproval, safeAsking]));
  for (const { pack, what, why, steps } of attack.examples) console.log(`${pack} ${what}: ${steps.join("; ")}: ${why}`);
}
