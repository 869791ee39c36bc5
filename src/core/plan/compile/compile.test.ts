import { describe, expect, it } from "vitest";
import {
  compileOrThrow,
  literal,
  probeLoad,
  proposalOf,
  refusals,
  requestOf,
  scale,
  step,
} from "../../../../test/support/proposals.ts";
import { readShopDomain } from "../../../../test/support/read-domain.ts";
import type { OnFailure } from "../../domain/domain.ts";
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

const escalate = (id: string, after: readonly string[], when = "") =>
  step(id, { kind: "escalate", after, when, args: [literal("reason", "look at it")] });
const approve = (id: string) => step(id, { kind: "approve", args: [literal("question", "go on?")] });
const end = (id: string, after: readonly string[], when = "") => step(id, { kind: "end", after, when });
const fromStep = (name: string, value: string) => ({ name, from: "step" as const, value });
const deployWeb = literal("deploy", "web");
const get = step("s1", { action: "k8s.get", args: [deployWeb] });
const ticket = step("s1", { action: "ticket.read", args: [literal("number", 7)] });

describe("draftPlan refuses", () => {
  it.each([
    ["an empty plan", [], ["E_PLAN_EMPTY /steps"]],
    ["an unknown action", [scale("s1", { action: "k8s.scael" })], ["E_ACTION_UNKNOWN /steps/0/action"]],
    [
      "an action on a step that has none",
      [step("s1", { kind: "end", action: "k8s.get" })],
      ["E_ACTION_KIND /steps/0/action"],
    ],
    ["an act without an action", [step("s1")], ["E_ACTION_KIND /steps/0/action"]],
    ["a probe that writes", [scale("s1", { kind: "probe" })], ["E_ACTION_KIND /steps/0/kind"]],
    ["an expectation of a read", [{ ...get, expect: ["deploy.web.ready"] }], ["E_ACTION_KIND /steps/0/expect"]],
    ["the same id twice", [scale("s1"), scale("s1")], ["E_PLAN_STEP_ID /steps/1/id"]],
    [
      "the same id twice, for two kinds of step",
      [scale("s1"), step("s1", { kind: "wait", args: [literal("forMs", 5)] })],
      ["E_PLAN_STEP_ID /steps/1/id"],
    ],
    ["a missing argument", [step("s1", { action: "k8s.get" })], ["E_ARG_MISSING /steps/0/args"]],
    [
      "an argument nobody declared",
      [{ ...get, args: [deployWeb, literal("force", true)] }],
      ["E_ARG_UNKNOWN /steps/0/args/1/name"],
    ],
    ["an argument given twice", [{ ...get, args: [deployWeb, deployWeb] }], ["E_ARG_UNKNOWN /steps/0/args/1/name"]],
    ["an argument of the wrong type", [scale("s1", { replicas: 11 })], ["E_ARG_SCHEMA /steps/0/args/1/value"]],
    [
      "a literal that is not JSON",
      [{ ...get, args: [{ name: "deploy", from: "literal", value: "web" } as const] }],
      ["E_JSON_INVALID /steps/0/args/0/value"],
    ],
    ["a target outside the inventory", [scale("s1", { deploy: "wbe" })], ["E_ARG_SCHEMA /steps/0/args/0/value"]],
    ["a step that waits for nobody", [scale("s1", { after: ["s9"] })], ["E_PLAN_DANGLING_REF /steps/0/after/0"]],
    ["a step that waits for itself", [scale("s1", { after: ["s1"] })], ["E_PLAN_CYCLE /steps/0/after"]],
    ["a cycle", [scale("s1", { after: ["s2"] }), scale("s2", { after: ["s1"] })], ["E_PLAN_CYCLE /steps/0/after"]],
    [
      "a `when` over a step it does not wait for",
      [probeLoad("s1"), scale("s2", { when: "s1 == 'idle'" })],
      ["E_PLAN_WHEN /steps/1/when"],
    ],
    [
      "a `when` over an outcome the step cannot have",
      [probeLoad("s1"), scale("s2", { after: ["s1"], when: "s1 == 'busy'" })],
      ["E_GUARD_TYPE /steps/1/when"],
    ],
    [
      "a `when` that reads `failed` of a step that stops",
      [scale("s1"), scale("s2", { after: ["s1"], when: "s1 == 'failed'" })],
      ["E_GUARD_TYPE /steps/1/when"],
    ],
    [
      "a `when` that asks nothing",
      [scale("s1"), scale("s2", { after: ["s1"], deploy: "api", when: "1 < 2" })],
      ["E_PLAN_WHEN /steps/1/when"],
    ],
    [
      "a `when` that constants decide",
      [scale("s1"), scale("s2", { after: ["s1"], deploy: "api", when: "s1 == 'done' && 'a' == 'b'" })],
      ["E_PLAN_WHEN /steps/1/when"],
    ],
    [
      "a `when` over facts",
      [scale("s1"), scale("s2", { after: ["s1"], when: "deploy.web.ready" })],
      ["E_GUARD_PARSE /steps/1/when"],
    ],
    [
      "a `when` over an expanded step",
      [
        step("s1", { action: "k8s.get", args: [{ name: "deploy", from: "each", value: "deploy" }] }),
        scale("s2", { after: ["s1"], when: "s1 == 'done'" }),
      ],
      ["E_PLAN_WHEN /steps/1/when"],
    ],
    [
      "a goal of the wrong type",
      [scale("s1", { expect: ["deploy.web.replicas == 'three'"] })],
      ["E_GUARD_TYPE /steps/0/expect/0"],
    ],
    [
      "an incomplete branch",
      [
        probeLoad("s1"),
        probeLoad("s2"),
        scale("s3", {
          after: ["s1", "s2"],
          when: "s1 in ['contention', 'idle', 'none_of_these', 'no_answer'] && s2 == 'idle' && s2 != 'not_run'",
        }),
      ],
      ["E_PLAN_BRANCH_INCOMPLETE /steps"],
    ],
    [
      "two endings at once",
      [scale("s1"), scale("s2", { deploy: "api" }), end("s3", ["s1"])],
      ["E_PLAN_BRANCH_CONFLICT /steps"],
    ],
    [
      "a step that goes on where the plan escalates",
      [
        probeLoad("s1"),
        scale("s2", { after: ["s1"], when: "s1 == 'idle'" }),
        scale("s3", { after: ["s1"], deploy: "api" }),
      ],
      ["E_PLAN_BRANCH_CONFLICT /steps/2/when"],
    ],
    [
      "a failure that goes on unread",
      [scale("s1", { onFailure: "branch" }), scale("s2", { after: ["s1"], deploy: "api" })],
      ["E_PLAN_BRANCH_UNREAD /steps/0"],
    ],
    [
      "a person's answer that nobody reads",
      [approve("s1"), scale("s2", { after: ["s1"] })],
      ["E_PLAN_BRANCH_UNREAD /steps/0"],
    ],
    [
      "a step behind an ending",
      [escalate("s1", []), scale("s2", { after: ["s1"] })],
      ["E_PLAN_UNREACHABLE /steps/1/after"],
    ],
    [
      "a step that can never run",
      [
        scale("s1"),
        scale("s2", { after: ["s1"], when: "s1 == 'not_run'" }),
        end("s3", ["s1", "s2"], "s1 == 'done' || s2 == 'done'"),
      ],
      ["E_PLAN_UNREACHABLE /steps/1/when"],
    ],
    [
      "a reference to nobody",
      [step("s2", { action: "k8s.scale", args: [deployWeb, fromStep("replicas", "s9#/replicas")] })],
      ["E_PLAN_DANGLING_REF /steps/0/args/1/value"],
    ],
    [
      "a reference to an undeclared output",
      [get, step("s2", { action: "ticket.read", after: ["s1"], args: [fromStep("number", "s1#/uid")] })],
      ["E_PLAN_DANGLING_REF /steps/1/args/0/value"],
    ],
    [
      "a reference past the end of a list",
      [get, step("s2", { action: "db.query_ro", after: ["s1"], args: [fromStep("where", "s1#/hosts/20")] })],
      ["E_PLAN_DANGLING_REF /steps/1/args/0/value"],
    ],
    [
      "a reference to a step it does not wait for",
      [get, step("s2", { action: "ticket.read", args: [fromStep("number", "s1#/replicas")] })],
      ["E_PLAN_DANGLING_REF /steps/1/args/0/value"],
    ],
    [
      "a reference of another type",
      [get, step("s2", { action: "ticket.read", after: ["s1"], args: [fromStep("number", "s1#/note")] })],
      ["E_PLAN_REF_TYPE /steps/1/args/0/value"],
    ],
    [
      "a reference as target",
      [
        get,
        step("s2", {
          action: "k8s.delete",
          after: ["s1"],
          onFailure: "escalate",
          args: [fromStep("deploy", "s1#/peer")],
        }),
      ],
      ["E_PLAN_REF_TARGET /steps/1/args/0/value"],
    ],
    [
      "outside text in a write",
      [
        ticket,
        step("s2", {
          action: "note.add",
          after: ["s1"],
          args: [literal("volume", "data"), fromStep("body", "s1#/body")],
        }),
      ],
      ["E_TAINT /steps/1/args/1/value"],
    ],
    [
      "`each` over an output",
      [
        get,
        step("s2", { action: "k8s.get", after: ["s1"], args: [{ name: "deploy", from: "each", value: "s1#/hosts" }] }),
      ],
      ["E_PLAN_UNBOUNDED_LOOP /steps/1/args/0/value"],
    ],
    [
      "`each` over nothing",
      [step("s1", { action: "k8s.get", args: [{ name: "deploy", from: "each", value: "[]" }] })],
      ["E_ARG_SCHEMA /steps/0/args/0/value"],
    ],
    [
      "an expansion into an id that is taken",
      [step("s1", { action: "k8s.get", args: [{ name: "deploy", from: "each", value: "deploy" }] }), scale("s1_2")],
      ["E_PLAN_STEP_ID /steps/0/id"],
    ],
    [
      "less caution than the action asks for",
      [step("s1", { action: "k8s.delete", args: [deployWeb], onFailure: "stop" })],
      ["E_PLAN_ON_FAILURE /steps/0/onFailure"],
    ],
    [
      "two writes of one object side by side",
      [scale("s1"), scale("s2", { replicas: 4 })],
      ["E_PLAN_RACE /steps/1/after"],
    ],
    [
      "a race behind two questions that can both be answered so",
      [
        probeLoad("s1"),
        probeLoad("s2"),
        scale("s3", { after: ["s1"], when: "s1 == 'idle'" }),
        scale("s4", { after: ["s2"], when: "s2 == 'idle'" }),
      ],
      ["E_PLAN_RACE /steps/3/after"],
    ],
    [
      "a secret in a purpose",
      [scale("s1", { purpose: "use ghp_0123456789abcdefghijklmnopqrstuvwxyz" })],
      ["E_ARG_SECRET_LITERAL /steps/0/purpose"],
    ],
    [
      "an input that was not given",
      [{ ...get, args: [{ name: "deploy", from: "input", value: "which" } as const] }],
      ["E_PLAN_INPUT /steps/0/args/0/value"],
    ],
    ["an escalation without a reason", [step("s1", { kind: "escalate" })], ["E_ARG_MISSING /steps/0/args"]],
  ] as const)("%s", (_, steps, expected) => {
    expect(refusals(steps)).toEqual(expected);
  });

  it("no two writes of one object that are in order, however far apart, or on different ways", () => {
    const look = step("s2", { action: "k8s.get", after: ["s1"], args: [deployWeb] });

    expect(refusals([scale("s1"), look, scale("s3", { after: ["s2"], replicas: 4 })])).toEqual([]);
    expect(
      refusals([
        probeLoad("s1"),
        scale("s2", { after: ["s1"], when: "s1 == 'idle'", replicas: 1 }),
        scale("s3", { after: ["s1"], when: "s1 == 'contention'" }),
      ]),
    ).toEqual([]);
  });

  it("an input that nobody uses", () => {
    expect(refusals([scale("s1")], { inputs: [{ name: "spare", value: 1 }] })).toEqual(["E_PLAN_INPUT "]);
  });

  it("a cycle, without calling an input of its steps unused", () => {
    const args = [literal("deploy", "web"), { name: "replicas", from: "input", value: "count" } as const];

    const found = refusals([scale("s1", { after: ["s1"], args })], { inputs: [{ name: "count", value: 3 }] });

    expect(found).toEqual(["E_PLAN_CYCLE /steps/0/after"]);
  });

  it("an output of a probe that may not have answered", () => {
    const act = step("s2", {
      action: "ticket.read",
      after: ["s1"],
      when: "s1 != 'contention'",
      args: [fromStep("number", "s1#/rate")],
    });

    expect(refusals([probeLoad("s1"), act])).toEqual(["E_PLAN_REF_PATH /steps/1/args/0/value"]);
    expect(refusals([probeLoad("s1"), { ...act, when: "s1 in ['contention', 'idle']" }])).toEqual([]);
  });

  it("everything that is wrong at once", () => {
    const steps = [
      scale("s1", { action: "k8s.scael" }),
      scale("s2", { replicas: 99, after: ["s9"], onFailure: "branch", when: "s1 == 'done'" }),
    ];

    expect(refusals(steps)).toEqual([
      "E_ACTION_UNKNOWN /steps/0/action",
      "E_PLAN_DANGLING_REF /steps/1/after/0",
      "E_ARG_SCHEMA /steps/1/args/1/value",
      "E_PLAN_WHEN /steps/1/when",
    ]);
  });

  it("with the name that was probably meant, the cycle by name, and the outcomes that lead nowhere", () => {
    const messages = (steps: Parameters<typeof refusals>[0]) => {
      const draft = draftPlan(requestOf(proposalOf(steps)));
      return draft.ok ? [] : draft.error.map((found) => `${found.message} | ${found.hint}`);
    };

    expect(messages([scale("s1", { action: "k8s.scael" })])[0]).toContain("did you mean `k8s.scale`?");
    expect(
      messages([scale("s1", { after: ["s3"] }), scale("s2", { after: ["s1"] }), scale("s3", { after: ["s2"] })])[0],
    ).toContain("`s1` → `s2` → `s3` → `s1`");
    expect(
      messages([
        approve("s1"),
        scale("s2", { after: ["s1"], when: "s1 != 'rejected'" }),
        escalate("s3", ["s1", "s2"], "s1 == 'rejected' && s2 == 'done'"),
      ])[0],
    ).toContain("`s1 == 'approved'`");
  });
});

describe("onFailure", () => {
  it("accepts every choice where the action's own is `branch`, and only handing over where it is `escalate`", () => {
    const choices: readonly OnFailure[] = ["stop", "rollback", "escalate", "recover"];

    expect(choices.map((onFailure) => refusals([scale("s1", { onFailure })]).length)).toEqual([0, 0, 0, 0]);
    expect(
      choices.map((onFailure) => refusals([step("s1", { action: "k8s.delete", args: [deployWeb], onFailure })]).length),
    ).toEqual([1, 1, 0, 1]);
  });
});
