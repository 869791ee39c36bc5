import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import type { JsonObject, JsonValue } from "../../value/json-value.ts";
import { beliefAfter } from "../belief.ts";
import { evaluatePolicy } from "../solve/evaluate-policy.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { parseSituation } from "./parse-situation.ts";
import type { Situation } from "./situation.ts";

/** A small situation that leaves out everything the rules can supply. */
const sparse = {
  format: "interlock.situation/1",
  id: "queue",
  contexts: [{ id: "LOAD", prior: 0.6 }, { id: "LEAK", prior: 0.4 }, { id: "unknown" }],
  catastropheUtility: -500,
  limit: 0.01,
  horizon: 2,
  steps: [
    {
      id: "heap",
      kind: "probe",
      action: "metrics.heap",
      args: { window: "5m" },
      cost: { LEAK: 2 },
      outcomes: ["flat", "rising"],
      likelihood: { LOAD: [0.9, 0.1], LEAK: [0, 1] },
    },
    {
      id: "restart",
      kind: "try",
      cost: 3,
      catastrophe: { LEAK: 0.01 },
      pFixed: { LEAK: 1 },
      fixedUtility: { LOAD: -4, LEAK: -2 },
    },
    { id: "breathe", kind: "wait", for: "5m", cost: 1 },
  ],
  responses: [
    { id: "scale", utility: { LOAD: -3, LEAK: -40 }, catastrophe: { LEAK: 0.1 }, action: "pool.scale" },
    {
      id: "page",
      kind: "escalate",
      utility: { LOAD: -20, LEAK: -25 },
      catastrophe: { LEAK: 0.004 },
      text: "who is on call?",
    },
  ],
} as const satisfies JsonValue;

function parsed(document: JsonValue): Situation {
  const situation = parseSituation(document);
  invariant(situation.ok, "the situation is well-formed");
  return situation.value;
}

/** The codes and places of all problems of a document. */
function refusals(document: JsonValue): readonly string[] {
  const situation = parseSituation(document);
  return situation.ok ? [] : situation.error.map(({ code, pointer }) => `${code} ${pointer}`);
}

function withFields(fields: JsonObject): JsonObject {
  return { ...sparse, ...fields };
}

function withProbe(fields: JsonObject): JsonObject {
  return withFields({ steps: [{ ...sparse.steps[0], ...fields }] });
}

describe("defaults of unknown", () => {
  const situation = parsed(sparse);
  const [heap, restart, breathe] = situation.steps;
  const [scale, page] = situation.responses;

  it("its prior is 0.02, shared by the named ones in proportion", () => {
    expect(situation.contexts).toEqual([
      { id: "LOAD", prior: 0.6 * 0.98 },
      { id: "LEAK", prior: 0.4 * 0.98 },
      { id: "unknown", prior: 0.02 },
    ]);
  });

  it("every outcome is equally likely under it", () => {
    invariant(heap?.kind === "probe", "the first step is the probe");
    expect(heap.outcomes.map(({ likelihoodByContext }) => likelihoodByContext[2])).toEqual([0.5, 0.5]);
  });

  it("its utility is the worst named one", () => {
    expect([scale?.utilityByContext[2], page?.utilityByContext[2]]).toEqual([-40, -25]);
    invariant(restart?.kind === "try", "the second step is the try");
    expect(restart.fixedUtilityByContext[2]).toBe(-4);
  });

  it("its catastrophe is the mean named one for an act, the greatest declared one for an escalation", () => {
    expect([scale?.catastropheByContext[2], page?.catastropheByContext[2], restart?.catastropheByContext[2]]).toEqual([
      0.05, 0.004, 0.005,
    ]);
  });

  it("its cost is the greatest named one, and a try fixes nothing in it", () => {
    expect([heap?.costByContext, breathe?.costByContext]).toEqual([
      [0, 2, 2],
      [1, 1, 1],
    ]);
    expect(restart?.kind === "try" && restart.pFixedByContext[2]).toBe(0);
  });

  it("every default applied is listed with its place", () => {
    expect(situation.defaults.map(({ pointer, rule }) => `${rule} ${pointer}`)).toEqual([
      "unknown_cost /steps/0/cost",
      "unknown_likelihood /steps/0/likelihood",
      "likelihood_floor /steps/0/likelihood/LEAK",
      "unknown_catastrophe /steps/1/catastrophe",
      "unknown_utility /steps/1/fixedUtility",
      "likelihood_floor /steps/1/pFixed",
      "unknown_utility /responses/0/utility",
      "unknown_catastrophe /responses/0/catastrophe",
      "unknown_utility /responses/1/utility",
      "unknown_catastrophe /responses/1/catastrophe",
      "unknown_prior /contexts/2",
      "average_plan /averagePlan",
    ]);
  });

  it("declared numbers stand as they are", () => {
    const declared = parsed(
      withFields({
        contexts: [
          { id: "LOAD", prior: 0.5 },
          { id: "LEAK", prior: 0.4 },
          { id: "unknown", prior: 0.1 },
        ],
        responses: [{ id: "page", kind: "escalate", utility: { "*": -9, unknown: -1 }, catastrophe: 0.001 }],
        averagePlan: "page",
        steps: [],
      }),
    );

    expect(declared.contexts[2]?.prior).toBe(0.1);
    expect(declared.responses[0]).toMatchObject({
      utilityByContext: [-9, -9, -1],
      catastropheByContext: [0.001, 0.001, 0.001],
    });
    expect(declared.defaults).toEqual([]);
  });
});

