import { assertNever, invariant } from "../../value/invariant.ts";
import type { Observation, Policy } from "../policy.ts";
import type { Situation, SituationResponse, SituationStep } from "../situation.ts";

/**
 * A policy with what is believed, risked and hoped for at every node.
 *
 * It is computed forward, one context at a time, from the declared numbers alone: it shares nothing with the solvers,
 * so their figures are checked by it wherever a plan is explained.
 */
export type AnnotatedPolicy = AnnotatedCommit | AnnotatedDo;

interface AnnotatedBase {
  /** What was seen on the way here, in order. */
  readonly history: readonly Observation[];
  /** Probability of coming here. */
  readonly reach: number;
  /** P(context | history, no catastrophe so far), in declared order. */
  readonly belief: readonly number[];
  /** Probability that a step on the way here would have ended in catastrophe, given the outcomes seen before it. */
  readonly riskSpent: number;
  /** P(catastrophe from here on | history). */
  readonly riskToGo: number;
  /** Expected utility from here on, costs already paid left out, given the history. */
  readonly valueToGo: number;
}

/** A leaf: the response that ends the episode. */
export interface AnnotatedCommit extends AnnotatedBase {
  readonly kind: "commit";
  readonly response: SituationResponse;
}

/** A step and what follows each of its outcomes. */
export interface AnnotatedDo extends AnnotatedBase {
  readonly kind: "do";
  readonly step: SituationStep;
  readonly branches: readonly AnnotatedBranch[];
  /** P(the step ends the episode by itself, fixed | history); 0 for probes and waits. */
  readonly fixedProbability: number;
  /** P(the step itself ends in catastrophe | history). */
  readonly stepRisk: number;
}

/** One outcome and its probability given the history and that the step did not end the episode's story in catastrophe. */
export interface AnnotatedBranch {
  readonly outcome: string;
  readonly isSurprise: boolean;
  readonly probability: number;
  readonly then: AnnotatedPolicy;
}

interface Path {
  readonly situation: Situation;
  readonly history: readonly Observation[];
  /** P(context and history), unnormalised. */
  readonly joint: readonly number[];
  readonly riskSpent: number;
}

/**
 * Walks a policy forward from the situation's priors.
 *
 * @param policy - names only steps and responses of the situation
 *
 * Cost: nodes × contexts.
 */
export function annotatePolicy(situation: Situation, policy: Policy): AnnotatedPolicy {
  return annotate(policy, { situation, history: [], joint: situation.contexts.map((context) => context.prior), riskSpent: 0 });
}

function annotate(policy: Policy, path: Path): AnnotatedPolicy {
  switch (policy.kind) {
    case "commit": return annotateCommit(responseOf(path.situation, policy.response), path);
    case "do": return annotateDo(policy, stepOf(path.situation, policy.step), path);
    default: return assertNever(policy);
  }
}

function annotateCommit(response: SituationResponse, path: Path): AnnotatedCommit {
  const { situation, joint, history, riskSpent } = path;
  const reach = sum(joint);
  const belief = normalised(joint, reach);
  const riskToGo = weighted(belief, response.catastropheByContext);
  const valueToGo = belief.reduce((total, weight, index) => total + weight * responseWorth(situation, response, index), 0);
  return { kind: "commit", response, history, reach, belief, riskSpent, riskToGo, valueToGo };
}

function annotateDo(policy: Extract<Policy, { kind: "do" }>, step: SituationStep, path: Path): AnnotatedDo {
  const { situation, joint, history } = path;
  const reach = sum(joint);
  const belief = normalised(joint, reach);
  const stepRisk = weighted(belief, step.catastropheByContext);
  const survived = belief.map((weight, index) => weight * (1 - at(step.catastropheByContext, index)));
  const fixed = step.kind === "try" ? survived.map((weight, index) => weight * at(step.pFixedByContext, index)) : survived.map(() => 0);
  const riskSpent = 1 - (1 - path.riskSpent) * (1 - stepRisk);
  let riskToGo = stepRisk;
  let valueToGo = stepRisk * situation.catastropheUtility - weighted(belief, step.costByContext);
  if (step.kind === "try") valueToGo += weighted(fixed, step.fixedUtilityByContext);
  const branches = policy.on.map((branch): AnnotatedBranch => {
    const weights = survived.map((weight, index) => weight * outcomeLikelihood(step, branch.outcome, index));
    const probability = sum(weights);
    const then = annotate(branch.then, {
      situation, history: [...history, { step: step.id, outcome: branch.outcome }], joint: weights.map((weight) => weight * reach), riskSpent,
    });
    riskToGo += probability * then.riskToGo;
    valueToGo += probability * then.valueToGo;
    return { outcome: branch.outcome, isSurprise: branch.isSurprise, probability, then };
  });
  return { kind: "do", step, branches, history, reach, belief, riskSpent: path.riskSpent, riskToGo, valueToGo, fixedProbability: sum(fixed), stepRisk };
}

/** What a response is worth in one context: a catastrophe replaces the utility. */
export function responseWorth(situation: Situation, response: SituationResponse, contextIndex: number): number {
  const risk = at(response.catastropheByContext, contextIndex);
  return (1 - risk) * at(response.utilityByContext, contextIndex) + risk * situation.catastropheUtility;
}

/** P(this outcome | context, no catastrophe in the step); a `try` goes on with `not_fixed`. */
export function outcomeLikelihood(step: SituationStep, outcome: string, contextIndex: number): number {
  if (step.kind === "try") return outcome === "not_fixed" ? 1 - at(step.pFixedByContext, contextIndex) : at(step.pFixedByContext, contextIndex);
  const declared = step.outcomes.find((candidate) => candidate.id === outcome);
  invariant(declared !== undefined, "a policy branches on declared outcomes");
  return at(declared.likelihoodByContext, contextIndex);
}

/** The step of this name. */
export function stepOf(situation: Situation, id: string): SituationStep {
  const step = situation.steps.find((candidate) => candidate.id === id);
  invariant(step !== undefined, "a policy names steps of its situation");
  return step;
}

/** The response of this name. */
export function responseOf(situation: Situation, id: string): SituationResponse {
  const response = situation.responses.find((candidate) => candidate.id === id);
  invariant(response !== undefined, "a policy names responses of its situation");
  return response;
}

/** All leaves, in the policy's order. */
export function leavesOf(policy: AnnotatedPolicy): readonly AnnotatedCommit[] {
  return policy.kind === "commit" ? [policy] : policy.branches.flatMap((branch) => leavesOf(branch.then));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function weighted(weights: readonly number[], numbers: readonly number[]): number {
  return weights.reduce((total, weight, index) => total + weight * at(numbers, index), 0);
}

/** A history of probability 0 has no posterior; it keeps its zero weights, so nothing it says is ever counted. */
function normalised(joint: readonly number[], total: number): readonly number[] {
  return total > 0 ? joint.map((weight) => weight / total) : joint;
}

function at(numbers: readonly number[], index: number): number {
  const number = numbers[index];
  invariant(number !== undefined, "every list by context has one number per context");
  return number;
}
