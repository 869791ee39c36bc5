import { describe, expect, it } from "vitest";
import {
  compileOrThrow,
  literal,
  probeLoad,
  proposalOf,
  requestOf,
  scale,
  step,
} from "../../../../test/support/proposals.ts";
import { readShopDomain } from "../../../../test/support/read-domain.ts";
import { actionDigest } from "../../domain/domain-digest.ts";
import { indexDomain } from "../../domain/domain-index.ts";
import type { CallStep, Plan } from "../plan.ts";
import { draftPlan } from "./compile.ts";
import { pinPlan } from "./pin-plan.ts";

function callStep(plan: Plan, id: string): CallStep {
  const found = plan.steps.find((candidate) => candidate.id === id);
  if (found?.kind !== "act" && found?.kind !== "probe") throw new Error(`no call step ${id}`);
  return found;
}

describe("a compiled step", () => {
  it("carries the definition by value: call, guards, proof of done, way back, locks", () => {
    const plan = compileOrThrow(requestOf(proposalOf([scale("s1", { expect: ["deploy.api.ready"] })])));

    expect(callStep(plan, "s1")).toMatchObject({
      target: "deploy/web",
      locks: ["deploy/web"],
      fenced: true,
      pre: "deploy.web.phase == 'serving'",
      effect: [{ fact: "deploy.web.replicas", value: 3 }],
      call: {
        connector: "http",
        operation: "patch",
        access: "write",
        with: { path: ["deployments", "web"], body: { replicas: 3 }, etag: { $fence: true } },
      },
      post: {
        expect: "deploy.web.replicas == 3 && deploy.web.ready && deploy.api.ready",
        reads: ["deploy/api", "deploy/web"],
      },
      compensation: {
        action: "k8s.scale",
        restores: ["deploy.web.replicas"],
        args: [
          { name: "deploy", value: "web" },
          { name: "replicas", from: "before", fact: "deploy.web.replicas" },
        ],
      },
    });
  });

  it("is irreversible until the action's round trip is on record, and reversible then", () => {
    const shop = readShopDomain();
    const index = indexDomain(shop);
    const scaling = index.actions.get("k8s.scale");
    if (scaling === undefined) throw new Error("the shop scales");

    const unearned = compileOrThrow(requestOf(proposalOf([scale("s1")])));
    const earned = compileOrThrow(requestOf(proposalOf([scale("s1")]), { roundTrips: [actionDigest(scaling, index)] }));

    expect([callStep(unearned, "s1").class, callStep(earned, "s1").class]).toEqual(["irreversible", "reversible"]);
  });

  it("expands `each` over an inventory type in the inventory's order, and what waits for it waits for all", () => {
    const each = step("s1", { action: "k8s.get", args: [{ name: "deploy", from: "each", value: "deploy" }] });

    const plan = compileOrThrow(requestOf(proposalOf([each, scale("s2", { after: ["s1"] })])));

    expect(plan.steps.map((found) => found.id)).toEqual(["s1_1", "s1_2", "s1_3", "s2", "end"]);
    expect(["s1_1", "s1_2", "s1_3"].map((id) => callStep(plan, id).target)).toEqual([
      "deploy/api",
      "deploy/dns",
      "deploy/web",
    ]);
    expect(callStep(plan, "s2").after).toEqual(["s1_1", "s1_2", "s1_3"]);
    expect(callStep(plan, "s1_1").args[0]?.integrity).toBe("endorsed");
  });

  it("keeps a reference open for the run, typed and labelled as coming from outside", () => {
    const look = step("s1", { action: "k8s.get", args: [literal("deploy", "api")] });
    const act = step("s2", {
      action: "k8s.scale",
      after: ["s1"],
      args: [literal("deploy", "web"), { name: "replicas", from: "step", value: "s1#/replicas" }],
    });

    const draft = draftPlan(requestOf(proposalOf([look, act])));

    // The effect would depend on what is not known yet.
    expect(!draft.ok && draft.error.map((found) => found.code)).toContain("E_PLAN_GUARD_ARGUMENT");
  });

  it("takes an input as the operator's word", () => {
    const act = step("s1", {
      action: "k8s.scale",
      args: [literal("deploy", "web"), { name: "replicas", from: "input", value: "count" }],
    });

    const plan = compileOrThrow(requestOf(proposalOf([act]), { inputs: [{ name: "count", value: 4 }] }));

    expect(callStep(plan, "s1").args[1]).toMatchObject({ integrity: "endorsed", value: { kind: "literal", value: 4 } });
  });

  it("is a plain read where nobody branches on the probe", () => {
    const plan = compileOrThrow(requestOf(proposalOf([probeLoad("s1"), scale("s2", { after: ["s1"] })])));

    expect(callStep(plan, "s1")).toMatchObject({ kind: "act", class: "read", outcomes: [] });
  });
});

