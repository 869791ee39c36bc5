import { describe, expect, it } from "vitest";
import { compileOrThrow, proposalOf, requestOf, scale } from "../../../test/support/proposals.ts";
import { canonicalText } from "../value/canonical.ts";
import { digest } from "../value/digest.ts";
import type { JsonValue } from "../value/json-value.ts";
import type { Plan } from "./plan.ts";
import { planFileText, planHash, planHashOf, planName } from "./plan-hash.ts";

const plan = compileOrThrow(requestOf(proposalOf([scale("s1")])));

describe("a plan's name", () => {
  it("is `pl_` and the first 12 digits of its hash", () => {
    expect(planName(planHash(plan))).toBe(`pl_${planHash(plan).slice("sha256:".length, "sha256:".length + 12)}`);
  });

  it("differs for a plan that differs in one word", () => {
    expect(planHash({ ...plan, summary: "another" })).not.toBe(planHash(plan));
  });
});

describe("a plan's file", () => {
  it("is one line that reads back as the same plan", () => {
    const text = planFileText(plan);

    expect(text.indexOf("\n")).toBe(text.length - 1);
    expect(planHash(JSON.parse(text))).toBe(planHash(plan));
  });
});

describe("the forms of a plan", () => {
  const first: Plan = { ...plan, format: "interlock.plan/1" };
  const stored = (one: Plan): JsonValue => JSON.parse(canonicalText(one)) as JsonValue;

  it("have hashes of their own: one form is never taken for another", () => {
    expect(plan.format).toBe("interlock.plan/2");
    expect(planHash(first)).toBe(digest("interlock.plan/1", first));
    expect(planHash(first)).not.toBe(planHash(plan));
    expect(digest("interlock.plan/2", first)).not.toBe(planHash(first));
  });

  it("give a document its hash as a plan, and none to what is no plan", () => {
    expect([first, plan].map((one) => planHashOf(stored(one)))).toEqual([planHash(first), planHash(plan)]);
    expect([planHashOf({ format: "interlock.plan/3" }), planHashOf({}), planHashOf(null)]).toEqual([null, null, null]);
  });

  it("may say what was asked for, which is then part of the hash", () => {
    const asked: Plan = { ...plan, intent: { text: "the shop is slow", by: "olivia", goalBy: "none" } };

    expect(planHash(asked)).not.toBe(planHash(plan));
    expect(planHashOf(stored(asked))).toBe(planHash(asked));
  });
});
