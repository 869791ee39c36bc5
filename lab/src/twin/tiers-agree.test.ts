/**
 * The twin against the real processes: `testdata/processes-table.json` was made from 60 recorded episodes, three seeds
 * a cell, while the machine's load average was 19 in the median (the main faults × waiting and the four right
 * responses).
 */
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { MAIN_FAULTS } from "../contract/faults.ts";
import { compareTables } from "./compare-tables.ts";
import { scoreResponses } from "./responses.ts";
import { buildTable, parseTable } from "./table.ts";

const RESPONSES = ["wait", "scale_out", "terminate_report", "roll_back", "restore_breaker"] as const;
const SEEDS = [1, 2, 3, 4, 5, 6];

const processes = parseTable(readFileSync(new URL("./testdata/processes-table.json", import.meta.url), "utf8"));
const twin = buildTable(
  MAIN_FAULTS.flatMap((fault) => SEEDS.flatMap((seed) => scoreResponses(fault, seed, RESPONSES))),
  "twin",
);

describe("the twin and the real processes", () => {
  const comparison = compareTables(processes, twin);

  it("share every cell of the main faults", () => {
    expect([processes.tier, twin.tier, comparison.cellCount]).toEqual([
      "processes",
      "twin",
      MAIN_FAULTS.length * RESPONSES.length,
    ]);
  });

  it("order no two cells in opposite ways, by any measure", () => {
    expect(comparison.disagreements).toEqual([]);
  });

  it.each([
    ["restoredRate", 50],
    ["goodShareAfter", 90],
    ["duplicateRowCount", 50],
    ["billingErrorShareAfter", 15],
  ] as const)("both tell at least as many pairs apart by %s as would show a difference (%d)", (measure, leastCount) => {
    expect(comparison.measures.find((row) => row.measure === measure)?.concordantCount).toBeGreaterThanOrEqual(
      leastCount,
    );
  });

  it("seldom is a pair told apart by one of them alone: under one in ten", () => {
    for (const { concordantCount, halfTiedCount } of comparison.measures)
      expect(halfTiedCount).toBeLessThan(0.1 * (concordantCount + halfTiedCount));
  });

  it("would be found to disagree, had the twin taken LOAD's cure for CIRCUIT's", () => {
    const names: Readonly<Record<string, string>> = { LOAD: "CIRCUIT", CIRCUIT: "LOAD" };
    const swapped = { ...twin, cells: twin.cells.map((cell) => ({ ...cell, fault: names[cell.fault] ?? cell.fault })) };

    expect(compareTables(processes, swapped).disagreements.length).toBeGreaterThan(10);
  });
});
