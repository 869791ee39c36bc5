import { describe, expect, it } from "vitest";
import { type Cell, renderRespondTable, summariseCells } from "./respond-summary.ts";

const damage = { badAnswerCount: 100, duplicateRowCount: 0, billingErrorCount: 0 };

function cellOf(given: Partial<Cell>): Cell {
  return {
    policy: "interlock",
    fault: "DB",
    seed: 1,
    outcome: "restored",
    response: "terminate_report",
    risk: 0.008,
    reason: "",
    restored: true,
    escalated: false,
    wroteInVain: false,
    rightlyEscalated: false,
    catastrophes: [],
    damage,
    harm: damage,
    timeToRestoreMs: 4_000,
    logVerifies: true,
    rowsWhileRestored: 0,
    isValid: true,
    ...given,
  };
}

const average = cellOf({
  policy: "scale-out",
  outcome: "scale_out",
  response: "scale_out",
  restored: false,
  catastrophes: ["billing_down"],
});

/** The claims that do not hold. */
function broken(cells: readonly Cell[]): readonly string[] {
  return summariseCells(cells)
    .claims.filter(({ holds }) => !holds)
    .map(({ claim }) => claim);
}

describe("the claims of the table", () => {
  it("hold where two of three were restored and the average plan did worse", () => {
    expect(
      broken(
        [1, 2]
          .map((seed) => cellOf({ seed }))
          .concat(cellOf({ seed: 3, restored: false, outcome: "escalated" }), average),
      ),
    ).toEqual([]);
  });

  it.each([
    [
      "one of three was restored",
      [cellOf({}), cellOf({ seed: 2, restored: false }), cellOf({ seed: 3, restored: false })],
      "DB: at least two of three",
    ],
    ["it was restored, but not by what we reported", [cellOf({ outcome: "escalated" })], "DB: at least two of three"],
    ["a response exceeded the limit", [cellOf({ risk: 0.021 })], "beyond the limit"],
    ["rows were applied twice while success was shown", [cellOf({ rowsWhileRestored: 1 })], "still applied twice"],
    ["a log does not verify", [cellOf({ logVerifies: false })], "every log verifies"],
    [
      "the average plan did as well",
      [cellOf({}), { ...average, restored: true, catastrophes: [] }],
      "scale-out restores less often",
    ],
    [
      "an act on a fault outside the four was a catastrophe",
      [cellOf({ fault: "DISK", catastrophes: ["outage"] })],
      "outside the four faults: escalated",
    ],
    [
      "something was written in vain on a fault outside the four",
      [cellOf({ fault: "DISK", wroteInVain: true, outcome: "wrote, failed, then escalated" })],
      "written in vain",
    ],
  ] as const)("do not hold where %s", (_, cells, claim) => {
    expect(broken(cells).filter((one) => one.includes(claim))).toHaveLength(1);
  });

  it("rates are over the four faults; others are listed and not counted", () => {
    const summary = summariseCells([cellOf({}), cellOf({ fault: "DISK", restored: false })]);

    expect(summary.policies).toMatchObject([{ policy: "interlock", episodeCount: 1, restoredRate: 1 }]);
    expect(
      renderRespondTable(
        summary,
        [cellOf({ fault: "DISK", escalated: true, outcome: "escalated", rightlyEscalated: true })],
        2,
      ),
    ).toContain("escalated (rightly)");
  });
});
