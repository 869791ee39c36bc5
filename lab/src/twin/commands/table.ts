/**
 * `npm run twin:table`: the table fault × response, about 10,000 episodes, as Markdown on stdout and JSON in a file.
 */

import { writeFileSync } from "node:fs";
import { readArgs } from "../../../../simulation/script-options.ts";

import { FAULT_NAMES } from "../../contract/faults.ts";
import { RESPONSE_NAMES, scoreResponses } from "../responses.ts";
import { buildTable, renderTable } from "../table.ts";

const { values } = readArgs({
  options: {
    seeds: { type: "string", default: "112" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const seedCount = Number(values.seeds);
const seedFirst = Number(values.seed);
const beganAtMs = performance.now();
const scores = FAULT_NAMES.flatMap((fault) =>
  Array.from({ length: seedCount }, (_, index) => scoreResponses(fault, seedFirst + index, RESPONSE_NAMES)).flat(),
);
const table = buildTable(scores, "twin");
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(table, undefined, 1)}\n`);
process.stdout.write(`${renderTable(table)}\n`);
process.stderr.write(`${table.episodeCount} episodes in ${((performance.now() - beganAtMs) / 1_000).toFixed(1)} s\n`);