describe("likelihoods", () => {
  it("none is 0: one noisy probe does not rule a context out for ever", () => {
    const after = beliefAfter(parsed(sparse), [{ step: "heap", outcome: "flat" }]);

    expect(after.ok && after.value.probabilityByContext[1]).toBeGreaterThan(0);
  });

  it("a row raised to the floor still sums to 1, its other entries in proportion", () => {
    const {
      steps: [heap],
    } = parsed(withProbe({ outcomes: ["a", "b", "c"], likelihood: { LOAD: [0, 0.25, 0.75], LEAK: [0.2, 0.4, 0.4] } }));

    invariant(heap?.kind === "probe", "the step is a probe");
    const row = heap.outcomes.map(({ likelihoodByContext }) => likelihoodByContext[0] ?? Number.NaN);
    expect(row[0]).toBe(0.001);
    expect((row[2] ?? 0) / (row[1] ?? 1)).toBeCloseTo(3, 12);
    expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 14);
  });

  it("a step declared exact keeps its zeros, and evidence against everything is then refused with its place", () => {
    const exact = parsed(withProbe({ exact: true, likelihood: { LOAD: [1, 0], LEAK: [1, 0], unknown: [1, 0] } }));
    const impossible = beliefAfter(exact, [{ step: "heap", outcome: "rising" }]);

    expect(impossible.ok ? [] : impossible.error.map(({ code }) => code)).toEqual(["E_SITUATION_EVIDENCE_IMPOSSIBLE"]);
  });

  it("counts become (n + o + ½) / Σ with opinion capped, and opinion can be taken out again", () => {
    const document = withProbe({
      likelihood: { LOAD: { counts: [17, 2], opinion: [40, 0], source: "incidents 2025" }, LEAK: { opinion: [1, 9] } },
    });
    const rowOf = (situation: Situation, c: number): readonly number[] => {
      const [step] = situation.steps;
      invariant(step?.kind === "probe", "the step is a probe");
      return step.outcomes.map(({ likelihoodByContext }) => likelihoodByContext[c] ?? Number.NaN);
    };
    const counted = parsed(document);
    const removed = parseSituation(document, { opinion: "removed" });
    invariant(removed.ok, "the situation is well-formed without opinion too");

    expect(rowOf(counted, 0)).toEqual([27.5 / 30, 2.5 / 30]);
    expect(rowOf(counted, 1)).toEqual([1.5 / 11, 9.5 / 11]);
    expect(rowOf(removed.value, 0)).toEqual([17.5 / 20, 2.5 / 20]);
    expect(rowOf(removed.value, 1)).toEqual([0.5, 0.5]);
    expect(counted.sources.map(({ pointer, isOpinionOnly, source }) => ({ pointer, isOpinionOnly, source }))).toEqual([
      { pointer: "/steps/0/likelihood/LOAD", isOpinionOnly: false, source: "incidents 2025" },
      { pointer: "/steps/0/likelihood/LEAK", isOpinionOnly: true, source: "" },
    ]);
  });

  it("priors may be counts by context; unknown then still takes its share", () => {
    const contexts = [{ id: "LOAD" }, { id: "LEAK" }, { id: "unknown" }];
    const named = parsed(withFields({ contexts, prior: { counts: { LOAD: 7, LEAK: 2 } } }));
    const all = parsed(withFields({ contexts, prior: { counts: { LOAD: 7, LEAK: 2, unknown: 1 } } }));

    expect(named.contexts.map(({ prior }) => prior)).toEqual([0.75 * 0.98, 0.25 * 0.98, 0.02]);
    expect(all.contexts.map(({ prior }) => prior)).toEqual([7.5 / 11.5, 2.5 / 11.5, 1.5 / 11.5]);
  });
});

