import { describe, expect, it } from "vitest";
import { literal, proposalOf, refusals, requestOf, scale, step } from "../../../../test/support/proposals.ts";
import type { OnFailure } from "../../domain/domain.ts";
import { draftPlan } from "./compile.ts";

const deployWeb = literal("deploy", "web");
const get = step("s1", { action: "k8s.get", args: [deployWeb] });
const approve = (id: string) => step(id, { kind: "approve", args: [literal("question", "go on?")] });
const escalate = (id: string, after: readonly string[], when = "") =>
  step(id, { kind: "escalate", after, when, args: [literal("reason", "look at it")] });

describe("a step is refused:", () => {
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
    [
      "a goal of the wrong type",
      [scale("s1", { expect: ["deploy.web.replicas == 'three'"] })],
      ["E_GUARD_TYPE /steps/0/expect/0"],
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
      "a secret in a purpose",
      [scale("s1", { purpose: "use ghp_0123456789abcdefghijklmnopqrstuvwxyz" })],
      ["E_ARG_SECRET_LITERAL /steps/0/purpose"],
    ],
  ] as const)("%s", (_, steps, expected) => {
    expect(refusals(steps)).toEqual(expected);
  });
});

describe("a refusal tells", () => {
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
        scale("s2", { after: ["s1"], when: "s1 == 'approved'" }),
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
