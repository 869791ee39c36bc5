import { betaQuantile, type CredibleInterval } from "./beta.ts";

/** The count, mean and sample variance of measured amounts. */
export interface Sample {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * The quantile of Student's t distribution that leaves `tail` above it. It is computed from the Beta distribution: t² =
 * ν(1/x − 1) with x from Beta(ν/2, 1/2) (DLMF 8.17; Abramowitz and Stegun, 26.7.1).
 *
 * @param tail - the mass above the quantile, in (0, 0.5]
 * @param degrees - the degrees of freedom, at least 1
 */
export function studentQuantile(tail: number, degrees: number): number {
  const x = betaQuantile(2 * tail, { alpha: degrees / 2, beta: 0.5 });
  return Math.sqrt(degrees * (1 / x - 1));
}

/**
 * The credible interval for a mean under the reference prior of a normal model (Gelman et al., Bayesian Data Analysis,
 * 3.2). It is wide when few amounts were measured, and unbounded (±Infinity) when at most one was.
 */
export function studentInterval({ count, mean, variance }: Sample, mass: number): CredibleInterval {
  if (count < 2) return { low: -Infinity, high: Infinity, mass };
  const half = studentQuantile((1 - mass) / 2, count - 1) * Math.sqrt(variance / count);
  return { low: mean - half, high: mean + half, mass };
}
