import { readFileSync } from "node:fs";

import { expect, it } from "vitest";
import { RESPONSES, type ResponseName } from "../contract/actions.ts";
import { MAIN_FAULTS } from "../contract/faults.ts";
import { compareTables } from "../twin/compare-tables.ts";
import { scoreResponses } from "../twin/responses.ts";
import { buildTable, parseTable } from "../twin/table.ts";
import { checkOrdering } from "./check-ordering.ts";

// What `npm run lab:table` measured on real processes; made again there, never edited.
const measured = parseTable(readFileSync(new URL("../../measured/table-processes.json", import.meta.url), "utf8"));

it("the measured table has every main fault, three episodes a cell, from processes", () => {
  expect(measured.tier).toBe("processes");
  for (const fault of MAIN_FAULTS)
    expect(measured.cells.filter((cell) => cell.fault === fault).length).toBeGreaterThanOrEqual(5);
  for (const cell of measured.cells) expect(cell.episodeCount).toBeGreaterThanOrEqual(3);
});

it("the measured table bears out every claim the lab stands on", () => {
  expect(checkOrdering(measured.cells).filter(({ holds }) => !holds)).toEqual([]);
});

it("the twin orders no pair of the measured cells the other way round", () => {
  // Object.keys loses the key type; the table is declared over ResponseName.
  const responses = (Object.keys(RESPONSES) as ResponseName[]).filter((name) =>
    measured.cells.some((cell) => cell.response === name),
  );
  const scores = MAIN_FAULTS.flatMap((fault) => [1, 2, 3].flatMap((seed) => scoreResponses(fault, seed, responses)));

  const comparison = compareTables(measured, buildTable(scores, "twin"));

  expect(comparison.cellCount).toBe(measured.cells.length);
  expect(comparison.disagreements).toEqual([]);
});
