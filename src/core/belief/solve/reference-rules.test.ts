import { expect, it } from "vitest";
import { createRng } from "../../value/rng.ts";
import {
  compareWithRules,
  documentOf,
  eagerModel,
  randomHistory,
  randomModel,
  withPreconditions,
} from "./random-rules.fixture.ts";

/** `npm run check:decisions` compares as many as one likes. */
const modelCount = 2_000;

it(`${modelCount} random models are decided as a plain reading of their rules says, in exact fractions`, () => {
  const rng = createRng(20_261_201);
  const failures: string[] = [];
  const seenFeatures = new Map<string, number>();
  for (let index = 0; index < modelCount; index += 1) {
    const model = randomModel(rng);
    const history = randomHistory(rng, model);

    const { disagreement, features } = compareWithRules(model, history);

    if (disagreement !== null)
      failures.push(
        `model ${index}: ${disagreement} after ${JSON.stringify(history)} ${JSON.stringify(documentOf(model))}`,
      );
    for (const feature of features) seenFeatures.set(feature, (seenFeatures.get(feature) ?? 0) + 1);
  }

  expect(failures.slice(0, 2)).toEqual([]);
  for (const feature of [
    "surprise",
    "unknown",
    "conflict",
    "handover worth_more",
    "handover limit",
    "handover nothing_keeps_limit",
    "binding",
    "searched",
    "spent",
    "looks",
  ])
    expect(seenFeatures.get(feature) ?? 0, feature).toBeGreaterThan(5);
}, 60_000);

it("and so are 400 in which steps spoil others, and steps and acts need what was seen before", () => {
  const rng = createRng(20_261_210);
  const seenFeatures = new Map<string, number>();
  let conditionCount = 0;
  for (let index = 0; index < 400; index += 1) {
    const model = withPreconditions(rng, index % 2 === 0 ? eagerModel(rng) : randomModel(rng));
    const history = index % 4 === 1 ? randomHistory(rng, model) : [];
    conditionCount += [...model.steps, ...model.responses].filter(({ needs }) => needs.length > 0).length;

    const { disagreement, features } = compareWithRules(model, history);

    expect(disagreement, JSON.stringify({ history, model: documentOf(model) })).toBeNull();
    for (const feature of features) seenFeatures.set(feature, (seenFeatures.get(feature) ?? 0) + 1);
  }

  expect(conditionCount).toBeGreaterThan(200);
  expect(seenFeatures.get("looks")).toBeGreaterThan(20);
  expect(seenFeatures.get("searched")).toBeGreaterThan(10);
}, 60_000);
