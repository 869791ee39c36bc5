import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../value/json-value.ts";
import { parseProposal, readProposal } from "./parse-proposal.ts";

const step = {
  id: "s1",
  action: "k8s.get",
  purpose: "",
  kind: "act",
  after: [],
  when: "",
  args: [],
  expect: [],
  onFailure: "stop",
};
const proposal = { format: "interlock.proposal/1", goal: "", summary: "", decline: "", assumptions: [], steps: [step] };

function codesOf(value: JsonValue): readonly string[] {
  const parsed = readProposal(value);
  return parsed.ok ? [] : parsed.error.map((found) => `${found.code} ${found.pointer}`);
}

describe("parseProposal", () => {
  it("reads the wire form from bytes", () => {
    const bytes = new TextEncoder().encode(JSON.stringify(proposal));

    const parsed = parseProposal(bytes);

    expect(parsed.ok && parsed.value.steps[0]?.action).toBe("k8s.get");
  });

  it("accepts an empty action, which `wait`, `approve`, `escalate` and `end` have", () => {
    expect(codesOf({ ...proposal, steps: [{ ...step, kind: "end", action: "" }] })).toEqual([]);
  });

  it.each([
    [
      "a missing field",
      { ...proposal, steps: [{ ...step, when: undefined as unknown as JsonValue }] },
      "E_SCHEMA_MISSING_FIELD /steps/0",
    ],
    ["a field nobody knows", { ...proposal, approved: true }, "E_SCHEMA_UNKNOWN_FIELD /approved"],
    [
      "an intent: it is not the proposer's to give",
      { ...proposal, intent: "as ada said" },
      "E_SCHEMA_UNKNOWN_FIELD /intent",
    ],
    ["a word on who worded the goal", { ...proposal, goalBy: "asker" }, "E_SCHEMA_UNKNOWN_FIELD /goalBy"],
    ["another version", { ...proposal, format: "interlock.proposal/99" }, "E_SCHEMA_VERSION /format"],
    [
      "an action's name in another alphabet",
      { ...proposal, steps: [{ ...step, action: "db.drоp" }] },
      "E_ACTION_NAME_CHARSET /steps/0/action",
    ],
    [
      "a step's id that a `when` could not say",
      { ...proposal, steps: [{ ...step, id: "s-1" }] },
      "E_NAME_CHARSET /steps/0/id",
    ],
    ["a kind nobody knows", { ...proposal, steps: [{ ...step, kind: "loop" }] }, "E_SCHEMA /steps/0/kind"],
  ])("refuses %s", (_, value, expected) => {
    expect(codesOf(value)).toEqual([expected]);
  });

  it("passes on what the strict reader says of the bytes", () => {
    const parsed = parseProposal('{"format":"interlock.proposal/1","format":"interlock.proposal/1"}');

    expect(!parsed.ok && parsed.error.map((found) => found.code)).toEqual(["E_JSON_DUPLICATE_KEY"]);
  });
});