describe("a compiled plan", () => {
  it("pins every object that a target, a guard or an invariant reads, and says how each is seen", () => {
    const plan = compileOrThrow(requestOf(proposalOf([scale("s1")], { goal: "deploy.dns.ready == false" })));

    expect(plan.pins.targets.map((pin) => pin.object)).toEqual(["deploy/api", "deploy/dns", "deploy/web"]);
    expect(plan.observations.map((observation) => observation.call.with)).toEqual([
      { path: ["deployments", "api"] },
      { path: ["deployments", "dns"] },
      { path: ["deployments", "web"] },
    ]);
  });

  it("needs each of its objects read: a reading that is missing is a refusal of stage `plan`", () => {
    const draft = draftPlan(requestOf(proposalOf([scale("s1")])));
    if (!draft.ok) throw new Error(JSON.stringify(draft.error));

    const plan = pinPlan(draft.value, []);

    expect(draft.value.plan.observations.map((observation) => observation.object)).toEqual([
      "deploy/api",
      "deploy/web",
    ]);
    expect(!plan.ok && plan.error.map((found) => found.code)).toEqual(["E_PLAN_OBSERVATION", "E_PLAN_OBSERVATION"]);
  });

  it("keeps what was asked, and finds out by itself who worded the goal", () => {
    const intent = { text: "three of them", by: "olivia" };
    const three = "deploy.web.replicas == 3";
    const ready = "deploy.dns.ready == false";
    const goalByOf = (asked: string, proposed: string): unknown =>
      compileOrThrow(requestOf(proposalOf([scale("s1")], { goal: proposed }), { goal: asked, intent })).intent;

    expect(goalByOf(three, "")).toEqual({ ...intent, goalBy: "asker" });
    expect(goalByOf("", three)).toEqual({ ...intent, goalBy: "proposer" });
    expect(goalByOf(three, ready)).toEqual({ ...intent, goalBy: "both" });
    // The proposer only repeats a part of it, in other blanks and brackets.
    expect(goalByOf(`${ready} && ${three}`, `(deploy.web.replicas==3)`)).toEqual({ ...intent, goalBy: "asker" });
    expect(goalByOf("", "")).toEqual({ ...intent, goalBy: "none" });
  });

  it("is the same plan as before where nobody said what was asked", () => {
    const plan = compileOrThrow(requestOf(proposalOf([scale("s1")])));

    expect("intent" in plan).toBe(false);
  });

  it("is refused with a secret in what was asked", () => {
    const intent = { text: "use AKIAABCDEFGHIJKLMNOP", by: "olivia" };

    const draft = draftPlan(requestOf(proposalOf([scale("s1")]), { intent }));

    expect(!draft.ok && draft.error.map(({ code }) => code)).toEqual(["E_ARG_SECRET_LITERAL"]);
    expect(JSON.stringify(draft)).not.toContain("AKIA");
  });

  it("demands the operator's goal and the proposal's", () => {
    const plan = compileOrThrow(
      requestOf(proposalOf([scale("s1")], { goal: "deploy.web.ready" }), {
        goal: "inventory.deploy.all(d, d.replicas > 0)",
      }),
    );

    expect(plan.goal).toBe(
      "deploy.api.replicas > 0 && deploy.dns.replicas > 0 && deploy.web.replicas > 0 && deploy.web.ready",
    );
  });

  it("is never called proven", () => {
    expect(compileOrThrow(requestOf(proposalOf([scale("s1")]))).proof).toEqual({ kind: "not_attempted" });
  });

  it("adds up the worst path only: of two branches the dearer one", () => {
    const look = (id: string) =>
      step(id, { action: "k8s.get", after: ["s1"], args: [literal("deploy", "web")], when: "s1 == 'idle'" });

    const plan = compileOrThrow(
      requestOf(
        proposalOf([
          probeLoad("s1"),
          scale("s2", { after: ["s1"], when: "s1 == 'contention'" }),
          look("s3"),
          look("s4"),
        ]),
      ),
    );

    // The probe, two looks and the end; or the probe, one write and the end.
    expect(plan.bounds).toMatchObject({ stepCount: 4, writeCount: 1 });
  });

  it("answers a proposer that declines with its reason, at exit 14", () => {
    const draft = draftPlan(requestOf(proposalOf([], { decline: "the array is already being serviced" })));

    expect(!draft.ok && draft.error).toMatchObject([
      { code: "E_PROPOSAL_DECLINED", message: "the proposer has no plan: `the array is already being serviced`" },
    ]);
  });
});

describe("endings", () => {
  it("adds an `escalate` for answers that nobody reads, and an `end` that does not run beside it", () => {
    const plan = compileOrThrow(
      requestOf(
        proposalOf([probeLoad("s1"), scale("s2", { after: ["s1"], when: "s1 == 'contention' || s1 == 'idle'" })]),
      ),
    );

    expect(plan.steps.slice(2).map(({ id, after, when }) => ({ id, after, when }))).toEqual([
      { id: "escalate", after: ["s1"], when: "s1 in ['none_of_these', 'no_answer']" },
      { id: "end", after: ["s2", "escalate"], when: "s2 != 'not_run' && escalate == 'not_run'" },
    ]);
  });

  it("takes a write whose failure alone is read as well done otherwise", () => {
    const steps = [
      scale("s1", { onFailure: "branch" }),
      scale("s2", { deploy: "api", after: ["s1"], when: "s1 == 'failed'" }),
    ];

    const plan = compileOrThrow(requestOf(proposalOf(steps)));

    expect(plan.steps.at(-1)).toMatchObject({
      id: "end",
      after: ["s2", "s1"],
      when: "s2 != 'not_run' || s1 == 'done'",
    });
  });

  it("gives its own endings names that the proposal left free", () => {
    const plan = compileOrThrow(
      requestOf(proposalOf([scale("end"), scale("end_2", { after: ["end"], deploy: "api" })])),
    );

    expect(plan.steps.map((found) => found.id)).toEqual(["end", "end_2", "end_3"]);
  });

  it("waits with its one ending for steps side by side, without a condition on those that always run", () => {
    const plan = compileOrThrow(requestOf(proposalOf([scale("s1"), scale("s2", { deploy: "api" })])));

    expect(plan.steps.at(-1)).toMatchObject({ after: ["s1", "s2"], when: "s1 != 'not_run'" });
  });
});