describe("surprise", () => {
  const situation = parsed(
    withFields({
      surprise: 0.05,
      limit: 1,
      steps: [
        {
          ...sparse.steps[0],
          cost: 0,
          outcomes: ["flat", "rising", "odd"],
          likelihood: { LOAD: [0.9, 0.08, 0.02], LEAK: [0.04, 0.94, 0.02], unknown: [0.4, 0.4, 0.2] },
        },
      ],
      responses: [
        { id: "scale", utility: { LOAD: -3, LEAK: -40 }, catastrophe: 0 },
        { id: "page", kind: "escalate", utility: { LOAD: -30, LEAK: -20 }, catastrophe: 0 },
      ],
    }),
  );
  const afterOdd = (from: Situation): unknown => {
    const decision = decideSituation(from);
    invariant(decision.ok && decision.value.kind === "decided", "the situation is decided");
    const { policy } = decision.value.chosen;
    return policy.kind === "do" ? policy.on.find(({ outcome }) => outcome === "odd") : "did not look";
  };

  it("an outcome too unlikely under the named contexts escalates, although acting would be worth more", () => {
    expect(afterOdd({ ...situation, surpriseThreshold: 0 })).toEqual({
      outcome: "odd",
      isSurprise: false,
      then: { kind: "commit", response: "scale" },
    });
    expect(afterOdd(situation)).toEqual({
      outcome: "odd",
      isSurprise: true,
      then: { kind: "commit", response: "page" },
    });
  });

  it("a surprise is counted in the policy's value and risk as the escalation it leads to", () => {
    const decision = decideSituation(situation);
    invariant(decision.ok && decision.value.kind === "decided", "the situation is decided");

    expect(evaluatePolicy(situation, decision.value.chosen.policy).value).toBeCloseTo(decision.value.chosen.value, 12);
  });

  it("it is measured without unknown, which expects everything", () => {
    const mostlyUnknown = {
      ...situation,
      contexts: [
        { id: "LOAD", prior: 0.01 },
        { id: "LEAK", prior: 0.01 },
        { id: "unknown", prior: 0.98 },
      ],
    };
    const odd = beliefAfter(mostlyUnknown, [{ step: "heap", outcome: "odd" }]);
    const decision = decideSituation(mostlyUnknown, { firstMove: "heap" });
    invariant(decision.ok && decision.value.kind === "decided", "the situation is decided");
    const { policy } = decision.value.chosen;

    expect(odd.ok && odd.value.evidenceProbability).toBeGreaterThan(0.19);
    expect(policy.kind === "do" && policy.on.map(({ isSurprise }) => isSurprise)).toEqual([false, false, true]);
  });
});

