import { describe, expect, it } from "vitest";
import { fleetRequest, scaleAll } from "../../../../test/support/fleet.ts";
import { compileOrThrow } from "../../../../test/support/proposals.ts";
import type { Waves } from "../../domain/domain.ts";
import type { Plan } from "../plan.ts";
import { renderReview } from "./render-review.ts";
import { reviewPlan } from "./review.ts";

const forgiving: Waves = { canary: 1, batch: { kind: "count", count: 2 }, abortAbove: 1 };

describe("the review of waves", () => {
  const plan = compileOrThrow(fleetRequest([scaleAll("s1")], { size: 4, waves: forgiving }));

  it("names the canary and each wave with its targets, and at each step its wave", () => {
    const lines = renderReview(reviewPlan(plan))
      .split("\n")
      .map((line) => line.trim());

    expect(lines.filter((line) => line.startsWith("s1: "))).toEqual([
      "s1: canary, wave 1 of 3: deploy/d01",
      "s1: wave 2 of 3: deploy/d02, deploy/d03",
      "s1: wave 3 of 3: deploy/d04",
    ]);
    expect(lines.filter((line) => line.startsWith("wave: "))).toEqual(
      [1, 2, 2, 3].map(
        (number) =>
          `wave: ${number === 1 ? "canary, " : ""}wave ${number} of 3 of s1, which goes on while at most 1 have failed`,
      ),
    );
    expect(lines).toContain("purpose: the plan says “wave 3 of 3 of s1 begins if at most 1 of the 3");
    expect(lines).toContain("│ before failed”");
  });

  it("shows every part of a step's place in the waves (I16)", () => {
    const before = renderReview(reviewPlan(plan));
    const changed = (["of", "number", "count", "abortAbove"] as const).map(
      (field): Plan => ({
        ...plan,
        steps: plan.steps.map((found) =>
          found.id === "s1_2" && found.kind === "act" && found.wave !== undefined
            ? { ...found, wave: { ...found.wave, [field]: field === "of" ? "s9" : 9 } }
            : found,
        ),
      }),
    );

    expect(
      changed.map(
        (other) =>
          renderReview({
            ...reviewPlan(other),
            planHash: reviewPlan(plan).planHash,
            planName: reviewPlan(plan).planName,
          }) === before,
      ),
    ).toEqual([false, false, false, false]);
  });
});
