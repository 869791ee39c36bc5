import { describe, expect, it } from "vitest";
import type { Proposal, ProposedStep } from "../wire/proposal.ts";
import { readOnlyPrefix } from "./read-prefix.ts";

function step(id: string, kind: ProposedStep["kind"], after: readonly string[] = [], when = ""): ProposedStep {
  return {
    id,
    action: kind === "act" || kind === "probe" ? `do.${id}` : "",
    purpose: "",
    kind,
    after,
    when,
    args: [],
    expect: [],
    onFailure: "stop",
  };
}

function prefixOf(...steps: readonly ProposedStep[]): readonly string[] | null {
  const proposal: Proposal = {
    format: "interlock.proposal/1",
    goal: "",
    summary: "find out",
    decline: "",
    assumptions: [],
    steps,
  };
  return (
    readOnlyPrefix(proposal)?.steps.map(
      ({ id, kind, action }) => `${id} ${kind}${action === "" ? "" : ` ${action}`}`,
    ) ?? null
  );
}

describe("the read-only prefix of a plan", () => {
  it("keeps what looks and turns each act into an end", () => {
    expect(
      prefixOf(
        step("look", "probe"),
        step("fix", "act", ["look"], "look == 'bad'"),
        step("done", "end", ["look"], "look == 'good'"),
      ),
    ).toEqual(["look probe do.look", "fix end"]);
  });

  it("leaves out what would follow an act", () => {
    expect(
      prefixOf(
        step("look", "probe"),
        step("fix", "act", ["look"]),
        step("again", "probe", ["fix"]),
        step("more", "act", ["again"]),
      ),
    ).toEqual(["look probe do.look", "fix end"]);
  });

  it("is nothing where the plan begins with an act", () => {
    expect(prefixOf(step("fix", "act"), step("look", "probe", ["fix"]))).toBeNull();
  });

  it("keeps waits and escalations between looks", () => {
    expect(
      prefixOf(
        step("look", "probe"),
        step("pause", "wait", ["look"]),
        step("again", "probe", ["pause"]),
        step("ask", "escalate", ["again"]),
      ),
    ).toEqual(["look probe do.look", "pause wait", "again probe do.again", "ask escalate"]);
  });

  it("holds no step that acts, whatever the plan", () => {
    const steps = [
      step("a", "probe"),
      step("b", "act", ["a"]),
      step("c", "probe", ["a", "b"]),
      step("d", "act", ["c"]),
      step("e", "end", ["d"]),
    ];

    expect(prefixOf(...steps)?.filter((text) => text.includes(" act"))).toEqual([]);
  });
});
