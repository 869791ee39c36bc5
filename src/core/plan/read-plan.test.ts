import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawPlan } from "../../../simulation/plans/draw-plan.ts";
import { damagesOf } from "../../../test/support/damage-document.ts";
import { fullPlan, isFreeInPlan } from "../../../test/support/full-plan.ts";
import { compileOrThrow, proposalOf, requestOf } from "../../../test/support/proposals.ts";
import { validSteps } from "../../../test/support/random-steps.ts";
import { planOf } from "../run/fixtures/plan.fixture.ts";
import { canonicalText } from "../value/canonical.ts";
import type { JsonValue } from "../value/json-value.ts";
import { stepKinds } from "./kinds/index.ts";
import type { Plan } from "./plan.ts";
import { planHash } from "./plan-hash.ts";
import { readPlan, readPlanOf } from "./read-plan.ts";

/** A plan as it lies beside a log. */
function stored(plan: Plan): JsonValue {
  return JSON.parse(canonicalText(plan)) as JsonValue;
}

/** A plan of the compiler, or one that the simulator draws. */
const anyPlan: fc.Arbitrary<Plan> = fc.oneof(
  validSteps.map((steps) => compileOrThrow(requestOf(proposalOf(steps)))),
  fc.nat(10_000).map(drawPlan),
);

const codeOf = {
  "unknown field": "E_SCHEMA_UNKNOWN_FIELD",
  "missing field": "E_SCHEMA_MISSING_FIELD",
  "another type": "E_SCHEMA",
} as const;

describe("readPlan", () => {
  it("reads every plan of the compiler and of the simulator, with the same bytes", () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const read = readPlan(stored(plan));

        return read.ok && canonicalText(read.value) === canonicalText(plan);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it("reads a plan that has everything, with the same bytes", () => {
    const read = readPlan(stored(fullPlan));

    expect(read).toMatchObject({ ok: true });
    expect(read.ok && canonicalText(read.value)).toBe(canonicalText(fullPlan));
  });

  it.each(stepKinds)("reads a step of the kind %s with the same bytes, and refuses any one damage to it", (kind) => {
    const plan = planOf([{ id: "a", kind }]);
    const read = readPlan(stored(plan));
    const passed = [...damagesOf(stored(plan), isFreeInPlan)].filter(({ document }) => readPlan(document).ok);

    expect(read.ok ? canonicalText(read.value) : read.error).toBe(canonicalText(plan));
    expect(passed.map(({ name }) => name)).toEqual([]);
  });

  it("reads every golden plan of 0.1.0, with the same bytes", () => {
    const golden = new URL("../../../test/golden/", import.meta.url);
    const journals = readdirSync(new URL("journals/0.1.0/", golden)).map((file) => `journals/0.1.0/${file}`);
    const plans = [
      JSON.parse(readFileSync(new URL("gate/0.1.0/plan.json", golden), "utf8")),
      ...journals.map((path) => JSON.parse(readFileSync(new URL(path, golden), "utf8")).plan),
    ] as readonly JsonValue[];

    const read = plans.map((plan) => readPlan(plan));

    expect(plans.length).toBeGreaterThan(5);
    expect(read.map((one) => (one.ok ? canonicalText(one.value) : one.error))).toEqual(plans.map(canonicalText));
  });

  it("refuses every single field more or less and every other type, and says where", () => {
    const optional: string[] = [];
    const wrong: string[] = [];
    for (const { name, kind, pointer, document } of damagesOf(stored(fullPlan), isFreeInPlan)) {
      const read = readPlan(document);
      if (read.ok && kind === "missing field") optional.push(name.replace("missing field ", ""));
      else if (read.ok || !read.error.some((found) => found.code === codeOf[kind] && found.pointer === pointer))
        wrong.push(name);
    }

    expect(wrong).toEqual([]);
    expect(optional).toEqual([
      "/intent",
      "/observations/0/fresh",
      "/pins/folders",
      "/pins/programs",
      "/preparedBy",
      ...["/steps/0", "/steps/1"].flatMap((step) => [
        `${step}/compensation/copies`,
        `${step}/compensation/during`,
        `${step}/compensation/effect`,
        `${step}/compensation/openPre`,
        `${step}/compensation/operation`,
        `${step}/compensation/thenRun`,
        `${step}/compensation/thenRun/0/copies`,
        `${step}/compensation/thenRun/0/during`,
        `${step}/compensation/thenRun/0/effect`,
        `${step}/compensation/thenRun/0/openPre`,
        `${step}/compensation/thenRun/0/operation`,
        `${step}/operation`,
        `${step}/wave`,
      ]),
      "/steps/2/failures",
      "/steps/5/world",
    ]);
  });

  it("refuses any one damage to a plan of the compiler", () => {
    fc.assert(
      fc.property(anyPlan, fc.nat(), (plan, pick) => {
        const damages = [...damagesOf(stored(plan), isFreeInPlan)];
        const damaged = damages[pick % damages.length];

        return damaged === undefined || !readPlan(damaged.document).ok;
      }),
      { numRuns: 150, seed: 13 },
    );
  });

  it("refuses what came with the second version in a plan of the first", () => {
    const asked = { ...fullPlan, format: "interlock.plan/1" } as const;

    const read = readPlan(stored(asked));

    expect(read.ok ? [] : read.error.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      ...["/steps/0", "/steps/1"].flatMap((step) => [
        `E_SCHEMA_UNKNOWN_FIELD ${step}/compensation/during`,
        `E_SCHEMA_UNKNOWN_FIELD ${step}/compensation/effect`,
        `E_SCHEMA_UNKNOWN_FIELD ${step}/compensation/operation`,
        `E_SCHEMA_UNKNOWN_FIELD ${step}/compensation/copies`,
        `E_SCHEMA_UNKNOWN_FIELD ${step}/compensation/openPre`,
        `E_SCHEMA_UNKNOWN_FIELD ${step}/compensation/thenRun`,
        `E_SCHEMA_UNKNOWN_FIELD ${step}/operation`,
      ]),
      "E_SCHEMA_UNKNOWN_FIELD /steps/2/failures",
      "E_SCHEMA_UNKNOWN_FIELD /steps/5/world",
      "E_SCHEMA_UNKNOWN_FIELD /observations/0/fresh",
      "E_SCHEMA_UNKNOWN_FIELD /pins/programs",
      "E_SCHEMA_UNKNOWN_FIELD /pins/folders",
      "E_SCHEMA_UNKNOWN_FIELD /intent",
      "E_SCHEMA_UNKNOWN_FIELD /preparedBy",
    ]);
  });

  it("refuses an optional list that is empty: it is absent then", () => {
    const [act, ...others] = fullPlan.steps;
    const empty = { ...act, compensation: { ...(act?.kind === "act" ? act.compensation : null), during: [] } };

    const read = readPlan(JSON.parse(JSON.stringify({ ...fullPlan, steps: [empty, ...others] })) as JsonValue);

    expect(read.ok ? [] : read.error.map(({ pointer }) => pointer)).toEqual(["/steps/0/compensation/during"]);
  });

  it("refuses a version that it does not know, and tells nothing else of it", () => {
    const later = JSON.parse(JSON.stringify({ ...fullPlan, format: "interlock.plan/3", goal: 7 })) as JsonValue;

    const read = readPlan(later);

    expect(read.ok ? [] : read.error.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      "E_SCHEMA_VERSION /format",
    ]);
  });
});

