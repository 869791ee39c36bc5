import { describe, expect, it } from "vitest";
import { problem } from "../../value/codes.ts";
import { digest } from "../../value/digest.ts";
import type { Event } from "../words/event.ts";
import { tallyProposals } from "./tally.ts";

const by = { kind: "person", id: "alice", keyId: null } as const;
const [one, two] = [digest("interlock.test/1", 1), digest("interlock.test/1", 2)];
const planned = (planHash: typeof one): Event => ({
  kind: "plan_recorded",
  runId: null,
  planHash,
  proposalDigest: null,
  by,
});
const refused = (input: "plan" | "propose" | "apply", code: "E_SCHEMA" | "E_PROPOSAL_DECLINED"): Event => ({
  kind: "input_refused",
  runId: null,
  input,
  problem: problem(code, "", ""),
  by,
});

describe("what became of all proposals", () => {
  it("counts the refused, the declined and the rejected beside the applied", () => {
    const site: readonly Event[] = [
      planned(one),
      planned(one),
      planned(two),
      refused("plan", "E_SCHEMA"),
      refused("propose", "E_PROPOSAL_DECLINED"),
      // Nobody proposed this: it concerns a plan that is there.
      refused("apply", "E_SCHEMA"),
      { kind: "nothing_planned", runId: null, proposalDigest: one, by },
      { kind: "approval_rejected", runId: null, planHash: two, by, reason: "Friday" },
    ];

    expect(tallyProposals(site, new Set([one]))).toEqual({
      planned: 2,
      nothingToDo: 1,
      refused: 1,
      declined: 1,
      rejected: 1,
      applied: 1,
    });
  });
});
