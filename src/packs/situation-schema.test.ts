import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import schema from "../../schemas/situation.schema.json" with { type: "json" };
import { parseSituation } from "../core/belief/situation/parse-situation.ts";
import type { JsonObject, JsonValue } from "../core/value/json-value.ts";

const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);

const full = {
  format: "interlock.situation/1",
  id: "full",
  title: "Everything a situation can say",
  unit: "k$",
  contexts: [{ id: "LOAD", text: "too many requests" }, { id: "DB" }, { id: "unknown" }],
  prior: { counts: { LOAD: 12, DB: 5 }, opinion: { DB: 2 }, source: "closed incidents" },
  catastropheUtility: -400,
  limit: 0.01,
  limitGivenEvidence: 0.02,
  horizon: 3,
  surprise: 0.02,
  conflict: 0.05,
  unknownMax: 0.4,
  likelihoodFloor: 0.002,
  opinionCap: 5,
  averagePlan: "scale",
  escalation: "page",
  beliefTest: { plausible: 0.05, cheapLoss: 3, reversible: ["scale"], detected: [] },
  alerts: [{ alertname: "Slow", service: ["shop", "till"] }],
  objective: "shop.good",
  witness: { expect: "!alarm.on", within: "1m" },
  steps: [
    {
      id: "locks",
      kind: "probe",
      text: "who waits",
      action: "pg.locks",
      args: { role: "nightly" },
      cost: { LOAD: 1, "*": 2 },
      catastrophe: 0,
      maxUses: 2,
      maxAge: "5m",
      exact: false,
      external: true,
      outcomes: ["contention", "clean"],
      likelihood: {
        LOAD: [0.2, 0.8],
        DB: { counts: [9, 1], opinion: [1, 0], source: "incidents" },
        unknown: { probabilities: [0.5, 0.5], opinion: true },
      },
      classifier: { contention: "output.waiting > 5", clean: "output.waiting <= 5" },
    },
    { id: "breathe", kind: "wait", for: "5m", cost: 3 },
    {
      id: "flag_off",
      kind: "try",
      action: "flag.set",
      args: [{ name: "flag", from: "input", value: "flag" }],
      pFixed: { DB: 0.3 },
      fixedUtility: -3,
      check: { action: "slo.good" },
    },
  ],
  responses: [
    {
      id: "scale",
      utility: { LOAD: -4, DB: -60 },
      catastrophe: { DB: 0.3 },
      action: "pool.scale",
      args: { count: 8 },
      text: "add replicas",
    },
    {
      id: "page",
      kind: "escalate",
      person: { pageCost: 2, minutes: { LOAD: 10, "*": 20 }, costPerMinute: 1, thenUtility: -1 },
    },
    { id: "wake", kind: "escalate", utility: { LOAD: -20 }, person: { pageCost: 2, minutes: 1, costPerMinute: 1 } },
  ],
} as const satisfies JsonValue;

/** What the schema says and what the reader says; they must agree wherever a schema can say it. */
function verdicts(document: JsonValue): readonly [boolean, boolean] {
  return [validate(document), parseSituation(document).ok];
}

function without(field: keyof typeof full): JsonObject {
  return Object.fromEntries(Object.entries(full).filter(([key]) => key !== field));
}

it("schema and reader accept a situation that uses every field", () => {
  expect(validate(full), JSON.stringify(validate.errors)).toBe(true);
  expect(parseSituation(full)).toMatchObject({ ok: true });
});

describe("schema and reader both refuse", () => {
  it.each(["format", "id", "contexts", "catastropheUtility", "limit", "horizon", "responses"] as const)(
    "a situation without %s",
    (field) => {
      expect(verdicts(without(field))).toEqual([false, false]);
    },
  );

  it.each<readonly [string, JsonObject]>([
    ["no context `unknown`", { contexts: [{ id: "LOAD" }, { id: "DB" }], averagePlan: "scale" }],
    ["a limit above 1", { limit: 1.5 }],
    ["a share of conflict above 1", { conflict: 2 }],
    ["a share of `unknown` below 0", { unknownMax: -0.1 }],
    ["a horizon of 9", { horizon: 9 }],
    ["a field nobody knows", { discount: 0.9 }],
    ["a cheap loss below nothing", { beliefTest: { cheapLoss: -1 } }],
    ["a negative probability", { steps: [{ ...full.steps[0], likelihood: [-0.5, 1.5] }] }],
    ["a reserved outcome", { steps: [{ ...full.steps[0], outcomes: ["contention", "no_answer"] }] }],
    ["a step of another kind", { steps: [{ ...full.steps[0], kind: "hope" }] }],
    ["a try with outcomes", { steps: [{ ...full.steps[2], outcomes: ["fixed", "not_fixed"] }] }],
    ["a probe without likelihood", { steps: [{ id: "p", kind: "probe", outcomes: ["a", "b"] }] }],
    [
      "an escalation that says neither what it is worth nor what a page costs",
      { responses: [{ id: "page", kind: "escalate" }] },
    ],
    ["an act without utility", { responses: [{ id: "scale" }, full.responses[1]] }],
    [
      "an act that calls a person",
      { responses: [{ ...full.responses[1], id: "scale", kind: "act" }, full.responses[2]] },
    ],
    [
      "a page that costs less than nothing",
      { responses: [{ ...full.responses[1], person: { pageCost: -1, minutes: 1, costPerMinute: 1 } }] },
    ],
    [
      "a person who takes no stated time",
      { responses: [{ ...full.responses[1], person: { pageCost: 1, costPerMinute: 1 } }] },
    ],
    ["a duration without unit", { steps: [{ ...full.steps[1], for: "300" }] }],
    ["a negative count", { steps: [{ ...full.steps[0], likelihood: { "*": { counts: [-1, 3] } } }] }],
  ])("%s", (_, change) => {
    expect(verdicts({ ...full, ...change })).toEqual([false, false]);
  });
});
