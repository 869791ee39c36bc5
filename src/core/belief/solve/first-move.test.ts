import { expect, it } from "vitest";
import { createRng } from "../../value/rng.ts";
import { listAlternatives } from "../explain/alternatives.ts";
import { firstMoveOf } from "../policy.ts";
import { parseCard } from "../situation/parse-card.ts";
import { randomCard } from "./random-card.fixture.ts";
import { countPolicies, listPolicies, type PlainCard, type PolicyFigures } from "./reference-solver.fixture.ts";
import { decideSituation } from "./solve-limited.ts";

const cardCount = 400;
const policyCountMax = 800;

/** All policies of a card by their first move: the list has them in the order of commits, then of steps. */
function policiesByFirstMove(card: PlainCard): ReadonlyMap<string, readonly PolicyFigures[]> {
  const policies = listPolicies(card);
  const uses = card.steps.map(({ maxUses }) => maxUses);
  const byMove = new Map(card.commits.map((commit, index) => [commit.id, policies.slice(index, index + 1)]));
  let from = card.commits.length;
  card.steps.forEach((step, s) => {
    if (card.maxSteps === 0 || (uses[s] ?? 0) === 0) return;
    const rest = countPolicies(
      card,
      uses.map((count, index) => (index === s ? count - 1 : count)),
      card.maxSteps - 1,
    );
    const size = rest ** (step.kind === "try" ? 1 : step.outcomes.length);
    byMove.set(step.id, policies.slice(from, from + size));
    from += size;
  });
  expect(from).toBe(policies.length);
  return byMove;
}

it(`every way to begin is priced as the list of all policies that begin so says, on ${cardCount} random cards`, () => {
  const rng = createRng(40_417);
  let forbidden = 0;
  let priced = 0;
  for (let index = 0; index < cardCount; index += 1) {
    const card = { ...randomCard(rng, policyCountMax), maxCatastropheProbability: 0.3 * rng.unit() };
    const situation = parseCard(card as never); // a plain card is a foreign card with every number written out
    if (!situation.ok) throw new Error(JSON.stringify(situation.error));
    const decision = decideSituation(situation.value);
    if (!decision.ok) throw new Error(JSON.stringify(decision.error));
    const policies = policiesByFirstMove(card);

    const alternatives = listAlternatives(situation.value, decision.value);

    expect(alternatives.map((one) => one.move).sort()).toEqual([...policies.keys()].sort());
    for (const one of alternatives) {
      const own = policies.get(one.move) ?? [];
      const allowed = own.filter((policy) => policy.risk <= card.maxCatastropheProbability * (1 + 1e-11));
      expect(one.unlimited?.value).toBeCloseTo(Math.max(...own.map((policy) => policy.value)), 7);
      expect(one.minimumRisk).toBeCloseTo(Math.min(...own.map((policy) => policy.risk)), 9);
      if (allowed.length === 0) expect(one.withinLimit).toBeNull();
      else expect(one.withinLimit?.value).toBeCloseTo(Math.max(...allowed.map((policy) => policy.value)), 7);
      expect(one.verdict.kind === "over_limit").toBe(allowed.length === 0);
      forbidden += allowed.length === 0 ? 1 : 0;
      priced += 1;
    }
    const chosen = alternatives.filter((one) => one.verdict.kind === "chosen").map((one) => one.move);
    expect(chosen).toEqual(decision.value.kind === "decided" ? [firstMoveOf(decision.value.chosen.policy)] : []);
  }

  expect(priced).toBeGreaterThan(1_000);
  expect(forbidden).toBeGreaterThan(200);
});
