import { describe, expect, it } from "vitest";
import { literal, refusals, scale, step } from "../../../../test/support/proposals.ts";

const deployWeb = literal("deploy", "web");
const get = step("s1", { action: "k8s.get", args: [deployWeb] });
const ticket = step("s1", { action: "ticket.read", args: [literal("number", 7)] });
const fromStep = (name: string, value: string) => ({ name, from: "step" as const, value });

describe("an argument is refused:", () => {
  it.each([
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
      "an input that was not given",
      [{ ...get, args: [{ name: "deploy", from: "input", value: "which" } as const] }],
      ["E_PLAN_INPUT /steps/0/args/0/value"],
    ],
    ["an escalation without a reason", [step("s1", { kind: "escalate" })], ["E_ARG_MISSING /steps/0/args"]],
  ] as const)("%s", (_, steps, expected) => {
    expect(refusals(steps)).toEqual(expected);
  });

  it("an input that nobody uses", () => {
    expect(refusals([scale("s1")], { inputs: [{ name: "spare", value: 1 }] })).toEqual(["E_PLAN_INPUT "]);
  });
});
