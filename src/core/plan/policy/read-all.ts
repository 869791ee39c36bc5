import { outcomeIdsOf, type ProbeStep, reservedOutcomes } from "../../belief/situation/situation.ts";
import { quote } from "../../value/text.ts";
import type { Proposal, ProposedStep } from "../wire/proposal.ts";

/**
 * A plan that reads these probes side by side. An answer that nobody declared, or none at all, keeps no other probe
 * from being read.
 *
 * @returns the proposal; step `p0` stands for the first probe, `p1` for the second, and so on
 */
export function readAllProposal(situationId: string, probes: readonly ProbeStep[]): Proposal {
  const reads = probes.map(
    ({ binding, id }, index): ProposedStep => ({
      ...emptyStep(`p${index}`),
      kind: "probe",
      action: binding?.action ?? "",
      args: binding?.args ?? [],
      purpose: `reads ${quote(id)}`,
    }),
  );
  const answered = probes.map((probe, index) => {
    const outcomes = [...outcomeIdsOf(probe), ...reservedOutcomes].map((outcome) => `'${outcome}'`);
    return `p${index} in [${outcomes.join(", ")}]`;
  });
  const end: ProposedStep = {
    ...emptyStep("decide"),
    kind: "end",
    after: reads.map(({ id }) => id),
    when: answered.join(" && "),
    purpose: "here the rest is decided",
  };
  return {
    format: "interlock.proposal/1",
    goal: "",
    decline: "",
    assumptions: [],
    steps: [...reads, end],
    summary: `decided for the situation ${quote(situationId)}: everything that is cheap to see`,
  };
}

function emptyStep(id: string): Omit<ProposedStep, "kind"> {
  return { id, action: "", purpose: "", after: [], when: "", args: [], expect: [], onFailure: "escalate" };
}
