// The same situation with every number wrong by chance: what people guess and count is never quite right.
import { createRandom, type Random } from "../../../lab/src/contract/random.ts";
import type { Situation, SituationStep } from "../../../src/core/belief/situation/situation.ts";

/** Standard deviations of what each kind of number is off by, on the scale named. */
export const perturbation = {
  /** Logarithm of a prior, and of each likelihood; a likelihood of nothing counts as one in two hundred first. */
  probabilities: 0.5,
  /** Logarithm of a utility, of a cost and of what a catastrophe is worth. */
  amounts: 0.3,
  /** Logarithm of the odds of a catastrophe. */
  catastrophes: 0.7,
} as const;

const likelihoodMin = 0.005;

/** One draw. The limit, the horizon and `unknown` are decisions, and stay. */
export function perturbed(situation: Situation, seed: number): Situation {
  const random = createRandom(seed, "perturbed numbers");
  const factor = (deviation: number): number => Math.exp(deviation * normal(random));
  const amount = (value: number): number => value * factor(perturbation.amounts);
  const risk = (p: number): number => {
    const odds = (p / (1 - p)) * factor(perturbation.catastrophes);
    return p === 0 || p === 1 ? p : odds / (1 + odds);
  };
  const unknown = situation.contexts.findIndex(({ id }) => id === "unknown");
  const known = <T>(values: readonly T[], change: (value: T) => T): readonly T[] =>
    values.map((value, context) => (context === unknown ? value : change(value)));
  const priors = known(
    situation.contexts.map(({ prior }) => prior),
    (prior) => prior * factor(perturbation.probabilities),
  );
  const kept = unknown < 0 ? 0 : (priors[unknown] ?? 0);
  const sum = priors.reduce((total, prior) => total + prior, 0) - kept;
  return {
    ...situation,
    contexts: situation.contexts.map((context, at) =>
      at === unknown ? context : { ...context, prior: ((priors[at] ?? 0) * (1 - kept)) / sum },
    ),
    catastropheUtility: amount(situation.catastropheUtility),
    steps: situation.steps.map((step) => withLikelihoods(step, unknown, () => factor(perturbation.probabilities))),
    responses: situation.responses.map((response) => ({
      ...response,
      utilityByContext: known(response.utilityByContext, amount),
      catastropheByContext: known(response.catastropheByContext, risk),
    })),
  };
}

function withLikelihoods(step: SituationStep, unknown: number, factor: () => number): SituationStep {
  if (step.kind === "try") return step;
  const rows = step.outcomes.map(({ likelihoodByContext }) =>
    likelihoodByContext.map((p, context) => (context === unknown ? p : Math.max(p, likelihoodMin) * factor())),
  );
  const sumIn = (context: number): number => rows.reduce((sum, row) => sum + (row[context] ?? 0), 0);
  const outcomes = step.outcomes.map((outcome, at) => ({
    ...outcome,
    likelihoodByContext: (rows[at] ?? []).map((p, context) => p / sumIn(context)),
  }));
  return { ...step, outcomes };
}

/** A draw of the normal distribution, by Box and Muller (1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
