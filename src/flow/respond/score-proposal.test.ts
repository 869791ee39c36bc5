import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { Proposal, ProposedStep } from "../../core/plan/wire/proposal.ts";
import { readSituation } from "../../packs/read-situation.ts";
import { scoreProposal } from "./score-proposal.ts";

const read = readSituation(
  readFileSync(new URL("../../../packs/web-service/situations/latency-spike.yaml", import.meta.url)),
);
if (!read.ok) throw new Error(JSON.stringify(read.error));
const situation: Situation = read.value.situation;

function proposalOf(steps: readonly Partial<ProposedStep>[], decline = ""): Proposal {
  const full = steps.map(
    (step, index): ProposedStep => ({
      id: `s${index}`,
      action: "",
      purpose: "",
      kind: "act",
      after: [],
      when: "",
      args: [],
      expect: [],
      onFailure: "escalate",
      ...step,
    }),
  );
  return { format: "interlock.proposal/1", goal: "", summary: "", decline, assumptions: [], steps: full };
}

function literal(name: string, value: string): ProposedStep["args"][number] {
  return { name, from: "literal", value };
}

const scaleOut = { action: "service.scale", args: [literal("service", '"shop"'), literal("workers", "6")] };

/** Expected utility and risk by their definition in a few lines: Σ w·((1−p)·u + p·catastrophe) and Σ w·p. */
function byHand(responseId: string): { readonly value: number; readonly risk: number } {
  const response = situation.responses.find(({ id }) => id === responseId);
  if (response === undefined) throw new Error("no such response");
  const sums = situation.contexts.map((context, index) => {
    const p = response.catastropheByContext[index] ?? 0;
    return {
      value: context.prior * ((1 - p) * (response.utilityByContext[index] ?? 0) + p * situation.catastropheUtility),
      risk: context.prior * p,
    };
  });
  return {
    value: sums.reduce((sum, { value }) => sum + value, 0),
    risk: sums.reduce((sum, { risk }) => sum + risk, 0),
  };
}

describe("a proposal under a situation", () => {
  it("that is equal to one declared response is worth what that response is worth", () => {
    const scored = scoreProposal(situation, proposalOf([scaleOut]));

    const { value, risk } = byHand("scale_out");
    expect(scored).toMatchObject({ kind: "scored", response: "scale_out" });
    expect(scored.kind === "scored" ? [scored.value, scored.risk] : []).toEqual([
      expect.closeTo(value, 9),
      expect.closeTo(risk, 9),
    ]);
  });

  it("is the same for any order of its arguments and any spacing of its JSON", () => {
    const shuffled = { ...scaleOut, args: [literal("workers", " 6 "), literal("service", '"shop" ')] };

    expect(scoreProposal(situation, proposalOf([shuffled]))).toEqual(scoreProposal(situation, proposalOf([scaleOut])));
  });

  it("may look first: only its one act counts", () => {
    expect(
      scoreProposal(situation, proposalOf([{ kind: "probe", action: "sessions.look" }, scaleOut, { kind: "end" }])),
    ).toMatchObject({ kind: "scored", response: "scale_out" });
  });

  it.each([
    ["another number", [{ ...scaleOut, args: [literal("service", '"shop"'), literal("workers", "7")] }]],
    ["an argument more", [{ ...scaleOut, args: [...scaleOut.args, literal("now", "true")] }]],
    ["a text for a number", [{ ...scaleOut, args: [literal("service", '"shop"'), literal("workers", '"6"')] }]],
    ["another action", [{ ...scaleOut, action: "service.restart" }]],
    ["two acts", [scaleOut, scaleOut]],
    ["no act", [{ kind: "end" as const }]],
  ])("with %s is unscored: shown, and never chosen", (_, steps) => {
    expect(scoreProposal(situation, proposalOf(steps)).kind).toBe("unscored");
  });

  it("that declines is unscored and says why", () => {
    expect(scoreProposal(situation, proposalOf([], "too risky"))).toEqual({
      kind: "unscored",
      reason: "it declines: too risky",
    });
  });
});
