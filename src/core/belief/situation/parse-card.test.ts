import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import type { JsonObject, JsonValue } from "../../value/json-value.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { isCard, parseCard } from "./parse-card.ts";
import { cardNames, readCardDocument } from "./read-card.fixture.ts";

const card = {
  id: "tiny",
  contexts: [
    { id: "X", prior: 0.25 },
    { id: "Y", prior: 0.25 },
    { id: "Z", prior: 0.5 },
  ],
  catastropheUtility: -100,
  maxCatastropheProbability: 0.1,
  maxSteps: 2,
  steps: [
    {
      id: "look",
      kind: "probe",
      cost: { X: 1, "*": 2 },
      outcomes: ["a", "b"],
      likelihood: { X: [1, 0], "*": [0.5, 0.5] },
    },
    { id: "fix", kind: "try", maxUses: 2, pFixed: { Y: 0.5 }, fixedUtility: -1, catastrophe: { "*": 0.01 } },
  ],
  commits: [
    { id: "go", utility: { X: 1, Y: 2, Z: 3 } },
    { id: "ask", kind: "escalate", utility: -4, catastrophe: 0.001 },
  ],
} as const satisfies JsonValue;

function refusals(document: JsonValue): readonly string[] {
  const situation = parseCard(document);
  return situation.ok ? [] : situation.error.map(({ code, pointer }) => `${code} ${pointer}`);
}

function withStep(fields: JsonObject): JsonObject {
  return { ...card, steps: [{ ...card.steps[0], ...fields }] };
}

it("a number stands for every context, `*` for those not named, and an absent cost, catastrophe or pFixed is 0", () => {
  const parsed = parseCard(card);

  invariant(parsed.ok, "the card is well-formed");
  const {
    steps: [look, fix],
    responses: [go, ask],
  } = parsed.value;
  expect(look).toMatchObject({
    kind: "probe",
    costByContext: [1, 2, 2],
    catastropheByContext: [0, 0, 0],
    maxUses: 1,
    outcomes: [
      { id: "a", likelihoodByContext: [1, 0.5, 0.5] },
      { id: "b", likelihoodByContext: [0, 0.5, 0.5] },
    ],
  });
  expect(fix).toMatchObject({
    kind: "try",
    costByContext: [0, 0, 0],
    catastropheByContext: [0.01, 0.01, 0.01],
    pFixedByContext: [0, 0.5, 0],
    fixedUtilityByContext: [-1, -1, -1],
    maxUses: 2,
  });
  expect(go).toMatchObject({ kind: "act", utilityByContext: [1, 2, 3], catastropheByContext: [0, 0, 0] });
  expect(ask).toMatchObject({
    kind: "escalate",
    utilityByContext: [-4, -4, -4],
    catastropheByContext: [0.001, 0.001, 0.001],
  });
});

it("a card is taken as it is: no unknown, no floor, no surprise, no default but the average plan", () => {
  const parsed = parseCard(card);

  invariant(parsed.ok, "the card is well-formed");
  expect(parsed.value).toMatchObject({
    surpriseThreshold: 0,
    escalation: "ask",
    averagePlan: "go",
    horizon: 2,
    limit: 0.1,
  });
  expect(parsed.value.contexts.map(({ id }) => id)).toEqual(["X", "Y", "Z"]);
  expect(parsed.value.defaults.map(({ rule }) => rule)).toEqual(["average_plan"]);
});

it.each(cardNames)("the published card %s is read with its answers beside it", (name) => {
  expect(isCard(readCardDocument(name))).toBe(true);
  expect(refusals(readCardDocument(name))).toEqual([]);
});

it("notes and results beside the card are ignored; inside, only text is", () => {
  expect(refusals({ ...card, computed: { EU: 1 }, version: 3, tags: ["demo"] })).toEqual([]);
  expect(refusals(withStep({ note: "asks the load balancer" }))).toEqual([]);
  expect(refusals(withStep({ discount: 0.9 }))).toEqual(["E_SCHEMA_UNKNOWN_FIELD /steps/0/discount"]);
});

it("thirds written with seven digits are rescaled, decimals that miss 1 by rounding are kept as written", () => {
  const thirds = parseCard({
    ...card,
    contexts: [
      { id: "X", prior: 0.3333333 },
      { id: "Y", prior: 0.3333333 },
      { id: "Z", prior: 0.3333333 },
    ],
  });
  const tenths = parseCard({
    ...card,
    contexts: [
      { id: "X", prior: 0.1 },
      { id: "Y", prior: 0.2 },
      { id: "Z", prior: 0.7 },
    ],
  });

  expect(thirds.ok && thirds.value.contexts.map(({ prior }) => prior.toFixed(15))).toEqual(
    Array(3).fill((1 / 3).toFixed(15)),
  );
  expect(tenths.ok && tenths.value.contexts.map(({ prior }) => prior)).toEqual([0.1, 0.2, 0.7]);
});

