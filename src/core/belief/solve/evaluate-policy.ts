import { assertNever, invariant } from "../../value/invariant.ts";
import type { Policy } from "../policy.ts";
import { compareNames, sumByName } from "../situation/canonical-order.ts";
import type { Situation, SituationResponse, SituationStep } from "../situation/situation.ts";

/**
 * What following a policy leads to. Probabilities and expectations are seen from its start unless a field says
 * otherwise.
 */
export interface PolicyEvaluation {
  readonly value: number;
  readonly risk: number;
  readonly expectedSteps: number;
  /** The same figures in each context, in declared order. */
  readonly byContext: readonly FiguresInContext[];
  /** How the episode can end: with a response, with a try that fixed the matter, with a catastrophe in a step. */
  readonly endings: readonly PolicyEnding[];
  /** Every declared catastrophe probability that adds to the risk, largest contribution first. */
  readonly riskSources: readonly RiskSource[];
}

/** The figures of a policy when one context is true. */
export interface FiguresInContext {
  readonly context: string;
  readonly value: number;
  readonly risk: number;
  readonly expectedSteps: number;
}

/** One way the episode can end, with its probability from the start. */
export interface PolicyEnding {
  readonly kind: "response" | "fixed" | "catastrophe_in_step";
  readonly of: string;
  readonly probability: number;
}

/**
 * The part of a policy's risk that comes from one declared number: the catastrophe `probability` of `of` under
 * `context`.
 */
export interface RiskSource {
  readonly of: string;
  readonly context: string;
  readonly probability: number;
  readonly risk: number;
}

/**
 * Evaluates any policy forward, context by context and without beliefs. It shares no code with the solvers, whose
 * figures it checks.
 *
 * An outcome without a branch leads to `escalation`, as in the compiled plan.
 *
 * Cost: distinct subtrees × contexts × outcomes, and one walk over the tree per context for the endings.
 */
export function evaluatePolicy(situation: Situation, policy: Policy): PolicyEvaluation {
  const figures = situation.contexts.map((context, c) => ({
    context: context.id,
    ...figuresInContext(situation, policy, c),
  }));
  const overContexts = (numberOf: (one: FiguresInContext) => number): number =>
    sumByName(
      situation.contexts.map(({ id }) => id),
      figures.map((one, c) => (situation.contexts[c]?.prior ?? 0) * numberOf(one)),
    );
  const reach = reachOf(situation, policy);
  return {
    value: overContexts((one) => one.value),
    risk: overContexts((one) => one.risk),
    expectedSteps: overContexts((one) => one.expectedSteps),
    byContext: figures,
    endings: endingsOf(situation, reach),
    riskSources: riskSourcesOf(situation, reach),
  };
}

interface Figures {
  readonly value: number;
  readonly risk: number;
  readonly expectedSteps: number;
}

/** The probability that following a policy ever ends in catastrophe, escalations included. */
export function riskOf(situation: Situation, policy: Policy): number {
  return sumByName(
    situation.contexts.map(({ id }) => id),
    situation.contexts.map(({ prior }, c) => prior * figuresInContext(situation, policy, c).risk),
  );
}

/**
 * The part of a policy's risk that the limit counts: what it would risk if its escalations had none, or all of it where
 * the limit covers everything.
 */
export function ownRiskOf(situation: Situation, policy: Policy): number {
  if (situation.limitCovers === "everything") return riskOf(situation, policy);
  const responses = situation.responses.map((response) =>
    response.kind === "act" ? response : { ...response, catastropheByContext: situation.contexts.map(() => 0) },
  );
  return riskOf({ ...situation, responses }, policy);
}

/** The figures of a policy in one context. A subtree object that occurs in several places is evaluated once. */
export function figuresInContext(situation: Situation, policy: Policy, contextIndex: number): Figures {
  const known = new Map<Policy, Figures>();
  const visit = (node: Policy): Figures => {
    const done = known.get(node);
    if (done !== undefined) return done;
    const figures =
      node.kind === "commit"
        ? commitFigures(situation, node.response, contextIndex)
        : doFigures(situation, node, contextIndex, visit);
    known.set(node, figures);
    return figures;
  };
  return visit(policy);
}

function commitFigures(situation: Situation, id: string, c: number): Figures {
  const response = responseOf(situation, id);
  const risk = response.catastropheByContext[c] ?? 0;
  return {
    value: risk * situation.catastropheUtility + (1 - risk) * (response.utilityByContext[c] ?? 0),
    risk,
    expectedSteps: 0,
  };
}

function doFigures(
  situation: Situation,
  node: Policy & { kind: "do" },
  c: number,
  visit: (child: Policy) => Figures,
): Figures {
  const step = stepOf(situation, node.step);
  const hit = step.catastropheByContext[c] ?? 0;
  let value = hit * situation.catastropheUtility - (step.costByContext[c] ?? 0);
  let risk = hit;
  let expectedSteps = 1;
  if (step.kind === "try") value += (1 - hit) * (step.pFixedByContext[c] ?? 0) * (step.fixedUtilityByContext[c] ?? 0);
  for (const { id, probability } of continuationsOf(step, c)) {
    if (probability === 0) continue;
    const child = visit(branchOf(situation, node, id));
    value += probability * child.value;
    risk += probability * child.risk;
    expectedSteps += probability * child.expectedSteps;
  }
  return { value, risk, expectedSteps };
}

