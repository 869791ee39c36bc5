import { describe, expect, it } from "vitest";
import { compileOrThrow, proposalOf, requestOf, scale } from "../../../../test/support/proposals.ts";
import { isGoalReached } from "./goal-reached.ts";

const request = (goal: string) => requestOf(proposalOf([scale("s1")], { goal }));

describe("isGoalReached", () => {
  it.each([
    [3, true],
    [2, false],
  ])("says of a goal of 3 replicas and a world with %i: %s", (replicas, isReached) => {
    const plan = compileOrThrow(request("deploy.web.replicas == 3"), { "deploy.web.replicas": replicas });

    expect(isGoalReached(plan)).toBe(isReached);
  });

  it("is false for a plan without a goal, since nothing says that there is nothing to do", () => {
    expect(isGoalReached(compileOrThrow(request("")))).toBe(false);
  });
});
