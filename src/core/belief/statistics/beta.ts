import { invariant } from "../../value/invariant.ts";

// Logarithms and exponentials may differ in their last bit between engines. What is computed with them is shown to
// people and is never hashed. Decisions use only + − × ÷ and comparison.

/** A Beta distribution over a probability. `alpha` and `beta` are counts plus pseudo-counts, and both are above 0. */
export interface BetaPosterior {
  readonly alpha: number;
  readonly beta: number;
}

/** A central interval that holds `mass` of a posterior. */
export interface CredibleInterval {
  readonly low: number;
  readonly high: number;
  readonly mass: number;
}

// Lanczos' approximation with g = 7 and nine terms (Godfrey's coefficients): relative error below 1e-14 for x > 0.
const lanczos: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const lanczosG = 7;

/**
 * Natural logarithm of the gamma function (Lanczos 1964).
 *
 * @param x - above 0
 * @returns error below 1e-13 relative to max(1, |result|)
 */
export function logGamma(x: number): number {
  invariant(x > 0, "logGamma takes a positive number");
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = lanczos[0] ?? 0;
  for (let index = 1; index < lanczos.length; index += 1) sum += (lanczos[index] ?? 0) / (shifted + index);
  const t = shifted + lanczosG + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * Regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b) (DLMF 8.17).
 *
 * @param x - in [0, 1]
 * @returns in [0, 1]; error about 1e-16 times the size of the logarithms involved: 1e-13 at counts of 100, 1e-10 at 1e5
 *
 * Cost: a few dozen terms of the continued fraction; grows with the square root of max(a, b).
 */
export function regularisedIncompleteBeta(x: number, { alpha, beta }: BetaPosterior): number {
  invariant(alpha > 0 && beta > 0, "both parameters of a Beta are positive");
  invariant(x >= 0 && x <= 1, "a probability lies in [0, 1]");
  if (x === 0 || x === 1) return x;
  const logFront =
    logGamma(alpha + beta) - logGamma(alpha) - logGamma(beta) + alpha * Math.log(x) + beta * Math.log1p(-x);
  const front = Math.exp(logFront);
  // The fraction converges fast only on one side of the mean. The other side follows by symmetry (DLMF 8.17.4).
  if (x < (alpha + 1) / (alpha + beta + 2)) return clamp((front * betaFraction(x, alpha, beta)) / alpha);
  return clamp(1 - (front * betaFraction(1 - x, beta, alpha)) / beta);
}

const fractionTermsMax = 10_000;
const tiny = 1e-300;

/**
 * The continued fraction of DLMF 8.17.22, evaluated from the front by Lentz's method as modified by Thompson and
 * Barnett.
 */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= fractionTermsMax; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return fraction;
}

function awayFromZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** The posterior mean of the probability. */
export function betaMean({ alpha, beta }: BetaPosterior): number {
  return alpha / (alpha + beta);
}

/**
 * The posterior after `hits` and `misses` more observations (conjugacy; Gelman et al., Bayesian Data Analysis, 2.4).
 */
export function updateBeta(
  prior: BetaPosterior,
  { hits, misses }: { readonly hits: number; readonly misses: number },
): BetaPosterior {
  invariant(hits >= 0 && misses >= 0, "counts are not negative");
  return { alpha: prior.alpha + hits, beta: prior.beta + misses };
}

const bisectionsMax = 200;

/**
 * The value below which `mass` of the posterior lies. It is the inverse of the distribution function, found by
 * bisection.
 *
 * @param mass - in [0, 1]
 * @returns in [0, 1], as precise as neighbouring doubles allow
 *
 * Cost: about 60 evaluations of the incomplete beta function. Calibration needs hundreds of quantiles, not millions.
 */
export function betaQuantile(mass: number, posterior: BetaPosterior): number {
  invariant(mass >= 0 && mass <= 1, "a mass lies in [0, 1]");
  if (mass === 0 || mass === 1) return mass;
  let low = 0;
  let high = 1;
  for (let round = 0; round < bisectionsMax; round += 1) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (regularisedIncompleteBeta(middle, posterior) < mass) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The central interval that leaves (1 − mass) / 2 on either side. */
export function betaInterval(posterior: BetaPosterior, mass: number): CredibleInterval {
  const tail = (1 - mass) / 2;
  return { low: betaQuantile(tail, posterior), high: betaQuantile(1 - tail, posterior), mass };
}
