import { betaQuantile, type CredibleInterval } from "./beta.ts";

/** Count, mean and sample variance of measured amounts. */
export interface Sample {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * Upper-tail quantile of Student's t distribution, through the Beta distribution: t² = ν(1/x − 1) with x of Beta(ν/2,
 * 1/2) (DLMF 8.17; Abramowitz and Stegun, 26.7.1).
 *
 * @param tail - mass above the quantile, in (0, 0.5]
 * @param degrees - degrees of freedom, at least 1
 */
export function studentQuantile(tail: number, degrees: number): number {
  const x = betaQuantile(2 * tail, { alpha: degrees / 2, beta: 0.5 });
  return Math.sqrt(degrees * (1 / x - 1));
}

/**
 * Interval for a mean under the reference prior of a normal model (Gelman et al., Bayesian Data Analysis, 3.2): wide
 * when few amounts were measured, and unbounded (±Infinity) when only one was.
 */
export function studentInterval({ count, mean, variance }: Sample, mass: number): CredibleInterval {
  if (count < 2) return { low: -Infinity, high: Infinity, mass };
  const half = studentQuantile((1 - mass) / 2, count - 1) * Math.sqrt(variance / count);
  return { low: mean - half, high: mean + half, mass };
}
