import { type Problem, problem } from "../value/codes.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote, suggestName } from "../value/text.ts";
import type { Observation } from "./policy.ts";
import {
  type CanonicalSituation,
  type CanonicalStep,
  compareNames,
  factorOf,
  toCanonical,
} from "./situation/canonical-order.ts";
import { movesAfter } from "./situation/preconditions.ts";
import {
  outcomeIdsOf,
  reservedOutcomes,
  type SeenBefore,
  type SeenItem,
  type Situation,
  type SituationStep,
} from "./situation/situation.ts";
import { continuationOf } from "./solve/evaluate-policy.ts";

/** What is believed after a history of observations. */
export interface Belief {
  /** P(context | everything observed, no catastrophe on the way); declared order, sums to 1. */
  readonly probabilityByContext: readonly number[];
  /** P(these observations without a catastrophe | their steps are taken), over all contexts. */
  readonly evidenceProbability: number;
}

/**
 * The belief after observations, by Bayes' rule (Russell and Norvig, 4th ed., 12.5).
 *
 * The order of the observations changes nothing, not even the last bit. Each context's weight is its prior times one
 * factor for each step, and that factor depends only on how often each outcome was seen.
 *
 * `none_of_these` and `no_answer` spend a use and leave the belief as it was: a missing answer is never a "no".
 *
 * @returns `E_SITUATION_EVIDENCE` for unknown names, uses beyond `maxUses`, and a `fixed` that already ended the
 *   episode; `E_SITUATION_EVIDENCE_IMPOSSIBLE` when no context explains all observations together
 *
 * Cost: steps × observations × contexts.
 */
export function beliefAfter(
  situation: Situation,
  observations: readonly Observation[],
): Result<Belief, readonly Problem[]> {
  const problems = checkObservations(situation, observations);
  if (problems.length > 0) return fail(problems);
  const canonical = toCanonical(situation);
  const weights = weightsAfter(canonical, observations);
  const evidenceProbability = sum(weights);
  if (!(evidenceProbability > 0)) {
    const seen = observations.map(({ step, outcome }) => `${step}=${outcome}`).join(", ");
    return fail([problem("E_SITUATION_EVIDENCE_IMPOSSIBLE", "", `no context explains ${quote(seen)} together`)]);
  }
  const probabilityByContext = situation.contexts.map(
    ({ id }) => (weights[canonical.contextIds.indexOf(id)] ?? 0) / evidenceProbability,
  );
  return ok({ probabilityByContext, evidenceProbability });
}

/**
 * What is left to decide after observations: the posterior becomes the prior, uses that were spent are gone, and each
 * observation has taken one step of the horizon. Risk that the steps ran is spent. The limits stay as they are.
 *
 * The order of the observations changes none of it, so one body of evidence gives one decision.
 *
 * @returns the problems of `beliefAfter`
 */
export function situationAfter(
  situation: Situation,
  observations: readonly Observation[],
): Result<Situation, readonly Problem[]> {
  const belief = beliefAfter(situation, observations);
  if (!belief.ok) return belief;
  const left = movesAfter(situation, observations);
  const useCountOf = (stepId: string): number => observations.filter(({ step }) => step === stepId).length;
  return ok({
    ...situation,
    contexts: situation.contexts.map((context, c) => ({
      ...context,
      prior: belief.value.probabilityByContext[c] ?? 0,
    })),
    responses: left.responses,
    steps: left.steps
      .map((step) => ({ ...step, maxUses: step.maxUses - useCountOf(step.id) }))
      .filter((step) => step.maxUses > 0),
    horizon: Math.max(0, situation.horizon - observations.length),
    seen: seenAfter(situation, observations),
    riskSpent: situation.riskSpent + riskSpentBy(toCanonical(situation), observations),
  });
}

function seenAfter(situation: Situation, observations: readonly Observation[]): SeenBefore {
  const items = observations.flatMap(({ step: id, outcome }): readonly SeenItem[] => {
    const step = situation.steps.find((candidate) => candidate.id === id);
    // An answer that is of no use says nothing.
    if (step === undefined || !outcomeIdsOf(step).includes(outcome)) return [];
    const likelihoodByContext = situation.contexts.map((_, c) => continuationOf(step, outcome, c));
    const goesOnByContext = situation.contexts.map((_, c) =>
      outcomeIdsOf(step).reduce((sum, one) => sum + continuationOf(step, one, c), 0),
    );
    return [{ step: id, kind: step.kind, outcome, likelihoodByContext, goesOnByContext }];
  });
  return {
    priorByContext: situation.seen?.priorByContext ?? situation.contexts.map(({ prior }) => prior),
    items: [...(situation.seen?.items ?? []), ...items].toSorted(
      (one, other) => compareNames(one.step, other.step) || compareNames(one.outcome, other.outcome),
    ),
  };
}

