import { describe, expect, it } from "vitest";
import { fleetRequest, scaleAll } from "../../../../test/support/fleet.ts";
import { compileOrThrow } from "../../../../test/support/proposals.ts";
import { planOf } from "../../run/fixtures/plan.fixture.ts";
import type { CallStep, Plan } from "../plan.ts";
import { groupWrites } from "./group-writes.ts";
import { outlinePlan } from "./outline.ts";
import { renderSummary } from "./render-summary.ts";
import { reviewPlan } from "./review.ts";

const waves = { canary: 1, batch: { kind: "count", count: 20 }, abortAbove: 1 } as const;

/** The plan with something else in one of its steps. */
function changed(plan: Plan, id: string, change: Partial<CallStep>): Plan {
  return { ...plan, steps: plan.steps.map((step) => (step.id === id ? ({ ...step, ...change } as CallStep) : step)) };
}

const phrases = (plan: Plan): readonly string[] => groupWrites(plan).map(({ phrase }) => phrase);

describe("equal writes", () => {
  it("over a fleet are one group, which names the first object and how many more there are", () => {
    const plan = compileOrThrow(fleetRequest([scaleAll("s1")], { size: 40, waves }));

    const [group, ...others] = groupWrites(plan);

    expect(others).toEqual([]);
    expect(group?.phrase).toBe("k8s.scale deploy/d01 and 39 more");
    expect(group?.targets).toHaveLength(40);
  });

  it.each([
    ["another action", { action: "box.clear" }],
    ["another class", { class: "reversible" }],
    [
      "another argument",
      {
        args: [
          { name: "to", type: { kind: "boolean" }, integrity: "proposer", value: { kind: "literal", value: true } },
        ],
      },
    ],
  ] as const)("are no longer equal with %s", (_title, change) => {
    const plan = planOf([
      { id: "a", irreversible: true },
      { id: "b", irreversible: true },
    ]);

    expect(groupWrites(plan)).toHaveLength(1);
    expect(groupWrites(changed(plan, "b", change))).toHaveLength(2);
  });

  it("of two actions on one object are two phrases: one typed name approves no second action", () => {
    const plan = planOf([
      { id: "a", irreversible: true },
      { id: "b", irreversible: true },
    ]);

    expect(phrases(changed(plan, "b", { action: "box.burn", target: "box/a" }))).toEqual([
      "box.set box/a",
      "box.burn box/a",
    ]);
  });

  it("leave reads out", () => {
    expect(groupWrites(changed(planOf([{ id: "a" }]), "a", { class: "read" }))).toEqual([]);
  });
});

describe("the summary before the question", () => {
  const plan = compileOrThrow(fleetRequest([scaleAll("s1")], { size: 40, waves }));

  it("says what would be done to what, from which value to which, and that nothing is done yet", () => {
    const text = renderSummary(reviewPlan(plan), outlinePlan(plan));

    expect(text).toContain("nothing is done yet");
    expect(text.replaceAll(/\n +│ /g, " ")).toMatch(
      /1\. IRREVERSIBLE ! replicas \d+ → \d+ on 40 deploys \(d01 … d40\) \(k8s\.scale\)/,
    );
    expect(text.split("\n").length).toBeLessThan(24);
  });

  it("holds no text of the proposer", () => {
    const lie = "LIE: nothing is changed";
    const lying = {
      ...plan,
      summary: lie,
      assumptions: [lie],
      steps: plan.steps.map((step) => ({ ...step, purpose: lie })),
    };

    expect(renderSummary(reviewPlan(lying), outlinePlan(lying))).not.toContain("LIE");
  });

  it("has no row wider than 80 columns", () => {
    expect(
      Math.max(
        ...renderSummary(reviewPlan(plan), outlinePlan(plan))
          .split("\n")
          .map((row) => row.length),
      ),
    ).toBeLessThanOrEqual(80);
  });
});
