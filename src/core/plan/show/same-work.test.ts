import { describe, expect, it } from "vitest";
import { compileOrThrow, probeLoad, proposalOf, requestOf, scale } from "../../../../test/support/proposals.ts";
import type { ProposedStep } from "../wire/proposal.ts";
import { workOf } from "./same-work.ts";

function workIn(steps: readonly ProposedStep[], change: Parameters<typeof proposalOf>[1] = {}): string {
  return workOf(compileOrThrow(requestOf(proposalOf(steps, change)), { "deploy.web.phase": "serving" }));
}

describe("two plans", () => {
  const first = workIn([
    probeLoad("p"),
    scale("s", { after: ["p"], when: "p == 'contention'", replicas: 5, purpose: "more" }),
  ]);

  it("do the same if only the names of their steps and their words for people differ", () => {
    const steps = [probeLoad("look"), scale("grow", { after: ["look"], when: "look == 'contention'", replicas: 5 })];

    expect(workIn(steps, { summary: "again" })).toBe(first);
  });

  it.each<[string, readonly ProposedStep[]]>([
    ["a value", [probeLoad("p"), scale("s", { after: ["p"], when: "p == 'contention'", replicas: 6 })]],
    ["a condition", [probeLoad("p"), scale("s", { after: ["p"], when: "p == 'idle'", replicas: 5 })]],
    ["a step", [scale("s", { replicas: 5 })]],
  ])("do not if %s differs", (_, steps) => {
    expect(workIn(steps)).not.toBe(first);
  });

  it("do not if their goals differ", () => {
    const steps = [scale("s", { replicas: 5 })];

    expect(workIn(steps, { goal: "deploy.web.replicas == 5" })).not.toBe(workIn(steps));
  });
});
