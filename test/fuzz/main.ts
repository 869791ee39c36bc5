// `npm run fuzz -- [--target NAME] [--seconds N] [--seed N] [--case N]`: exits 0 when every input was taken or refused,
// else 1 with a line that plays the failing case again.
import { countOption, readArgs, refuseOption } from "../../simulation/script-options.ts";
import { fuzz } from "./fuzz.ts";
import { fuzzTargets } from "./targets.ts";

const { values } = readArgs({
  options: {
    target: { type: "string" },
    seconds: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    case: { type: "string" },
  },
});
const names = fuzzTargets.map(({ name }) => name);
if (values.target !== undefined && !names.includes(values.target))
  refuseOption(`there is no target \`${values.target}\`: ${names.join(", ")}`);
const seconds = countOption("seconds", values.seconds, 1);
const seed = countOption("seed", values.seed);
const only = values.case === undefined ? null : countOption("case", values.case);

for (const target of fuzzTargets) {
  if (values.target !== undefined && target.name !== values.target) continue;
  const beganMs = performance.now();
  const until = (): boolean => performance.now() - beganMs >= seconds * 1_000;
  const { caseCount, takenCount, slowestMs, failure } = await fuzz(target, { seed, until, only });
  const perSecond = Math.round(caseCount / ((performance.now() - beganMs) / 1_000));
  const share = caseCount === 0 ? 0 : (100 * takenCount) / caseCount;
  console.log(
    `${target.name}: ${caseCount} cases, ${share.toFixed(1)} % taken, ${perSecond} a second, ` +
      `slowest ${slowestMs.toFixed(0)} ms`,
  );
  if (failure === null) continue;
  console.log(`FAILURE ${failure.message}`);
  console.log(`  again: npm run fuzz -- --target ${target.name} --seed ${seed} --case ${failure.index}`);
  process.exitCode = 1;
}