describe("a situation is refused, each problem with its place,", () => {
  const heap = "/steps/0";
  const cases: readonly (readonly [string, JsonValue, readonly string[]])[] = [
    [
      "when contexts do not end in unknown",
      withFields({ contexts: [{ id: "unknown" }, { id: "LOAD", prior: 1 }] }),
      ["E_SITUATION_NO_UNKNOWN /contexts"],
    ],
    [
      "when unknown is missing",
      withFields({
        contexts: [
          { id: "LOAD", prior: 0.6 },
          { id: "LEAK", prior: 0.4 },
        ],
      }),
      ["E_SITUATION_NO_UNKNOWN /contexts"],
    ],
    ["when unknown is alone", withFields({ contexts: [{ id: "unknown" }] }), ["E_SITUATION_NO_UNKNOWN /contexts"]],
    [
      "when priors do not sum to 1",
      withFields({ contexts: [{ id: "LOAD", prior: 0.6 }, { id: "LEAK", prior: 0.3 }, { id: "unknown" }] }),
      ["E_SITUATION_ROW_SUM /contexts"],
    ],
    [
      "when a likelihood row does not sum to 1",
      withProbe({ likelihood: { LOAD: [0.9, 0.2], LEAK: [0.5, 0.5] } }),
      [`E_SITUATION_ROW_SUM ${heap}/likelihood/LOAD`],
    ],
    [
      "when a row misses an outcome",
      withProbe({ likelihood: { LOAD: [1], LEAK: [0.5, 0.5] } }),
      [`E_SITUATION_ROW_LENGTH ${heap}/likelihood/LOAD`],
    ],
    [
      "when a named context has no row",
      withProbe({ likelihood: { LOAD: [0.5, 0.5] } }),
      [`E_SCHEMA_MISSING_FIELD ${heap}/likelihood`],
    ],
    [
      "when a probability is negative",
      withProbe({ likelihood: { LOAD: [-0.1, 1.1], LEAK: [0.5, 0.5] } }),
      [`E_SITUATION_PROBABILITY ${heap}/likelihood/LOAD/0`, `E_SITUATION_PROBABILITY ${heap}/likelihood/LOAD/1`],
    ],
    [
      "when a number is NaN",
      withFields({ catastropheUtility: Number.NaN }),
      ["E_SITUATION_NUMBER /catastropheUtility"],
    ],
    [
      "when a probability is NaN",
      withProbe({ catastrophe: { LOAD: Number.NaN } }),
      [`E_SITUATION_NUMBER ${heap}/catastrophe/LOAD`],
    ],
    ["when a cost is infinite", withProbe({ cost: Number.POSITIVE_INFINITY }), [`E_SITUATION_NUMBER ${heap}/cost`]],
    ["when a context is unknown", withProbe({ cost: { LAOD: 1 } }), [`E_SITUATION_NAME_UNKNOWN ${heap}/cost/LAOD`]],
    [
      "when the average plan is unknown",
      withFields({ averagePlan: "scael" }),
      ["E_SITUATION_NAME_UNKNOWN /averagePlan"],
    ],
    ["when the escalation is an act", withFields({ escalation: "scale" }), ["E_SITUATION_NAME_UNKNOWN /escalation"]],
    [
      "when two contexts share a name",
      withFields({ contexts: [{ id: "LOAD", prior: 0.6 }, { id: "LOAD", prior: 0.4 }, { id: "unknown" }] }),
      ["E_SITUATION_NAME_DUPLICATE /contexts/1/id"],
    ],
    [
      "when two outcomes share a name",
      withProbe({ outcomes: ["flat", "flat"] }),
      [`E_SITUATION_NAME_DUPLICATE ${heap}/outcomes/1`],
    ],
    [
      "when an outcome has a reserved name",
      withProbe({ outcomes: ["flat", "no_answer"] }),
      [`E_SITUATION_NAME_RESERVED ${heap}/outcomes/1`],
    ],
    [
      "when nothing escalates",
      withFields({ responses: [sparse.responses[0]] }),
      ["E_SITUATION_NO_ESCALATION /responses"],
    ],
    ["when the horizon is too long", withFields({ horizon: 9 }), ["E_SITUATION_HORIZON /horizon"]],
    ["when the horizon is broken", withFields({ horizon: 1.5 }), ["E_SITUATION_HORIZON /horizon"]],
    [
      "when there are too many steps",
      withFields({ steps: Array.from({ length: 17 }, (_, index) => ({ ...sparse.steps[2], id: `w${index}` })) }),
      ["E_SITUATION_SIZE /steps"],
    ],
    [
      "when a utility is missing",
      withFields({ responses: [{ id: "page", kind: "escalate", utility: { LOAD: -1 } }] }),
      ["E_SCHEMA_MISSING_FIELD /responses/0/utility"],
    ],
    ["when a field is misspelt", withProbe({ maxUsages: 2 }), [`E_SCHEMA_UNKNOWN_FIELD ${heap}/maxUsages`]],
    [
      "when a count is negative",
      withProbe({ likelihood: { LOAD: { counts: [-1, 2] }, LEAK: [0.5, 0.5] } }),
      [`E_SITUATION_NUMBER ${heap}/likelihood/LOAD/counts/0`],
    ],
    [
      "when the classifier names no outcome",
      withProbe({ classifier: { flat: "output.slope < 1", risen: "true" } }),
      [`E_SITUATION_NAME_UNKNOWN ${heap}/classifier/risen`],
    ],
    ["when priors stand in two places", withFields({ prior: { counts: { LOAD: 1, LEAK: 2 } } }), ["E_SCHEMA /prior"]],
    ["when it is of another version", withFields({ format: "interlock.situation/2" }), ["E_SCHEMA_VERSION /format"]],
  ];

  it.each(cases)("%s", (_, document, expected) => {
    expect(refusals(document)).toEqual(expected);
  });

  it("and problems in different parts are told at once", () => {
    const document = withFields({
      limit: 2,
      horizon: -1,
      responses: [{ ...sparse.responses[0], catastrophe: { LEAK: 3 } }, sparse.responses[1]],
    });

    expect(refusals(document)).toEqual([
      "E_SITUATION_PROBABILITY /limit",
      "E_SITUATION_HORIZON /horizon",
      "E_SITUATION_PROBABILITY /responses/0/catastrophe/LEAK",
    ]);
  });
});

it("bindings, classifiers and durations are carried for what compiles the policy", () => {
  const situation = parsed(
    withFields({
      steps: [
        {
          ...sparse.steps[0],
          maxAge: "10m",
          external: false,
          classifier: { rising: "output.slope > 1.0", flat: "output.slope <= 1.0" },
        },
        sparse.steps[1],
        sparse.steps[2],
      ],
    }),
  );

  expect(situation.steps[0]).toMatchObject({
    binding: { action: "metrics.heap", args: [{ name: "window", from: "literal", value: '"5m"' }] },
    maxAgeMs: 600_000,
    external: false,
    classifier: [
      { name: "flat", when: "output.slope <= 1.0" },
      { name: "rising", when: "output.slope > 1.0" },
    ],
  });
  expect(situation.steps[2]).toMatchObject({
    kind: "wait",
    forMs: 300_000,
    outcomes: [{ id: "elapsed", likelihoodByContext: [1, 1, 1] }],
  });
  expect(situation.escalation).toBe("page");
});
