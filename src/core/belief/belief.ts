import { type Problem, problem } from "../value/codes.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote, suggestName } from "../value/text.ts";
import type { Observation } from "./policy.ts";
import { type CanonicalSituation, factorOf, toCanonical } from "./situation/canonical-order.ts";
import {
  outcomeIdsOf,
  reservedOutcomes,
  type Situation,
  type SituationStep,
  unknownContext,
} from "./situation/situation.ts";

/**
 * Posterior over contexts after one observation (Bayes' rule; Russell and Norvig, 4th ed., 12.5).
 *
 * @param prior - probability of each context, length n, sums to 1 within 1e-9
 * @param likelihood - P(observation | context i), length n, each in [0, 1]
 * @returns length n, sums to 1; `impossible_observation` when no context explains it (the caller escalates)
 *
 * Cost: O(n). Allocates one array.
 */
export function updateBelief(
  prior: Float64Array,
  likelihood: Float64Array,
): Result<Float64Array, { readonly kind: "impossible_observation" }> {
  const posterior = new Float64Array(prior.length);
  let evidence = 0;
  for (let i = 0; i < prior.length; i += 1) {
    const joint = (prior[i] ?? 0) * (likelihood[i] ?? 0);
    posterior[i] = joint;
    evidence += joint;
  }
  if (!(evidence > 0)) return fail({ kind: "impossible_observation" });
  for (let i = 0; i < prior.length; i += 1) posterior[i] = (posterior[i] ?? 0) / evidence;
  return ok(posterior);
}

/** What is believed after a history of observations. */
export interface Belief {
  /** P(context | everything observed, no catastrophe on the way); declared order, sums to 1. */
  readonly probabilityByContext: readonly number[];
  /** P(these observations without a catastrophe | their steps are taken), over all contexts. */
  readonly evidenceProbability: number;
}

/** One outcome a step may give next. `isSurprise`: below the situation's threshold under the named contexts, so it escalates. */
export interface PredictedOutcome {
  readonly outcome: string;
  /** P(outcome | everything observed, the step taken and the episode goes on). */
  readonly probability: number;
  readonly isSurprise: boolean;
}

/**
 * The belief after observations, whose order cannot matter, not even to the last bit: each context's weight is its prior times
 * one factor per step, a function of how often each outcome was seen.
 *
 * `none_of_these` and `no_answer` spend a use and change nothing: no answer is never a "no".
 *
 * @returns `E_SITUATION_EVIDENCE` for unknown names, uses beyond `maxUses` and a `fixed` that ended the episode;
 *   `E_SITUATION_EVIDENCE_IMPOSSIBLE` when no context explains the whole
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

/** The outcomes of a probe or wait as they are expected after observations, in declared order; a `try` predicts `not_fixed` and `fixed`. */
export function predictOutcomes(
  situation: Situation,
  observations: readonly Observation[],
  stepId: string,
): Result<readonly PredictedOutcome[], readonly Problem[]> {
  const before = beliefAfter(situation, observations);
  if (!before.ok) return before;
  const step = situation.steps.find(({ id }) => id === stepId);
  if (step === undefined) return fail([unknownStep("", stepId, situation)]);
  const canonical = toCanonical(situation);
  const weights = weightsAfter(canonical, observations);
  const canonicalStep = canonical.steps.find(({ source }) => source.id === stepId);
  const goesOn = dot(weights, canonicalStep?.goesOn);
  const isNamed = weights.map((weight, c) => weight * (canonical.isNamed[c] ?? 0));
  const goesOnNamed = dot(isNamed, canonicalStep?.goesOn);
  if (step.kind === "try")
    return ok(predictTry(before.value.evidenceProbability, goesOn, dot(weights, canonicalStep?.catastrophe)));
  return ok(
    outcomeIdsOf(step).map((outcome) => {
      const likelihood = canonicalStep?.continuation[canonicalStep.outcomeIds.indexOf(outcome)];
      const isSurprise =
        situation.escalation !== null && dot(isNamed, likelihood) < situation.surpriseThreshold * goesOnNamed;
      return { outcome, probability: goesOn > 0 ? dot(weights, likelihood) / goesOn : 0, isSurprise };
    }),
  );
}

