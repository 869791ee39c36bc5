import { describe, expect, it } from "vitest";
import { fleetDomain, scaleAll, withCountedFailures } from "../../../test/support/fleet.ts";
import { compileOrThrow, proposalOf, requestOf } from "../../../test/support/proposals.ts";
import type { Plan } from "../plan/plan.ts";
import { type Course, CourseFinder } from "./courses.ts";
import { worldOf } from "./world.ts";

/** A fleet of five, in the waves 1, 2 and 2. */
function fleetPlan(abortAbove: number): Plan {
  const waves = { canary: 1, batch: { kind: "count", count: 2 }, abortAbove } as const;
  return compileOrThrow(requestOf(proposalOf([scaleAll("s1")]), { domain: fleetDomain({ size: 5, waves }) }));
}

function coursesOf(plan: Plan, among: (id: string) => boolean): readonly string[] | undefined {
  const world = worldOf(plan);
  const steps = world.steps.flatMap(({ at, id }) => (among(id) ? [at] : []));
  const wordOf = ({ fates }: Course): string => [...fates].map(([at, fate]) => `${world.steps[at]?.id} ${fate}`).join();
  return new CourseFinder(world, { left: 20_000 }).coursesOf(steps)?.map(wordOf).toSorted();
}

describe("the courses of a fleet whose barriers count failures", () => {
  it.each([1, 2, 3, 4])("are those of the formula that says the same, with at most %i failures", (abortAbove) => {
    const plan = fleetPlan(abortAbove);
    const counted = withCountedFailures(plan);

    expect(counted.steps.filter((step) => step.kind === "wait" && step.failures !== undefined)).toHaveLength(3);
    for (const among of [
      () => true,
      (id: string) => id === "s1_5" || id === "s1_waves",
      (id: string) => id === "escalate" || id === "end" || id === "s1_4",
    ])
      expect(coursesOf(counted, among)).toEqual(coursesOf(plan, among));
    expect(coursesOf(plan, () => true)?.length).toBeGreaterThan(5);
  });

  it("of a thousand steps are found for one of them", () => {
    const waves = { canary: 1, batch: { kind: "percent", percent: 10 }, abortAbove: 10 } as const;
    const plan = compileOrThrow(requestOf(proposalOf([scaleAll("s1")]), { domain: fleetDomain({ size: 950, waves }) }));

    expect(coursesOf(plan, (id) => id === "s1_950" || id === "s1_waves")).toEqual([
      "s1_950 done,s1_waves done",
      "s1_950 done,s1_waves skipped",
      "s1_950 failed,s1_waves done",
      "s1_950 failed,s1_waves skipped",
      "s1_950 skipped,s1_waves skipped",
    ]);
  });
});
