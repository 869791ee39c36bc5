import { invariant } from "../../value/invariant.ts";
import { betaInterval, type CredibleInterval } from "./beta.ts";

/**
 * A Dirichlet distribution over one row of probabilities. Each concentration is a count plus pseudo-counts, and above
 * 0.
 */
export interface DirichletPosterior {
  readonly concentrations: readonly number[];
}

/** The posterior after more counts (conjugacy; Gelman et al., Bayesian Data Analysis, 3.4). */
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

/** The sum of the concentrations: how many observations, real ones and pseudo-counts, the posterior rests on. */
export function totalConcentration({ concentrations }: DirichletPosterior): number {
  return concentrations.reduce((sum, concentration) => sum + concentration, 0);
}

/** The posterior mean of each probability, in declared order. The means sum to 1, up to rounding. */
export function dirichletMean(posterior: DirichletPosterior): readonly number[] {
  const total = totalConcentration(posterior);
  invariant(total > 0, "a posterior rests on something");
  return posterior.concentrations.map((concentration) => concentration / total);
}

/** The central credible interval of each probability alone. Every marginal of a Dirichlet is a Beta. */
export function dirichletIntervals(posterior: DirichletPosterior, mass: number): readonly CredibleInterval[] {
  const total = totalConcentration(posterior);
  return posterior.concentrations.map((concentration) => {
    const rest = total - concentration;
    // The only outcome of a row is certain, and so is one that holds the whole concentration.
    if (rest <= 0) return { low: 1, high: 1, mass };
    if (concentration <= 0) return { low: 0, high: 0, mass };
    return betaInterval({ alpha: concentration, beta: rest }, mass);
  });
}

/**
 * The pseudo-counts that an opinion contributes: its own proportions, at a weight that is capped.
 *
 * The cap keeps experience in charge: with more than `cap` closed incidents the opinion weighs less than half.
 *
 * @param opinion - the probabilities of one row, which sum to 1
 * @param weight - how many incidents the opinion counts as
 * @param cap - the most incidents it may count as
 */
export function opinionPseudoCounts(
  opinion: readonly number[],
  { weight, cap }: { readonly weight: number; readonly cap: number },
): readonly number[] {
  invariant(weight >= 0 && cap >= 0, "weights are not negative");
  const granted = Math.min(weight, cap);
  return opinion.map((probability) => probability * granted);
}
