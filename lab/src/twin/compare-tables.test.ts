import { describe, expect, it } from "vitest";

import { compareTables } from "./compare-tables.ts";
import { type Cell, parseTable, renderTable, TABLE_FORMAT, type Table } from "./table.ts";

function makeTable(goodShares: Readonly<Record<string, number>>): Table {
  const cells: Cell[] = Object.entries(goodShares).map(([response, goodShareAfter]) => ({
    fault: "LOAD",
    response,
    episodeCount: 1,
    restoredRate: Number(goodShareAfter >= 0.98),
    goodShareBefore: 0.5,
    goodShareAfter,
    timeToRestoreMs: null,
    duplicateRowCount: 0,
    duplicateRowHarm: 0,
    badAnswerHarm: 0,
    billingErrorShareAfter: 0,
    needlessRestartCount: 0,
    wrongSessionCount: 0,
    catastropheRate: 0,
    catastropheRates: { rows_corrupted: 0, billing_down: 0, outage: 0 },
    utility: 0,
  }));
  return { format: TABLE_FORMAT, tier: "twin", episodeCount: cells.length, cells };
}

describe("comparing tables", () => {
  it("agrees where values differ and the order does not", () => {
    const comparison = compareTables(makeTable({ wait: 0.1, scale_out: 1 }), makeTable({ wait: 0.4, scale_out: 0.99 }));

    expect(comparison.disagreements).toEqual([]);
    expect(comparison.measures.find(({ measure }) => measure === "goodShareAfter")).toMatchObject({
      concordantCount: 1,
      discordantCount: 0,
    });
  });

  it("names both cells and all four values where the order is opposite", () => {
    const comparison = compareTables(
      makeTable({ wait: 0.1, scale_out: 0.9 }),
      makeTable({ wait: 0.8, scale_out: 0.2 }),
    );

    expect(comparison.disagreements).toEqual([
      {
        measure: "goodShareAfter",
        greater: "LOAD × scale_out",
        smaller: "LOAD × wait",
        left: [0.9, 0.1],
        right: [0.2, 0.8],
      },
    ]);
  });

  it("takes a difference under 0.25 of the good share for noise", () => {
    const comparison = compareTables(
      makeTable({ wait: 0.5, scale_out: 0.7 }),
      makeTable({ wait: 0.7, scale_out: 0.5 }),
    );

    expect(comparison.disagreements).toEqual([]);
  });

  it("compares only cells that both tables have", () => {
    expect(compareTables(makeTable({ wait: 0.5 }), makeTable({ wait: 0.5, throttle: 0.1 })).cellCount).toBe(1);
  });
});

describe("a table", () => {
  it("survives being written and read", () => {
    const table = makeTable({ wait: 0.5 });

    expect(parseTable(JSON.stringify(table))).toEqual(table);
  });

  it("is refused when its format has another name", () => {
    expect(() => parseTable(`{"format":"something/1"}`)).toThrow("this is no table");
  });

  it("has one row of Markdown a cell", () => {
    expect(renderTable(makeTable({ wait: 0.5, scale_out: 1 })).split("\n")).toHaveLength(4);
  });
});
