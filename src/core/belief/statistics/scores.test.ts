import { describe, expect, it } from "vitest";
import { drawUniform } from "./scores.fixture.ts";
import { brierScore, calibrationError, type JudgedForecast, logScore, reliabilityTable } from "./scores.ts";

describe("brierScore", () => {
  it("Brier's own two-category form: 0.7 for rain that fell scores 0.18", () => {
    expect(brierScore([{ probabilities: [0.7, 0.3], actualIndex: 0 }])).toBeCloseTo(0.18, 12);
  });

  it("certain and right is 0, certain and wrong is 2, ignorance over n is 1 − 1/n", () => {
    expect(brierScore([{ probabilities: [1, 0, 0], actualIndex: 0 }])).toBe(0);
    expect(brierScore([{ probabilities: [1, 0, 0], actualIndex: 2 }])).toBe(2);
    expect(brierScore([{ probabilities: [0.25, 0.25, 0.25, 0.25], actualIndex: 3 }])).toBeCloseTo(0.75, 12);
  });
});

describe("logScore", () => {
  it("ignorance over n scores ln n, and the impossible that happened scores infinity", () => {
    expect(logScore([{ probabilities: [0.25, 0.25, 0.25, 0.25], actualIndex: 1 }])).toBeCloseTo(Math.log(4), 12);
    expect(logScore([{ probabilities: [1, 0], actualIndex: 1 }])).toBe(Infinity);
  });
});

describe("both scores are proper", () => {
  it("no forecast has a better expected score than the truth (checked over a grid of forecasts)", () => {
    const truth = 0.3;
    const expected = (score: (forecasts: readonly JudgedForecast[]) => number, claim: number): number =>
      truth * score([{ probabilities: [claim, 1 - claim], actualIndex: 0 }]) +
      (1 - truth) * score([{ probabilities: [claim, 1 - claim], actualIndex: 1 }]);

    for (let percent = 1; percent < 100; percent += 1) {
      expect(expected(brierScore, percent / 100)).toBeGreaterThanOrEqual(expected(brierScore, truth) - 1e-12);
      expect(expected(logScore, percent / 100)).toBeGreaterThanOrEqual(expected(logScore, truth) - 1e-12);
    }
  });
});

describe("reliabilityTable", () => {
  it("every claim is counted once, in the bin of its probability, 1 in the last", () => {
    const table = reliabilityTable(
      [
        { probabilities: [1, 0], actualIndex: 0 },
        { probabilities: [0.25, 0.75], actualIndex: 0 },
      ],
      4,
    );

    expect(table.map((row) => [row.count, row.trueCount])).toEqual([
      [1, 0],
      [1, 1],
      [0, 0],
      [2, 1],
    ]);
    expect(table[3]?.claimed).toBe(0.875);
    expect(table[3]?.observed).toBe(0.5);
  });

  it("forecasts drawn from their own probabilities lie near the diagonal; overconfident ones do not", () => {
    const draw = drawUniform(11);
    const honest: JudgedForecast[] = [];
    const overconfident: JudgedForecast[] = [];
    for (let index = 0; index < 20_000; index += 1) {
      const truth = draw();
      const actualIndex = draw() < truth ? 0 : 1;
      const loud = truth > 0.5 ? 0.99 : 0.01;
      honest.push({ probabilities: [truth, 1 - truth], actualIndex });
      overconfident.push({ probabilities: [loud, 1 - loud], actualIndex });
    }

    expect(calibrationError(reliabilityTable(honest, 10))).toBeLessThan(0.02);
    expect(calibrationError(reliabilityTable(overconfident, 10))).toBeGreaterThan(0.2);
  });
});