describe("a card is refused, each problem with its place,", () => {
  it.each<readonly [string, JsonValue, readonly string[]]>([
    [
      "when priors do not sum to 1",
      {
        ...card,
        contexts: [
          { id: "X", prior: 0.3 },
          { id: "Y", prior: 0.25 },
          { id: "Z", prior: 0.5 },
        ],
      },
      ["E_SITUATION_ROW_SUM /contexts"],
    ],
    [
      "when a prior is negative",
      {
        ...card,
        contexts: [
          { id: "X", prior: -0.5 },
          { id: "Y", prior: 0.5 },
          { id: "Z", prior: 1 },
        ],
      },
      ["E_SITUATION_PROBABILITY /contexts/0/prior"],
    ],
    [
      "when a row does not sum to 1",
      withStep({ likelihood: { "*": [0.5, 0.6] } }),
      ["E_SITUATION_ROW_SUM /steps/0/likelihood/*"],
    ],
    [
      "when a row is missing",
      withStep({ likelihood: { X: [0.5, 0.5] } }),
      ["E_SCHEMA_MISSING_FIELD /steps/0/likelihood", "E_SCHEMA_MISSING_FIELD /steps/0/likelihood"],
    ],
    [
      "when a likelihood is NaN",
      withStep({ likelihood: { "*": [Number.NaN, 1] } }),
      ["E_SITUATION_NUMBER /steps/0/likelihood/*/0"],
    ],
    [
      "when a context is unknown",
      withStep({ catastrophe: { W: 0.1 } }),
      ["E_SITUATION_NAME_UNKNOWN /steps/0/catastrophe/W"],
    ],
    [
      "when a utility is missing",
      { ...card, commits: [{ id: "go", utility: { X: 1 } }] },
      ["E_SCHEMA_MISSING_FIELD /commits/0/utility", "E_SCHEMA_MISSING_FIELD /commits/0/utility"],
    ],
    [
      "when two steps share a name",
      { ...card, steps: [card.steps[0], card.steps[0]] },
      ["E_SITUATION_NAME_DUPLICATE /steps/1/id"],
    ],
    ["when the horizon is too long", { ...card, maxSteps: 9 }, ["E_SITUATION_HORIZON /maxSteps"]],
    [
      "when the limit is missing",
      { ...card, maxCatastropheProbability: null },
      ["E_SCHEMA /maxCatastropheProbability"],
    ],
    ["when nothing can be answered", { ...card, commits: [] }, ["E_SCHEMA /commits"]],
    ["when a step is of another kind", withStep({ kind: "hope" }), ["E_SCHEMA /steps/0/kind"]],
    ["when it is no object", [card], ["E_SCHEMA "]],
  ])("%s", (_, document, expected) => {
    expect(refusals(document)).toEqual(expected);
  });
});

it("a card without contexts is refused, not decided over nothing", () => {
  expect(refusals({ ...card, contexts: [] })).not.toEqual([]);
});

it("a card with no steps is decided at once", () => {
  const parsed = parseCard({ ...card, steps: [], maxSteps: 0 });
  invariant(parsed.ok, "the card is well-formed");
  const decision = decideSituation(parsed.value);

  expect(decision.ok && decision.value.kind === "decided" && decision.value.chosen.policy).toEqual({
    kind: "commit",
    response: "go",
  });
});

describe("a card too large to settle exactly", () => {
  const parsed = parseCard(readCardDocument("s1-latency-spike"));
  invariant(parsed.ok, "the card is well-formed");

  it("is refused with the interval its optimum lies in where it must be exact", () => {
    const decision = decideSituation(parsed.value, { combinationCountMax: 10, mustBeExact: true });

    expect(decision.ok ? [] : decision.error.map(({ code }) => code)).toEqual(["E_SITUATION_SIZE"]);
    expect(decision.ok ? "" : decision.error[0]?.message).toMatch(
      /between -\d\d\.\d+ \(keeps the limit\) and -17\.8547\d+ \(no policy is worth more\)/,
    );
  });

  it("is decided for the best policy found, which keeps the limit, and a bound on all others", () => {
    const exact = decideSituation(parsed.value);
    const decision = decideSituation(parsed.value, { combinationCountMax: 10 });

    invariant(exact.ok && exact.value.kind === "decided", "the card is decided");
    invariant(decision.ok && decision.value.kind === "decided", "the card is decided");
    const { chosen, bound } = decision.value;
    expect(exact.value.bound).toBeNull();
    expect(bound?.because).toBe("too_many_policies");
    expect(chosen.ownRisk).toBeLessThanOrEqual(parsed.value.limit);
    expect(chosen.value).toBeLessThan(exact.value.chosen.value);
    expect(bound?.upperBound).toBeGreaterThan(exact.value.chosen.value);
    expect(bound?.gap).toBeCloseTo((bound?.upperBound ?? 0) - chosen.value, 12);
  });

  it("is decided for shorter policies where the horizon has too many beliefs", () => {
    const exact = decideSituation(parsed.value);
    const decision = decideSituation(parsed.value, { nodeCountMax: 60 });

    invariant(exact.ok && exact.value.kind === "decided", "the card is decided");
    invariant(decision.ok && decision.value.kind === "decided", "the card is decided");
    const { chosen, bound } = decision.value;
    expect(bound).toMatchObject({ because: "too_many_beliefs", horizon: parsed.value.horizon });
    expect(bound?.depth).toBeLessThan(parsed.value.horizon);
    expect(chosen.ownRisk).toBeLessThanOrEqual(parsed.value.limit);
    expect(chosen.value).toBeLessThanOrEqual(exact.value.chosen.value);
    expect(bound?.upperBound).toBeGreaterThanOrEqual(exact.value.chosen.value);
  });

  it("is refused where no policy so short keeps a limit that counts escalations, because a longer one may", () => {
    const risky = parseCard({
      ...card,
      maxCatastropheProbability: 0,
      commits: card.commits.map((commit) => ({ ...commit, catastrophe: 0.5 })),
      maxSteps: 2,
      steps: [0, 1, 2].map((index) => ({
        id: `s${index}`,
        kind: "probe",
        cost: 0,
        outcomes: ["a", "b"],
        likelihood: [0.5, 0.5],
      })),
    });
    invariant(risky.ok, risky.ok ? "" : JSON.stringify(risky.error));

    const decision = decideSituation(risky.value, { nodeCountMax: 1 });

    expect(decision.ok ? [] : decision.error.map(({ code }) => code)).toEqual(["E_SITUATION_SIZE"]);
  });
});
