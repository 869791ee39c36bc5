import { expect, it } from "vitest";
import { createRng } from "../../value/rng.ts";
import { compareWithRules, documentOf, randomHistory, randomModel } from "./random-rules.fixture.ts";

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
