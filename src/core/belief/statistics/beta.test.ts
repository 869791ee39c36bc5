import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BetaPosterior,
  betaInterval,
  betaMean,
  betaQuantile,
  logGamma,
  regularisedIncompleteBeta,
  updateBeta,
} from "./beta.ts";

/**
 * Simpson's rule on t = sin²(θ), which removes the poles at 0 and 1: an oracle that shares nothing with the continued
 * fraction.
 */
function incompleteBetaByIntegration(x: number, { alpha, beta }: BetaPosterior): number {
  const density = (theta: number): number => 2 * Math.sin(theta) ** (2 * alpha - 1) * Math.cos(theta) ** (2 * beta - 1);
  const integrate = (to: number): number => {
    const intervals = 20_000;
    const width = to / intervals;
    let sum = density(0) + density(to);
    for (let index = 1; index < intervals; index += 1) sum += (index % 2 === 1 ? 4 : 2) * density(index * width);
    return (sum * width) / 3;
  };
  return integrate(Math.asin(Math.sqrt(x))) / integrate(Math.PI / 2);
}

/** For whole a and b, I_x(a, b) is the chance of at least a successes in a + b − 1 trials (DLMF 8.17.5). */
function incompleteBetaByBinomial(x: number, { alpha, beta }: BetaPosterior): number {
  const trials = alpha + beta - 1;
  let term = (1 - x) ** trials;
  let below = 0;
  for (let successes = 0; successes < alpha; successes += 1) {
    below += term;
    term *= ((trials - successes) / (successes + 1)) * (x / (1 - x));
  }
  return 1 - below;
}

describe("logGamma", () => {
  it("equals the logarithm of the factorial at whole numbers", () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n += 1) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 11);
      factorial *= n;
    }
  });

  it("equals published values: Γ(1/2) = √π and ln Γ(100) = 359.1342053695754 (Abramowitz and Stegun, 6.4)", () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
    expect(logGamma(100)).toBeCloseTo(359.1342053695754, 9);
    expect(logGamma(0.1)).toBeCloseTo(2.252712651734206, 12);
  });
});

describe("regularisedIncompleteBeta", () => {
  it("has the closed forms of small parameters", () => {
    expect(regularisedIncompleteBeta(0.3, { alpha: 1, beta: 1 })).toBeCloseTo(0.3, 14);
    expect(regularisedIncompleteBeta(0.3, { alpha: 1, beta: 5 })).toBeCloseTo(1 - 0.7 ** 5, 13);
    expect(regularisedIncompleteBeta(0.3, { alpha: 4, beta: 1 })).toBeCloseTo(0.3 ** 4, 13);
    expect(regularisedIncompleteBeta(0.3, { alpha: 0.5, beta: 0.5 })).toBeCloseTo(
      (2 / Math.PI) * Math.asin(Math.sqrt(0.3)),
      12,
    );
  });

  it("agrees with numerical integration at parameters that are not whole", () => {
    for (const posterior of [
      { alpha: 2.5, beta: 7.25 },
      { alpha: 0.7, beta: 3.1 },
      { alpha: 30.5, beta: 4.5 },
      { alpha: 0.5, beta: 200 },
    ]) {
      for (const x of [0.001, 0.05, 0.3, 0.5, 0.87, 0.999]) {
        expect(regularisedIncompleteBeta(x, posterior)).toBeCloseTo(incompleteBetaByIntegration(x, posterior), 6);
      }
    }
  });

  it("agrees with the binomial tail at whole parameters", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (alpha, beta, x) => {
          expect(regularisedIncompleteBeta(x, { alpha, beta })).toBeCloseTo(
            incompleteBetaByBinomial(x, { alpha, beta }),
            9,
          );
        },
      ),
      { numRuns: 200, seed: 4 },
    );
  });

  it("stays a distribution function at large counts", () => {
    const posterior = { alpha: 60_000, beta: 40_000 };

    expect(regularisedIncompleteBeta(0.59, posterior)).toBeLessThan(1e-8);
    expect(regularisedIncompleteBeta(0.61, posterior)).toBeGreaterThan(1 - 1e-8);
    // Half the mass lies below the median, which is about (α − 1/3)/(α + β − 2/3) (Kerman 2011).
    expect(regularisedIncompleteBeta((60_000 - 1 / 3) / (100_000 - 2 / 3), posterior)).toBeCloseTo(0.5, 6);
  });
});

describe("betaQuantile", () => {
  it("the Clopper–Pearson bound of no failure in n trials is 1 − 0.05^(1/n), the rule of three", () => {
    for (const n of [10, 59, 100, 1000])
      expect(betaQuantile(0.95, { alpha: 1, beta: n })).toBeCloseTo(1 - 0.05 ** (1 / n), 12);
  });

  it("published 95 % interval of 8 successes in 10 under a flat prior: 0.482 to 0.940", () => {
    const interval = betaInterval(updateBeta({ alpha: 1, beta: 1 }, { hits: 8, misses: 2 }), 0.95);

    expect(interval.low).toBeCloseTo(0.4822, 4);
    expect(interval.high).toBeCloseTo(0.9398, 4);
  });

  it("is the inverse of the distribution function, where the density is finite", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 300, noNaN: true }),
        fc.double({ min: 1, max: 300, noNaN: true }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (alpha, beta, mass) => {
          expect(regularisedIncompleteBeta(betaQuantile(mass, { alpha, beta }), { alpha, beta })).toBeCloseTo(mass, 8);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it("the interval narrows as observations arrive, and the mean goes to the observed share", () => {
    const widths = [10, 100, 1000].map((n) => {
      const posterior = updateBeta({ alpha: 1, beta: 1 }, { hits: 0.3 * n, misses: 0.7 * n });
      const { low, high } = betaInterval(posterior, 0.9);
      return { width: high - low, gap: Math.abs(betaMean(posterior) - 0.3) };
    });

    expect(widths[0]?.width).toBeGreaterThan(widths[1]?.width ?? Infinity);
    expect(widths[1]?.width).toBeGreaterThan(widths[2]?.width ?? Infinity);
    expect(widths[2]?.gap).toBeLessThan(0.001);
  });
});
