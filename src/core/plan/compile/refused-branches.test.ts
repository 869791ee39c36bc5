import { describe, expect, it } from "vitest";
import {
  literal,
  probeLoad,
  proposalOf,
  refusals,
  requestOf,
  scale,
  step,
} from "../../../../test/support/proposals.ts";
import { draftPlan } from "./compile.ts";

const deployWeb = literal("deploy", "web");
const fromStep = (name: string, value: string) => ({ name, from: "step" as const, value });
const approve = (id: string) => step(id, { kind: "approve", args: [literal("question", "go on?")] });
const escalate = (id: string, after: readonly string[], when = "") =>
  step(id, { kind: "escalate", after, when, args: [literal("reason", "look at it")] });
const end = (id: string, after: readonly string[], when = "") => step(id, { kind: "end", after, when });

describe("a plan whose branches are wrong is refused:", () => {
  it.each([
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
      "an incomplete branch",
      [
        probeLoad("s1"),
        probeLoad("s2"),
        step("s3", {
          kind: "wait",
          args: [literal("forMs", 10)],
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
  ] as const)("%s", (_, steps, expected) => {
    expect(refusals(steps)).toEqual(expected);
  });
});

it("two endings that the proposal left to be understood are told as what leads to them", () => {
  const behind = (probe: string): Partial<Parameters<typeof scale>[1]> => ({
    after: [probe],
    when: `${probe} == 'idle'`,
  });
  const steps = [
    { ...probeLoad("s1"), onFailure: "rollback" as const },
    probeLoad("s2"),
    scale("s3", behind("s1")),
    scale("s4", { ...behind("s2"), deploy: "api" }),
  ];

  const draft = draftPlan(requestOf(proposalOf(steps)));

  expect(draft.ok ? [] : draft.error).toMatchObject([
    {
      code: "E_PLAN_BRANCH_CONFLICT",
      hint: "say `onFailure: rollback` of all these probes or of none, or add an ending that reads these outcomes",
    },
  ]);
});

describe("branches", () => {
  it("may write one object twice in order, however far apart, or on different ways", () => {
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

  it("a cycle, without calling an input of its steps unused", () => {
    const args = [literal("deploy", "web"), { name: "replicas", from: "input", value: "count" } as const];

    const found = refusals([scale("s1", { after: ["s1"], args })], { inputs: [{ name: "count", value: 3 }] });

    expect(found).toEqual(["E_PLAN_CYCLE /steps/0/after"]);
  });
});
