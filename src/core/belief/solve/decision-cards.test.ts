import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import { countPolicyNodes, type Decision, firstMoveOf, type PolicySolution } from "../policy.ts";
import { parseCard } from "../situation/parse-card.ts";
import {
  type CardOptimum,
  cardNames,
  countTreeNodes,
  readCard,
  readCardDocument,
  toCardPlan,
} from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { solveAveragePlan, solveEachResponse, solveMyopic, valueOfPerfectInformation } from "./comparison-policies.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";
import { decideSituation } from "./solve-limited.ts";
import { solveUnlimited } from "./solve-unlimited.fixture.ts";

function decide(situation: Situation): Decision & { readonly kind: "decided" } {
  const decision = decideSituation(situation);
  invariant(decision.ok && decision.value.kind === "decided", "the published cards have an answer");
  return decision.value;
}

function expectOptimum(situation: Situation, found: PolicySolution, published: CardOptimum): void {
  expect(found.value).toBeCloseTo(published.EU, 6);
  expect(found.risk).toBeCloseTo(published.pCatastrophe, 6);
  expect(firstMoveOf(found.policy)).toBe(published.first);
  expect(toCardPlan(found.policy)).toEqual(published.plan);
  expect(countTreeNodes(found.policy)).toBe(published.treeNodes);
  expect(countPolicyNodes(found.policy)).toBe(published.dagNodes);
  const endings = evaluatePolicy(situation, found.policy).endings.filter(({ kind }) => kind !== "catastrophe_in_step");
  const leaves = Object.fromEntries(
    endings.map(({ kind, of, probability }) => [kind === "fixed" ? `fixed:${of}` : of, Number(probability.toFixed(6))]),
  );
  expect(leaves).toEqual(published.leaves);
}

describe.each(cardNames)("the published card %s", (name) => {
  const { situation, answers } = readCard(name);
  const decision = decide(situation);

  it("has its unlimited optimum, policy, node counts and leaves", () => {
    expectOptimum(situation, solveUnlimited(situation), answers.unconstrained);
    expect(decision.unlimited).toEqual(solveUnlimited(situation));
  });

  it("has its optimum within the limit, policy, node counts and leaves", () => {
    expectOptimum(situation, decision.chosen, answers.constrained);
  });

  it("has its Lagrangian bound and price of risk", () => {
    expect(decision.upperBound).toBeCloseTo(answers.constrained.lagrangianDualBound, 6);
    expect(decision.riskPrice).toBeCloseTo(answers.constrained.dualLambda, 5);
  });

  it("has its figures for the average plan, every response at once, one step ahead, and perfect information", () => {
    const average = solveAveragePlan(situation);
    const myopic = solveMyopic(situation);

    expect(firstMoveOf(average.policy)).toBe(answers.averagePlan.action);
    expect([average.value, average.risk].map(rounded)).toEqual([
      answers.averagePlan.EU,
      answers.averagePlan.pCatastrophe,
    ]);
    const each = Object.fromEntries(
      solveEachResponse(situation).map((one) => [firstMoveOf(one.policy), [one.value, one.risk].map(rounded)]),
    );
    expect(each).toEqual(answers.allCommitsAtPrior);
    expect([rounded(myopic.value), rounded(myopic.risk), firstMoveOf(myopic.policy)]).toEqual([
      answers.myopicVOI.EU,
      answers.myopicVOI.pCatastrophe,
      answers.myopicVOI.first,
    ]);
    expect(rounded(valueOfPerfectInformation(situation))).toBe(answers.perfectInformationEU);
  });

  it("evaluates forward, context by context, to the solvers' figures within 1e-9", () => {
    for (const found of [decision.chosen, decision.unlimited, decision.minimumRisk]) {
      const forward = evaluatePolicy(situation, found.policy);
      expect(Math.abs(forward.value - found.value)).toBeLessThan(1e-9);
      expect(Math.abs(forward.risk - found.risk)).toBeLessThan(1e-9);
      expect(Math.abs(forward.expectedSteps - found.expectedSteps)).toBeLessThan(1e-9);
      expect(forward.endings.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
      expect(forward.riskSources.reduce((sum, { risk }) => sum + risk, 0)).toBeCloseTo(found.risk, 12);
    }
  });

  it("names the average plan by rule as its author did by hand", () => {
    const { averagePlan: declared, ...rest } = readCardDocument(name) as { readonly averagePlan: string };
    const computed = parseCard(rest as never); // the document without one field is a document

    expect(computed.ok && computed.value.averagePlan).toBe(declared);
  });
});

function rounded(figure: number): number {
  return Number(figure.toFixed(6));
}
