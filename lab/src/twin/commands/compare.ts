/**
 * `node lab/src/twin/commands/compare.ts PROCESSES.json TWIN.json`: do the two tiers order the cells alike? Exit 1 when
 * not.
 */
import { readFileSync } from "node:fs";

import { compareTables } from "../compare-tables.ts";
import { parseTable } from "../table.ts";

const [leftPath, rightPath] = process.argv.slice(2);
if (leftPath === undefined || rightPath === undefined) {
  process.stderr.write("usage: compare PROCESSES.json TWIN.json (tables as `twin:table --json` writes them)\n");
  process.exit(64);
}
const comparison = compareTables(
  parseTable(readFileSync(leftPath, "utf8")),
  parseTable(readFileSync(rightPath, "utf8")),
);
process.stdout.write(
  `${comparison.cellCount} cells in both tables

| measure | same order | opposite | told apart by one only | tied in both |
|---|--:|--:|--:|--:|
`,
);
for (const row of comparison.measures) {
  process.stdout.write(
    `| ${row.measure} | ${row.concordantCount} | ${row.discordantCount} | ${row.halfTiedCount} | ${row.tiedCount} |\n`,
  );
}
for (const { measure, greater, smaller, left, right } of comparison.disagreements) {
  const [onLeft, onRight] = [left, right].map((values) => values.map((value) => value.toFixed(2)).join(", "));
  process.stdout.write(`\n${measure}: ${greater} > ${smaller} on the left (${onLeft}), not on the right (${onRight})`);
}
process.stdout.write("\n");
process.exitCode = comparison.disagreements.length === 0 ? 0 : 1;