describe("readPlanOf", () => {
  const hash = planHash(fullPlan);

  it("reads the plan that its hash names", () => {
    expect(readPlanOf(hash, stored(fullPlan))).toMatchObject({ ok: true, value: { summary: fullPlan.summary } });
  });

  it.each([
    ["another plan", stored({ ...fullPlan, summary: "another" })],
    ["a document of another format", { format: "interlock.grant/1" }],
    ["no document at all", "a text"],
  ])("refuses %s in its place as changed", (_, document) => {
    expect(readPlanOf(hash, document)).toMatchObject({ ok: false, error: { code: "E_PLAN_DIGEST" } });
  });

  it("refuses a field of a later release under a right hash, and names plan, field and place", () => {
    const later = { ...fullPlan, deadlineMs: 5 } as unknown as Plan;

    const read = readPlanOf(planHash(later), stored(later));

    expect(read.ok ? null : read.error).toMatchObject({
      code: "E_SCHEMA_UNKNOWN_FIELD",
      pointer: "/deadlineMs",
      message: expect.stringMatching(
        /^this release cannot read `?pl_[0-9a-f]{12}`?: the field `deadlineMs` is unknown$/,
      ),
      hint: "use the release that wrote the plan, or a later one",
    });
  });

  it("refuses a version of a later release without judging its hash", () => {
    const later = { ...fullPlan, format: "interlock.plan/3" } as unknown as Plan;

    expect(readPlanOf(hash, stored(later))).toMatchObject({ ok: false, error: { code: "E_SCHEMA_VERSION" } });
  });
});
