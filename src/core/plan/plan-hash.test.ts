import { describe, expect, it } from "vitest";
import { compileOrThrow, proposalOf, requestOf, scale } from "../../../test/support/proposals.ts";
import { planFileText, planHash, planName } from "./plan-hash.ts";

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
