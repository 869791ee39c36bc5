import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import type { JsonObject, JsonValue } from "../../value/json-value.ts";
import { createRng, type RngCursor } from "../../value/rng.ts";
import { beliefAfter } from "../belief.ts";
import type { Observation, Policy } from "../policy.ts";
import { parseCard } from "../situation/parse-card.ts";
import { readCard, readCardDocument } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { solveMyopic } from "./comparison-policies.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";
import { riskIfSensorsLie } from "./lying-sensors.ts";
import { decideSituation } from "./solve-limited.ts";

/** The parts of a card that are shuffled. */
interface ShufflableCard {
  readonly contexts: readonly JsonObject[];
  readonly steps: readonly (JsonObject & {
    readonly outcomes?: readonly string[];
    readonly likelihood?: Readonly<Record<string, readonly number[]>>;
  })[];
}

/** The same card with contexts, outcomes and the keys of every table in another order. */
function shuffleCard(document: JsonValue, rng: RngCursor): JsonValue {
  const card = document as unknown as ShufflableCard; // the test data has this shape
  const steps = card.steps.map((step) => {
    if (step.outcomes === undefined || step.likelihood === undefined) return step;
    const order = rng.shuffle(step.outcomes.map((_, index) => index));
    const likelihood = Object.fromEntries(
      rng
        .shuffle(Object.entries(step.likelihood))
        .map(([context, row]) => [context, order.map((index) => row[index] ?? Number.NaN)]),
    );
    return { ...step, outcomes: order.map((index) => step.outcomes?.[index] ?? ""), likelihood };
  });
  // Still JSON: only the order of parts has changed.
  return { ...(document as JsonObject), contexts: rng.shuffle(card.contexts), steps } as unknown as JsonValue;
}

/** A policy without the order of its branches. */
function unordered(policy: Policy): unknown {
  if (policy.kind === "commit") return policy.response;
  return {
    step: policy.step,
    on: new Map(
      [...policy.on]
        .sort((left, right) => (left.outcome < right.outcome ? -1 : 1))
        .map((branch) => [branch.outcome, unordered(branch.then)]),
    ),
  };
}

/** Every figure a decision reports, and every choice it makes. */
function everythingDecided(document: JsonValue): unknown {
  const situation = parseCard(document);
  invariant(situation.ok, "a shuffled card is still a card");
  const decision = decideSituation(situation.value);
  invariant(decision.ok && decision.value.kind === "decided", "a shuffled card is still decided");
  const { chosen, unlimited, minimumRisk, upperBound, riskPrice } = decision.value;
  const solutions = [chosen, unlimited, minimumRisk, solveMyopic(situation.value)].map(({ policy, ...figures }) => {
    const { byContext, ...forward } = evaluatePolicy(situation.value, policy);
    const contexts = new Map(
      [...byContext].sort((left, right) => (left.context < right.context ? -1 : 1)).map((one) => [one.context, one]),
    );
    return { figures, policy: unordered(policy), forward, contexts, lied: riskIfSensorsLie(situation.value, policy) };
  });
  return { solutions, upperBound, riskPrice, averagePlan: situation.value.averagePlan };
}

describe.each(["s1-latency-spike", "s3-suspicious-host"] as const)("the order in which %s is declared", (name) => {
  it("changes neither a choice nor a bit of any figure in 1,000 shuffles of contexts and outcomes", () => {
    const rng = createRng(11);
    const document = readCardDocument(name);
    const { averagePlan: _, ...withoutAveragePlan } = document as JsonObject;
    const asDeclared = everythingDecided(withoutAveragePlan);

    for (let shuffle = 0; shuffle < 1000; shuffle += 1) {
      expect(everythingDecided(shuffleCard(withoutAveragePlan, rng))).toStrictEqual(asDeclared);
    }
  }, 120_000);
});

it.each(["s1-latency-spike", "s3-suspicious-host"] as const)(
  "the order of steps and responses in %s settles ties and nothing else",
  (name) => {
    const { situation } = readCard(name);
    const rng = createRng(13);
    const figuresOf = (from: Situation): readonly number[] => {
      const decision = decideSituation(from);
      invariant(decision.ok && decision.value.kind === "decided", "a shuffled card is still decided");
      return [decision.value.chosen, decision.value.unlimited].flatMap(({ value, risk, expectedSteps }) => [
        value,
        risk,
        expectedSteps,
      ]);
    };
    const asDeclared = figuresOf(situation);

    for (let shuffle = 0; shuffle < 50; shuffle += 1) {
      const shuffled = figuresOf({
        ...situation,
        steps: rng.shuffle(situation.steps),
        responses: rng.shuffle(situation.responses),
      });
      shuffled.forEach((figure, index) => expect(figure).toBeCloseTo(asDeclared[index] ?? Number.NaN, 12));
    }
  },
);

it("of two steps or responses that do the same, the one declared first is taken", () => {
  const { situation } = readCard("s1-latency-spike");
  const twins = <T extends { readonly id: string }>(items: readonly T[], first: string): readonly T[] =>
    items.flatMap((item) =>
      first === "twin" ? [{ ...item, id: `${item.id}.twin` }, item] : [item, { ...item, id: `${item.id}.twin` }],
    );
  const namesUsed = (policy: Policy): readonly string[] =>
    policy.kind === "commit" ? [policy.response] : [policy.step, ...policy.on.flatMap(({ then }) => namesUsed(then))];

  for (const first of ["twin", "original"]) {
    const doubled = {
      ...situation,
      limit: 0.02,
      horizon: 1,
      steps: twins(situation.steps, first),
      responses: twins(situation.responses, first),
    };
    const decision = decideSituation(doubled);
    invariant(decision.ok && decision.value.kind === "decided", "the doubled card is decided");
    for (const { policy } of [
      decision.value.chosen,
      decision.value.unlimited,
      decision.value.minimumRisk,
      solveMyopic(doubled),
    ]) {
      expect(namesUsed(policy).filter((name) => name.endsWith(".twin") !== (first === "twin"))).toEqual([]);
    }
  }
});

it("the order of evidence changes no bit of the belief in 1,000 shuffles", () => {
  const { situation } = readCard("s3-suspicious-host");
  const repeated = { ...situation, steps: situation.steps.map((step) => ({ ...step, maxUses: 3 })) };
  const evidence: readonly Observation[] = repeated.steps.flatMap((step) =>
    step.kind === "try" ? [] : [0, 1, 0].map((o) => ({ step: step.id, outcome: step.outcomes[o]?.id ?? "" })),
  );
  const rng = createRng(12);
  const inOrder = beliefAfter(repeated, evidence);

  expect(inOrder.ok).toBe(true);
  for (let shuffle = 0; shuffle < 1000; shuffle += 1)
    expect(beliefAfter(repeated, rng.shuffle(evidence))).toStrictEqual(inOrder);
});
