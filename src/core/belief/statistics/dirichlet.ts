import { invariant } from "../../value/invariant.ts";
import { betaInterval, type CredibleInterval } from "./beta.ts";

/** A Dirichlet distribution over one row of probabilities; each concentration is counts plus pseudo-counts, above 0. */
export interface DirichletPosterior {
  readonly concentrations: readonly number[];
}

/** Posterior after more counts (conjugacy; Gelman et al., Bayesian Data Analysis, 3.4). */
export function updateDirichlet(prior: DirichletPosterior, counts: readonly number[]): DirichletPosterior {
  invariant(counts.length === prior.concentrations.length, "counts and concentrations have one length");
  return {
    concentrations: prior.concentrations.map((concentration, index) => {
      const count = counts[index] ?? 0;
      invariant(count >= 0, "counts are not negative");
      return concentration + count;
    }),
  };
}

/** Sum of the concentrations: how many observations, real and pretended, the posterior rests on. */
export function totalConcentration({ concentrations }: DirichletPosterior): number {
  return concentrations.reduce((sum, concentration) => sum + concentration, 0);
}

/** Posterior mean of each probability, in the declared order; sums to 1 within rounding. */
export function dirichletMean(posterior: DirichletPosterior): readonly number[] {
  const total = totalConcentration(posterior);
  invariant(total > 0, "a posterior rests on something");
  return posterior.concentrations.map((concentration) => concentration / total);
}

/** Central credible interval of each probability alone: every marginal of a Dirichlet is a Beta. */
export function dirichletIntervals(posterior: DirichletPosterior, mass: number): readonly CredibleInterval[] {
  const total = totalConcentration(posterior);
  return posterior.concentrations.map((concentration) => {
    const rest = total - concentration;
    // A row of one outcome is certain, and so is a concentration that is all there is.
    if (rest <= 0) return { low: 1, high: 1, mass };
    if (concentration <= 0) return { low: 0, high: 0, mass };
    return betaInterval({ alpha: concentration, beta: rest }, mass);
  });
}

/**
 * Pseudo-counts that an opinion may contribute: its own shape, its weight capped.
 *
 * The cap is what keeps experience in charge: after `cap` closed incidents the opinion weighs less than half.
 *
 * @param opinion - probabilities of one row, sums to 1
 * @param weight - as many incidents as the opinion claims to be worth
 * @param cap - as many as it may be worth at most
 */
export function opinionPseudoCounts(
  opinion: readonly number[],
  { weight, cap }: { readonly weight: number; readonly cap: number },
): readonly number[] {
  invariant(weight >= 0 && cap >= 0, "weights are not negative");
  const granted = Math.min(weight, cap);
  return opinion.map((probability) => probability * granted);
}
