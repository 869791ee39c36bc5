import { expect, it } from "vitest";
import { createRng } from "../../value/rng.ts";
import { compareBounded, tightOptions } from "./bounded-rules.fixture.ts";
import { documentOf, eagerModel, randomHistory, randomModel, withPreconditions } from "./random-rules.fixture.ts";

const modelCount = 600;

it(`with too little room, the policies of ${modelCount} random models keep the limits and the bounds hold`, () => {
  const rng = createRng(15_011);
  const features = new Map<string, number>();
  for (let index = 0; index < modelCount; index += 1) {
    const plain = index % 2 === 0 ? eagerModel(rng) : randomModel(rng);
    const model = index % 4 > 1 ? withPreconditions(rng, plain) : plain;
    const history = index % 3 === 0 ? randomHistory(rng, model) : [];
    const options = tightOptions[rng.below(tightOptions.length)] ?? {};

    const { disagreement, features: found } = compareBounded(model, history, options);

    expect(disagreement, JSON.stringify({ options, history, model: documentOf(model) })).toBeNull();
    for (const feature of found) features.set(feature, (features.get(feature) ?? 0) + 1);
  }
  expect(features.get("bounded: too_many_beliefs")).toBeGreaterThan(50);
  expect(features.get("bounded: too_many_policies")).toBeGreaterThan(20);
  expect(features.get("bounded, and not the best")).toBeGreaterThan(15);
});