/**
 * The outcomes after which the episode goes on, each with its probability in one context. Catastrophes and fixes are
 * left out. The outcomes are in the order of their names, so that sums over them do not depend on the declared order.
 */
function continuationsOf(
  step: SituationStep,
  contextIndex: number,
): readonly { readonly id: string; readonly probability: number }[] {
  const survives = 1 - (step.catastropheByContext[contextIndex] ?? 0);
  switch (step.kind) {
    case "try":
      return [{ id: "not_fixed", probability: survives * (1 - (step.pFixedByContext[contextIndex] ?? 0)) }];
    case "probe":
    case "wait": {
      const outcomes = step.outcomes.map(({ id, likelihoodByContext }) => ({
        id,
        probability: survives * (likelihoodByContext[contextIndex] ?? 0),
      }));
      return outcomes.sort((left, right) => compareNames(left.id, right.id));
    }
    default:
      return assertNever(step);
  }
}

/** P(this outcome, and the episode goes on | context). */
export function continuationOf(step: SituationStep, outcome: string, contextIndex: number): number {
  return continuationsOf(step, contextIndex).find(({ id }) => id === outcome)?.probability ?? 0;
}

/**
 * What follows an outcome: the branch of the policy, or else the escalation. A card without an escalation takes its
 * first response there. Only a context of prior 0 reaches such a place.
 */
export function branchOf(situation: Situation, node: Policy & { kind: "do" }, outcome: string): Policy {
  const branch = node.on.find((candidate) => candidate.outcome === outcome);
  if (branch !== undefined) return branch.then;
  return { kind: "commit", response: situation.escalation ?? situation.responses[0]?.id ?? "" };
}

/** The step that a policy names. The policy was made for this situation. */
export function stepOf(situation: Situation, id: string): SituationStep {
  const step = situation.steps.find((candidate) => candidate.id === id);
  invariant(step !== undefined, "a policy names steps of its situation");
  return step;
}

/** The response that a policy names. The policy was made for this situation. */
export function responseOf(situation: Situation, id: string): SituationResponse {
  const response = situation.responses.find((candidate) => candidate.id === id);
  invariant(response !== undefined, "a policy names responses of its situation");
  return response;
}

/**
 * How often each step is taken and each response chosen, in expectation. One number for each context, weighted by its
 * prior.
 */
interface Reach {
  readonly byStep: ReadonlyMap<string, number[]>;
  readonly byResponse: ReadonlyMap<string, number[]>;
}

function reachOf(situation: Situation, policy: Policy): Reach {
  const zeros = (): number[] => situation.contexts.map(() => 0);
  const byStep = new Map(situation.steps.map(({ id }) => [id, zeros()]));
  const byResponse = new Map(situation.responses.map(({ id }) => [id, zeros()]));
  const visit = (node: Policy, c: number, weight: number): void => {
    const tally = node.kind === "commit" ? byResponse.get(node.response) : byStep.get(node.step);
    if (tally !== undefined) tally[c] = (tally[c] ?? 0) + weight;
    if (node.kind === "commit") return;
    for (const { id, probability } of continuationsOf(stepOf(situation, node.step), c)) {
      if (probability > 0) visit(branchOf(situation, node, id), c, weight * probability);
    }
  };
  situation.contexts.forEach(({ prior }, c) => {
    if (prior > 0) visit(policy, c, prior);
  });
  return { byStep, byResponse };
}

function endingsOf(situation: Situation, reach: Reach): readonly PolicyEnding[] {
  const names = situation.contexts.map(({ id }) => id);
  const endings: PolicyEnding[] = situation.responses.map(({ id }) => ({
    kind: "response",
    of: id,
    probability: sumByName(names, reach.byResponse.get(id) ?? []),
  }));
  for (const step of situation.steps) {
    const weights = reach.byStep.get(step.id) ?? [];
    const hit = (c: number): number => step.catastropheByContext[c] ?? 0;
    if (step.kind === "try") {
      endings.push({
        kind: "fixed",
        of: step.id,
        probability: sumByName(
          names,
          weights.map((w, c) => w * (1 - hit(c)) * (step.pFixedByContext[c] ?? 0)),
        ),
      });
    }
    endings.push({
      kind: "catastrophe_in_step",
      of: step.id,
      probability: sumByName(
        names,
        weights.map((w, c) => w * hit(c)),
      ),
    });
  }
  return endings.filter(({ probability }) => probability > 0);
}

function riskSourcesOf(situation: Situation, reach: Reach): readonly RiskSource[] {
  const sources = [...situation.steps, ...situation.responses].flatMap((item): readonly RiskSource[] => {
    const weights = reach.byStep.get(item.id) ?? reach.byResponse.get(item.id) ?? [];
    return situation.contexts.map(({ id: context }, c) => {
      const probability = item.catastropheByContext[c] ?? 0;
      return { of: item.id, context, probability, risk: (weights[c] ?? 0) * probability };
    });
  });
  return sources
    .filter(({ risk }) => risk > 0)
    .sort(
      (left, right) =>
        right.risk - left.risk || compareNames(left.of, right.of) || compareNames(left.context, right.context),
    );
}
