// `npm run check:decisions -- [--count N] [--seed N]`: random small models, decided by the solvers and by a plain
// reading of the rules in exact fractions; and decided once more with too little room, where the policy has to keep the
// limits and the bound has to hold. Ends with 1 at the first difference, and prints the model.

import { readArgs } from "../simulation/script-options.ts";
import { compareBounded, tightOptions } from "../src/core/belief/solve/bounded-rules.fixture.ts";
import {
  compareWithRules,
  documentOf,
  eagerModel,
  randomHistory,
  randomModel,
  withPreconditions,
} from "../src/core/belief/solve/random-rules.fixture.ts";
import { createRng } from "../src/core/value/rng.ts";

const { values } = readArgs({
  options: { count: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
const rng = createRng(Number(values.seed));
const features = new Map<string, number>();
for (let index = 0; index < Number(values.count); index += 1) {
  const plain = index % 4 === 3 ? eagerModel(rng) : randomModel(rng);
  const model = index % 3 === 2 ? withPreconditions(rng, plain) : plain;
  const history = randomHistory(rng, model);
  const exact = compareWithRules(model, history);
  const bounded = compareBounded(model, history, tightOptions[rng.below(tightOptions.length)] ?? {});
  const disagreement = exact.disagreement ?? bounded.disagreement;
  const found = [...exact.features, ...bounded.features];
  for (const feature of found) features.set(feature, (features.get(feature) ?? 0) + 1);
  if (disagreement === null) continue;
  process.stdout.write(`model ${index}: ${disagreement}\nafter ${JSON.stringify(history)}\n`);
  process.stdout.write(`${JSON.stringify(documentOf(model), null, 2)}\n`);
  process.exitCode = 1;
  break;
}
if (process.exitCode !== 1) {
  process.stdout.write(`${values.count} models are decided alike\n`);
  for (const [feature, count] of [...features].sort(([, one], [, other]) => other - one))
    process.stdout.write(`  ${String(count).padStart(7)}  ${feature}\n`);
}
