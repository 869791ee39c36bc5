/** `npm run twin:likelihoods`: counts P(outcome | context) again and writes the table the built-in policies use. */

import { writeFileSync } from "node:fs";
import { readArgs } from "../../../../simulation/script-options.ts";

import { MAIN_FAULTS } from "../../contract/faults.ts";
import { countLikelihoods } from "../../policies/likelihoods.ts";
import { generateIncidents } from "../incidents.ts";

const { values } = readArgs({ options: { count: { type: "string", default: "2000" } } });
// Far from the seeds with which tables and tests begin, so that no policy is judged on the incidents that it was
// counted from.
const incidents = [
  ...generateIncidents({ count: Number(values.count), seedFirst: 1_000_000, prior: "uniform", responses: "wait" }),
];
const labelled = incidents.flatMap(({ context, observations }) => {
  const named = MAIN_FAULTS.find((fault) => fault === context);
  return named === undefined ? [] : [{ context: named, outcomes: observations }];
});
const table = countLikelihoods(labelled);
writeFileSync(new URL("../../policies/likelihoods.json", import.meta.url), `${JSON.stringify(table, undefined, 1)}\n`);
process.stderr.write(`counted ${labelled.length} incidents\n`);
