import { describe, expect, it } from "vitest";
import { evaluateGuard } from "../../guard/evaluate-guard.fixture.ts";
import { formatGuard } from "../../guard/format-guard.ts";
import { atMostFailed, atMostSize } from "./at-most.ts";

const idsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `s${index}`);

describe("atMostFailed", () => {
  it("holds exactly where at most so many failed, over every combination of up to eight steps", () => {
    const wrong: string[] = [];

    for (let count = 1; count <= 8; count += 1) {
      for (let failedMax = 0; failedMax <= count; failedMax += 1) {
        const formula = atMostFailed(idsOf(count), failedMax);
        for (let bits = 0; bits < 2 ** count; bits += 1) {
          const failed = [...bits.toString(2)].filter((bit) => bit === "1").length;
          const holds =
            formula === undefined ||
            evaluateGuard({ formula, reads: [] }, (id) =>
              ((bits >>> Number(id.slice(1))) & 1) === 1 ? "failed" : "done",
            );
          if (holds !== failed <= failedMax) wrong.push(`${count} ${failedMax} ${bits}`);
        }
      }
    }

    expect(wrong).toEqual([]);
  });

  it("is as large as was counted beforehand", () => {
    const sizes = [
      [7, 0],
      [9, 1],
      [20, 3],
      [50, 2],
      [6, 6],
    ].map(([count = 0, failedMax = 0]) => {
      const formula = atMostFailed(idsOf(count), failedMax);
      const written = formula === undefined ? 0 : formatGuard(formula).split("!=").length - 1;
      return [written, atMostSize(count, failedMax)];
    });

    expect(sizes.map(([written]) => written)).toEqual(sizes.map(([, counted]) => counted));
  });

  it("grows little faster than the fleet, not as the ways to choose failures", () => {
    // Two of a hundred can fail in 4,950 ways, three in 161,700.
    expect([atMostSize(100, 0), atMostSize(100, 1), atMostSize(100, 2)].map((size) => size < 3_500)).toEqual([
      true,
      true,
      true,
    ]);
    expect(atMostSize(100, 3)).toBeLessThan(161_700 / 10);
  });
});
