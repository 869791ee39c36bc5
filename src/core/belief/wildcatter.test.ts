import { expect, it } from "vitest";
import { invariant } from "../value/invariant.ts";
import { informationValue } from "./explain/information.ts";
import { firstMoveOf } from "./policy.ts";
import { parseCard } from "./situation/parse-card.ts";
import { decideSituation } from "./solve/solve-limited.ts";

// Raiffa, Decision Analysis (1968): drill for oil or not, perhaps after a seismic test of 10.
const wildcatter = {
  id: "oil-wildcatter",
  contexts: [
    { id: "DRY", prior: 0.5 },
    { id: "WET", prior: 0.3 },
    { id: "SOAKING", prior: 0.2 },
  ],
  catastropheUtility: -1000,
  maxCatastropheProbability: 1,
  maxSteps: 1,
  steps: [
    {
      id: "seismic_test",
      kind: "probe",
      cost: 10,
      outcomes: ["none", "open", "closed"],
      likelihood: { DRY: [0.6, 0.3, 0.1], WET: [0.3, 0.4, 0.3], SOAKING: [0.1, 0.4, 0.5] },
    },
  ],
  commits: [
    { id: "drill", kind: "act", utility: { DRY: -70, WET: 50, SOAKING: 200 } },
    { id: "leave", kind: "act", utility: 0 },
  ],
} as const;

it("the oil wildcatter tests first, for 22.5; at once drilling is worth 20, and knowing for certain 35 more", () => {
  const situation = parseCard(wildcatter);
  invariant(situation.ok, "the card is well-formed");
  const tested = decideSituation(situation.value);
  const untested = decideSituation({ ...situation.value, horizon: 0 });
  invariant(tested.ok && tested.value.kind === "decided" && untested.ok && untested.value.kind === "decided", "small");

  expect(tested.value.chosen.value).toBeCloseTo(22.5, 12);
  expect(firstMoveOf(tested.value.chosen.policy)).toBe("seismic_test");
  expect(untested.value.chosen.value).toBeCloseTo(20, 12);
  const information = informationValue(situation.value, tested.value);
  expect(information.perfectInformation).toBeCloseTo(35, 12);
  expect(information.steps[0]?.alone).toBeCloseTo(2.5, 12);
});