/**
 * What is left to decide after observations: the posterior is the prior, spent uses are gone.
 *
 * @param options.spendsHorizon - true when the observations were steps of the plan being followed, false for what was known at intake
 */
export function situationAfter(
  situation: Situation,
  observations: readonly Observation[],
  options: { readonly spendsHorizon: boolean },
): Result<Situation, readonly Problem[]> {
  const belief = beliefAfter(situation, observations);
  if (!belief.ok) return belief;
  const usesOf = (step: SituationStep): number =>
    observations.filter((observation) => observation.step === step.id).length;
  return ok({
    ...situation,
    contexts: situation.contexts.map((context, c) => ({
      ...context,
      prior: belief.value.probabilityByContext[c] ?? 0,
    })),
    steps: situation.steps
      .filter((step) => usesOf(step) < step.maxUses)
      .map((step) => ({ ...step, maxUses: step.maxUses - usesOf(step) })),
    horizon: options.spendsHorizon ? Math.max(0, situation.horizon - observations.length) : situation.horizon,
  });
}

/** Whether an outcome is one every probe has, beside those declared. */
export function isReservedOutcome(outcome: string): boolean {
  return reservedOutcomes.some((reserved) => reserved === outcome);
}

/** The contexts somebody named: all but `unknown`. */
export function namedContexts(situation: Situation): readonly string[] {
  return situation.contexts.map(({ id }) => id).filter((id) => id !== unknownContext);
}

function checkObservations(situation: Situation, observations: readonly Observation[]): readonly Problem[] {
  const problems: Problem[] = [];
  observations.forEach(({ step: stepId, outcome }, index) => {
    const step = situation.steps.find(({ id }) => id === stepId);
    if (step === undefined) {
      problems.push(unknownStep(`/${index}/step`, stepId, situation));
      return;
    }
    const usesBefore = observations.slice(0, index).filter((other) => other.step === stepId);
    if (usesBefore.length >= step.maxUses) {
      const earlier = usesBefore.map((other) => quote(other.outcome)).join(", ");
      problems.push(
        problem(
          "E_SITUATION_EVIDENCE",
          `/${index}`,
          `${quote(stepId)} may be taken ${step.maxUses} time(s) and has answered ${earlier} already`,
        ),
      );
    }
    const known = outcomeIdsOf(step);
    if (step.kind === "try" && outcome === "fixed") {
      problems.push(
        problem(
          "E_SITUATION_EVIDENCE",
          `/${index}/outcome`,
          `\`fixed\` ends the episode: nothing is left to decide after ${quote(stepId)}`,
          "observe `not_fixed`, or close the incident",
        ),
      );
    } else if (!known.includes(outcome) && !isReservedOutcome(outcome)) {
      problems.push(
        problem(
          "E_SITUATION_EVIDENCE",
          `/${index}/outcome`,
          `${quote(outcome)} is not an outcome of ${quote(stepId)}`,
          suggestName(outcome, [...known, ...reservedOutcomes]),
        ),
      );
    }
  });
  return problems;
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

function predictTry(evidence: number, goesOn: number, hit: number): readonly PredictedOutcome[] {
  const survives = evidence - hit;
  const notFixed = survives > 0 ? goesOn / survives : 0;
  return [
    { outcome: "fixed", probability: Math.max(0, 1 - notFixed), isSurprise: false },
    { outcome: "not_fixed", probability: notFixed, isSurprise: false },
  ];
}

function dot(weights: Float64Array, row: Float64Array | undefined): number {
  return sum(weights.map((weight, c) => weight * (row?.[c] ?? 0)));
}

/** Adds from first to last; weights are in canonical order. */
function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
