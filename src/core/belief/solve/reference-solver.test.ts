import { expect, it } from "vitest";
import { createRng, type RngCursor } from "../../value/rng.ts";
import type { PolicySolution } from "../policy.ts";
import { parseCard } from "../situation/parse-card.ts";
import type { Situation } from "../situation/situation.ts";
import { limitToleranceShare } from "../tolerance.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";
import { randomCard } from "./random-card.fixture.ts";
import { listPolicies, type PlainCard, type PolicyFigures } from "./reference-solver.fixture.ts";
import { decideSituation } from "./solve-limited.ts";

/** Small enough that listing all policies of 10,000 cards takes some seconds. */
const policyCountMax = 3000;
const cardCount = 10_000;
const seed = 20_260_401;

/**
 * The best of the policies listed: highest value, then lower risk, then fewer steps, differences up to 1e-9 being ties.
 */
function bestOf(policies: readonly PolicyFigures[]): PolicyFigures | undefined {
  const value = Math.max(...policies.map((policy) => policy.value));
  const valued = policies.filter((policy) => policy.value >= value - 1e-9);
  const risk = Math.min(...valued.map((policy) => policy.risk));
  const safe = valued.filter((policy) => policy.risk <= risk + 1e-9);
  return safe.sort((left, right) => left.steps - right.steps)[0];
}

function leastRiskOf(policies: readonly PolicyFigures[]): PolicyFigures | undefined {
  const risk = Math.min(...policies.map((policy) => policy.risk));
  return bestOf(policies.filter((policy) => policy.risk <= risk + 1e-12));
}

function differences(
  situation: Situation,
  found: PolicySolution,
  expected: PolicyFigures | undefined,
): readonly number[] {
  const forward = evaluatePolicy(situation, found.policy);
  const from = (figures: { value: number; risk: number; expectedSteps: number }): readonly number[] => [
    figures.value - (expected?.value ?? Number.NaN),
    figures.risk - (expected?.risk ?? Number.NaN),
    figures.expectedSteps - (expected?.steps ?? Number.NaN),
  ];
  return [...from(found), ...from(forward)];
}

/**
 * Largest difference between the solvers and the list of all policies, or a text saying where they disagree in kind.
 */
function disagreement(card: PlainCard, policies: readonly PolicyFigures[]): number | string {
  const situation = parseCard(card as never); // a plain card is a foreign card with every number written out
  if (!situation.ok) return `refused: ${JSON.stringify(situation.error)}`;
  const decision = decideSituation(situation.value);
  if (!decision.ok) return `undecided: ${JSON.stringify(decision.error)}`;
  const allowed = allowedBy(card, policies);
  const found = [
    ...differences(situation.value, decision.value.unlimited, bestOf(policies)),
    ...differences(situation.value, decision.value.minimumRisk, leastRiskOf(policies)),
  ];
  if (decision.value.kind === "infeasible")
    return allowed.length === 0 ? largest(found) : "called infeasible, but a policy keeps the limit";
  const best = bestOf(allowed);
  if (best === undefined) return "decided, but no policy keeps the limit";
  return largest([...found, ...differences(situation.value, decision.value.chosen, best)]);
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, difference) => Math.max(most, Math.abs(difference)), 0);
}

it(`${cardCount} small cards agree with the list of their policies: unlimited, limited, least risk, ties`, () => {
  const rng = createRng(seed);
  const failures: string[] = [];
  const seen = { infeasible: 0, binding: 0, deep: 0 };
  for (let index = 0; index < cardCount; index += 1) {
    const drawn = randomCard(rng, policyCountMax);
    const policies = listPolicies(drawn);
    const card = { ...drawn, maxCatastropheProbability: tellingLimit(drawn, policies, rng) };
    const found = disagreement(card, policies);
    if (typeof found === "string" || !(found < 1e-8)) failures.push(`card ${index}: ${found} ${JSON.stringify(card)}`);
    const allowed = allowedBy(card, policies);
    if (allowed.length === 0) seen.infeasible += 1;
    else if ((bestOf(allowed)?.value ?? 0) < (bestOf(policies)?.value ?? 0) - 1e-9) seen.binding += 1;
    if (policies.length > 100) seen.deep += 1;
  }

  expect(failures.slice(0, 2)).toEqual([]);
  expect(seen.infeasible, "cards whose limit no policy keeps").toBeGreaterThan(500);
  expect(seen.binding, "cards whose limit costs utility").toBeGreaterThan(1500);
  expect(seen.deep, "cards with more than 100 policies").toBeGreaterThan(2000);
}, 120_000);

/** The policies that keep the card's limit, with the allowance for rounding that the solvers state. */
function allowedBy(card: PlainCard, policies: readonly PolicyFigures[]): readonly PolicyFigures[] {
  return policies.filter((policy) => policy.risk <= card.maxCatastropheProbability * (1 + limitToleranceShare));
}

/**
 * A limit that matters: the card's own, or one no higher than the best policy's risk; half of these are exactly the
 * risk of a policy.
 */
function tellingLimit(card: PlainCard, policies: readonly PolicyFigures[], rng: RngCursor): number {
  const highest = bestOf(policies)?.risk ?? 0;
  const risks = policies.map((policy) => policy.risk).filter((risk) => risk <= highest);
  switch (rng.below(4)) {
    case 0:
      return card.maxCatastropheProbability;
    case 1:
      return highest * rng.unit();
    default:
      return Math.min(1, risks[rng.below(risks.length)] ?? 0);
  }
}
