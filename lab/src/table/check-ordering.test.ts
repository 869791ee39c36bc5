import { expect, it } from "vitest";

import { MAIN_FAULTS } from "../contract/faults.ts";
import { scoreResponses } from "../twin/responses.ts";
import { buildTable } from "../twin/table.ts";
import { checkOrdering, type OrderedCell } from "./check-ordering.ts";

function cell(fault: string, response: string, change: Partial<OrderedCell> = {}): OrderedCell {
  return { fault, response, episodeCount: 3, restoredRate: 0, goodShareAfter: 0.9, duplicateRowCount: 0, ...change };
}

const EXPECTED: readonly OrderedCell[] = [
  cell("LOAD", "wait"),
  cell("LOAD", "scale_out", { restoredRate: 1 }),
  cell("LOAD", "roll_back"),
  cell("DB", "wait"),
  cell("DB", "terminate_report", { restoredRate: 1 }),
  cell("DB", "scale_out"),
  // Restores too: reported, not gated.
  cell("DB", "pause_nightly", { restoredRate: 1 }),
  cell("CIRCUIT", "wait"),
  cell("CIRCUIT", "restore_breaker", { restoredRate: 0.67 }),
  cell("CIRCUIT", "scale_out", { restoredRate: 0.33 }),
  cell("BUG", "wait", { duplicateRowCount: 180 }),
  cell("BUG", "roll_back", { duplicateRowCount: 12 }),
  cell("BUG", "scale_out", { duplicateRowCount: 300 }),
];

function failing(cells: readonly OrderedCell[]): string[] {
  return checkOrdering(cells)
    .filter(({ holds }) => !holds)
    .map(({ claim }) => claim);
}

function replaced(fault: string, response: string, change: Partial<OrderedCell>): OrderedCell[] {
  return EXPECTED.map((entry) =>
    entry.fault === fault && entry.response === response ? { ...entry, ...change } : entry,
  );
}

it("the ordering the lab stands on passes", () => {
  expect(failing(EXPECTED)).toEqual([]);
});

it("a right response that does not restore is told", () => {
  expect(failing(replaced("DB", "terminate_report", { restoredRate: 0.33 }))).toEqual([
    "DB: terminate_report restores",
  ]);
});

it("waiting that restores is told, and so is the wrong response", () => {
  expect(failing(replaced("LOAD", "wait", { restoredRate: 1 }))).toEqual(["LOAD: wait does not restore"]);
  expect(failing(replaced("CIRCUIT", "scale_out", { restoredRate: 0.67 }))).toEqual([
    "CIRCUIT: scale_out does not restore",
  ]);
});

it("under BUG a difference in rows below a catastrophe's worth is no ordering", () => {
  expect(failing(replaced("BUG", "scale_out", { duplicateRowCount: 200 }))).toEqual([
    "BUG: scale_out corrupts more rows than waiting",
  ]);
});

it("a cell that was not measured does not pass", () => {
  expect(failing(EXPECTED.filter((entry) => entry.response !== "scale_out")).length).toBeGreaterThanOrEqual(3);
});

it("the twin bears out every claim, on seeds nothing was calibrated with", () => {
  const responses = ["wait", "scale_out", "terminate_report", "roll_back", "restore_breaker"] as const;
  const scores = MAIN_FAULTS.flatMap((fault) =>
    [501, 502, 503].flatMap((seed) => scoreResponses(fault, seed, responses)),
  );

  expect(failing(buildTable(scores, "twin").cells)).toEqual([]);
});
