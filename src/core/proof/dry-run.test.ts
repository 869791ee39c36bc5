import { describe, expect, it } from "vitest";
import { compileOrThrow, probeLoad, proposalOf, requestOf, scale } from "../../../test/support/proposals.ts";
import { factName, type ObservedObject } from "../plan/compile/read-object.ts";
import type { Plan } from "../plan/plan.ts";
import type { ProposedStep } from "../plan/wire/proposal.ts";
import { walkDry } from "./dry-run.ts";

function planOf(steps: readonly ProposedStep[], goal = ""): Plan {
  return compileOrThrow(requestOf(proposalOf(steps, { goal })), { "deploy.web.phase": "serving" });
}

/** The objects as the plan pinned them, with some facts as they are now. */
function seenNow(plan: Plan, now: Readonly<Record<string, ObservedObject["facts"][number]["value"]>> = {}) {
  return plan.pins.targets.map(({ object, fingerprint, facts }): ObservedObject => {
    return {
      object,
      fingerprint,
      fence: null,
      facts: facts.map(({ name, value }) => ({ name, value: now[name] ?? value })),
    };
  });
}

describe("a dry walk", () => {
  it("assumes no answer of a probe: what hangs on one may run, and its effects are open afterwards", () => {
    const plan = planOf(
      [probeLoad("p"), scale("s1", { after: ["p"], when: "p == 'contention'", replicas: 5 })],
      "deploy.web.replicas == 5 || deploy.web.ready",
    );

    const { steps, goal } = walkDry(plan, seenNow(plan, { "deploy.web.ready": false }));

    expect(steps.slice(0, 2).map(({ id, runs, pre }) => [id, runs, pre.verdict])).toEqual([
      ["p", "yes", "none"],
      ["s1", "unknown", "holds"],
    ]);
    expect(goal).toMatchObject({
      verdict: "unknown",
      facts: expect.arrayContaining([{ name: "deploy.web.replicas", value: null, by: "s1" }]),
    });
  });

  it("finds a precondition false by what is read now, and not by what was read when the plan was made", () => {
    const plan = planOf([scale("s1")]);

    const before = walkDry(plan, seenNow(plan)).steps[0]?.pre;
    const now = walkDry(plan, seenNow(plan, { [factName("deploy/web", "phase")]: "stopped" })).steps[0]?.pre;

    expect([before?.verdict, now?.verdict]).toEqual(["holds", "does_not_hold"]);
    expect(now?.why).toContain("`deploy.web.phase` = 'stopped'");
  });

  it("names the objects whose fingerprint is no longer the pinned one", () => {
    const plan = planOf([scale("s1")]);
    const [first, ...rest] = seenNow(plan);
    if (first === undefined) throw new Error("the plan has objects");
    const other = plan.pins.domain;

    expect(walkDry(plan, [{ ...first, fingerprint: other }, ...rest]).changed).toEqual([first.object]);
    expect(walkDry(plan, [first, ...rest]).changed).toEqual([]);
  });

  it("names each fact that is not as planned and that a write would change, or only needs", () => {
    const plan = planOf([scale("s1", { replicas: 5 })]);

    const moved = (now: Parameters<typeof seenNow>[1]) =>
      walkDry(plan, seenNow(plan, now)).moved.map(({ name, found, stepId, isOverwritten }) => [
        name,
        found,
        stepId,
        isOverwritten,
      ]);

    expect(moved({})).toEqual([]);
    expect(moved({ "deploy.web.replicas": 4 })).toEqual([["deploy.web.replicas", 4, "s1", true]]);
    expect(moved({ "deploy.web.replicas": 5 })).toEqual([["deploy.web.replicas", 5, "s1", false]]);
    expect(moved({ "deploy.web.phase": "stopped" })).toEqual([["deploy.web.phase", "stopped", "s1", false]]);
  });
});
