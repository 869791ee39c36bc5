import { expect, it } from "vitest";
import { proposalOf, requestOf, scale } from "../../../../test/support/proposals.ts";
import { draftPlan } from "./compile.ts";
import type { PlanDraft } from "./pin-plan.ts";
import type { ObservedObject } from "./read-object.ts";
import { type PlanNeeds, refuseWrongTypes } from "./refuse-wrong-types.ts";

const draft = (): PlanDraft["plan"] => {
  const drafted = draftPlan(requestOf(proposalOf([scale("s1")], { goal: "deploy.dns.ready == false" })));
  if (!drafted.ok) throw new Error(JSON.stringify(drafted.error));
  return drafted.value.plan;
};

/** A reading of one fact as something else. */
function wrong(name: string): readonly ObservedObject[] {
  const object = `deploy/${name.split(".")[1] ?? ""}` as const;
  const fingerprint = draft().pins.connections;
  return [{ object, fingerprint, fence: null, facts: [{ name, value: null, why: "found the text `3`" }] }];
}

const told = (plan: PlanNeeds, name: string) =>
  refuseWrongTypes(plan, wrong(name)).map(({ code, message }) => `${code} ${message}`);

it("a fact of the wrong type is refused where a way back, a post-condition, the goal or an invariant needs it", () => {
  const plan = draft();
  const [step] = plan.steps;
  if (step?.kind !== "act") throw new Error("the first step scales");
  const others = plan.steps.slice(1);
  const blunt = { ...step, compensation: null };
  const bare = { ...plan, goal: "", invariants: [], steps: [blunt, ...others] };

  expect(told(plan, "deploy.web.replicas")).toEqual([
    "E_FACT_TYPE `deploy.web.replicas` is unknown, and the way back of `s1` needs it: found the text `3`",
  ]);
  expect(told(bare, "deploy.web.replicas")).toEqual([
    "E_FACT_TYPE `deploy.web.replicas` is unknown, and the post-condition of `s1` needs it: found the text `3`",
  ]);
  expect(told({ ...bare, steps: [{ ...blunt, post: null, pre: "deploy.web.ready" }] }, "deploy.web.ready")).toEqual([
    "E_FACT_TYPE `deploy.web.ready` is unknown, and the precondition of `s1` needs it: found the text `3`",
  ]);
  expect(told(plan, "deploy.dns.ready")).toEqual([
    "E_FACT_TYPE `deploy.dns.ready` is unknown, and the goal needs it: found the text `3`",
  ]);
  expect(told({ ...bare, invariants: [{ name: "calm", holds: "deploy.api.ready" }] }, "deploy.api.ready")).toEqual([
    "E_FACT_TYPE `deploy.api.ready` is unknown, and the invariant `calm` needs it: found the text `3`",
  ]);
});

it("a fact of the wrong type that nothing in the plan needs refuses nothing", () => {
  expect(told(draft(), "deploy.dns.replicas")).toEqual([]);
});

it("a rollback does not wait for an object that only an invariant reads", () => {
  const plan = draft();
  const rollback = { ...plan, goal: "", proposer: { kind: "recovery", id: "rollback", onBehalfOf: "ada" } } as const;
  const invariants = [{ name: "calm", holds: "deploy.api.ready" }];

  expect(told({ ...rollback, invariants }, "deploy.api.ready")).toEqual([]);
  expect(told({ ...rollback, invariants }, "deploy.web.replicas")).toHaveLength(1);
});

it("a word that a `map` does not list is refused only where a way back would put it back", () => {
  const plan = draft();
  const mapped = {
    ...plan,
    observations: plan.observations.map((observation) => ({
      ...observation,
      facts: observation.facts.map((fact) => ({ ...fact, map: [{ from: "three", to: 3 }] })),
    })),
  };
  const noWayBack = mapped.steps.map((step) => (step.kind === "act" ? { ...step, compensation: null } : step));

  expect(told(mapped, "deploy.web.replicas")).toHaveLength(1);
  expect(told({ ...mapped, steps: noWayBack }, "deploy.web.replicas")).toEqual([]);
  expect(told(mapped, "deploy.dns.ready")).toEqual([]);
});