/**
 * P(the steps taken would have ended in catastrophe | their answers): how likely a catastrophe was that did not come. A
 * step without a risk spends nothing.
 */
function riskSpentBy(canonical: CanonicalSituation, observations: readonly Observation[]): number {
  const isRisky = canonical.steps.some((step) => step.catastrophe.some((risk) => risk > 0));
  if (!isRisky) return 0;
  const survivalOf = (c: number, counts: (seen: Observation, step: CanonicalStep) => boolean): number => {
    let survival = 1;
    for (const step of canonical.steps)
      for (const seen of observations) if (counts(seen, step)) survival *= 1 - (step.catastrophe[c] ?? 0);
    return survival;
  };
  const isTaken = (seen: Observation, step: CanonicalStep): boolean => seen.step === step.source.id;
  const isAnswered = (seen: Observation, step: CanonicalStep): boolean =>
    isTaken(seen, step) && step.outcomeIds.includes(seen.outcome);
  // The weights hold the survival of the steps that answered. Divided by it, they are those of the answers alone.
  const answered = weightsAfter(canonical, observations).map((weight, c) =>
    weight === 0 ? 0 : weight / survivalOf(c, isAnswered),
  );
  const survived = answered.map((weight, c) => weight * survivalOf(c, isTaken));
  return Math.max(0, 1 - sum(survived) / sum(answered));
}

function checkObservations(situation: Situation, observations: readonly Observation[]): readonly Problem[] {
  return observations.flatMap(({ step: stepId, outcome }, index) => {
    const step = situation.steps.find(({ id }) => id === stepId);
    if (step === undefined) return [unknownStep(`/${index}/step`, stepId, situation)];
    const earlier = observations.slice(0, index).filter((other) => other.step === stepId);
    return [...checkUses(step, earlier, `/${index}`), ...checkOutcome(step, outcome, `/${index}/outcome`)];
  });
}

function checkUses(step: SituationStep, earlier: readonly Observation[], pointer: string): readonly Problem[] {
  if (earlier.length < step.maxUses) return [];
  const answers = earlier.map((other) => quote(other.outcome)).join(", ");
  const times = step.maxUses === 1 ? "once" : `${step.maxUses} times`;
  return [
    problem(
      "E_SITUATION_EVIDENCE",
      pointer,
      `${quote(step.id)} may be taken ${times} and has already answered ${answers}`,
    ),
  ];
}

function checkOutcome(step: SituationStep, outcome: string, pointer: string): readonly Problem[] {
  if (step.kind === "try" && outcome === "fixed") {
    return [
      problem(
        "E_SITUATION_EVIDENCE",
        pointer,
        `\`fixed\` ends the episode: nothing is left to decide after ${quote(step.id)}`,
        "observe `not_fixed`, or close the incident",
      ),
    ];
  }
  const known: readonly string[] = [...outcomeIdsOf(step), ...reservedOutcomes];
  if (known.includes(outcome)) return [];
  return [
    problem(
      "E_SITUATION_EVIDENCE",
      pointer,
      `${quote(outcome)} is not an outcome of ${quote(step.id)}`,
      suggestName(outcome, known),
    ),
  ];
}

function unknownStep(pointer: string, stepId: string, situation: Situation): Problem {
  return problem(
    "E_SITUATION_EVIDENCE",
    pointer,
    `${quote(stepId)} is not a step of the situation`,
    suggestName(
      stepId,
      situation.steps.map(({ id }) => id),
    ),
  );
}

function weightsAfter(canonical: CanonicalSituation, observations: readonly Observation[]): Float64Array {
  const weights = Float64Array.from(canonical.prior);
  for (const step of canonical.steps) {
    const counts = step.outcomeIds.map(
      (outcome) => observations.filter((seen) => seen.step === step.source.id && seen.outcome === outcome).length,
    );
    for (let c = 0; c < weights.length; c += 1) weights[c] = (weights[c] ?? 0) * factorOf(step, counts, c);
  }
  return weights;
}

/** Adds from first to last. The weights are in canonical order, so the sum has one order too. */
function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
