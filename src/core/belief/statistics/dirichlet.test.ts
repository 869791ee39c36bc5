import { describe, expect, it } from "vitest";
import { betaInterval } from "./beta.ts";
import {
  dirichletIntervals,
  dirichletMean,
  opinionPseudoCounts,
  totalConcentration,
  updateDirichlet,
} from "./dirichlet.ts";

describe("Dirichlet posterior", () => {
  it("Laplace's rule of succession: a flat prior and counts 3, 1, 0 give 4/7, 2/7, 1/7", () => {
    const posterior = updateDirichlet({ concentrations: [1, 1, 1] }, [3, 1, 0]);

    expect(dirichletMean(posterior).map((p) => p * 7)).toEqual([
      expect.closeTo(4, 12),
      expect.closeTo(2, 12),
      expect.closeTo(1, 12),
    ]);
    expect(totalConcentration(posterior)).toBe(7);
  });

  it("the order of updates does not matter", () => {
    const prior = { concentrations: [0.5, 2, 1] };

    expect(updateDirichlet(updateDirichlet(prior, [1, 0, 4]), [2, 2, 0])).toEqual(
      updateDirichlet(updateDirichlet(prior, [2, 2, 0]), [1, 0, 4]),
    );
  });

  it("each marginal interval is that of the Beta of this outcome against the rest", () => {
    const intervals = dirichletIntervals({ concentrations: [4, 2, 1] }, 0.9);

    expect(intervals[1]).toEqual(betaInterval({ alpha: 2, beta: 5 }, 0.9));
  });

  it("intervals of two outcomes mirror each other", () => {
    const [first, second] = dirichletIntervals({ concentrations: [3, 9] }, 0.95);

    expect(first?.low).toBeCloseTo(1 - (second?.high ?? 0), 12);
    expect(first?.high).toBeCloseTo(1 - (second?.low ?? 0), 12);
  });

  it("a row with a single possible outcome is certain", () => {
    expect(dirichletIntervals({ concentrations: [5] }, 0.9)).toEqual([{ low: 1, high: 1, mass: 0.9 }]);
    expect(dirichletIntervals({ concentrations: [5, 0] }, 0.9)[1]).toEqual({ low: 0, high: 0, mass: 0.9 });
  });

  it("an opinion keeps its shape and never weighs more than its cap", () => {
    expect(opinionPseudoCounts([0.25, 0.75], { weight: 1000, cap: 8 })).toEqual([2, 6]);
    expect(opinionPseudoCounts([0.25, 0.75], { weight: 4, cap: 8 })).toEqual([1, 3]);
  });

  it("as many closed incidents as the cap pull the mean at least half way from opinion to experience", () => {
    const opinion = opinionPseudoCounts([0.9, 0.1], { weight: 1000, cap: 10 });
    const [mean] = dirichletMean(updateDirichlet({ concentrations: opinion }, [0, 10]));

    expect(mean).toBeCloseTo(0.45, 12);
  });
});
