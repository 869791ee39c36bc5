import { outcomeIdsOf, type ProbeStep, reservedOutcomes } from "../../belief/situation/situation.ts";
import { quote } from "../../value/text.ts";
import type { Proposal, ProposedStep } from "../wire/proposal.ts";
import { emptyStep, freeId } from "./draft-steps.ts";

/** A plan that only reads, and which probe of the situation each of its steps stands for. */
export interface ReadAll {
  readonly proposal: Proposal;
  readonly stepOf: ReadonlyMap<string, string>;
}

/**
 * A plan that reads these probes side by side. An answer that nobody declared, or none at all, keeps no other probe
 * from being read.
 */
export function readAllProposal(situationId: string, probes: readonly ProbeStep[]): ReadAll {
  const takenIds = new Set<string>();
  const named = probes.map((probe) => ({ probe, id: freeId(takenIds, probe.id) }));
  const reads = named.map(
    ({ probe: { binding }, id }): ProposedStep => ({
      ...emptyStep(id, "probe"),
      action: binding?.action ?? "",
      args: binding?.args ?? [],
    }),
  );
  const answered = named.map(({ probe, id }) => {
    const outcomes = [...outcomeIdsOf(probe), ...reservedOutcomes].map((outcome) => `'${outcome}'`);
    return `${id} in [${outcomes.join(", ")}]`;
  });
  const end: ProposedStep = {
    ...emptyStep(freeId(takenIds, "end"), "end"),
    after: named.map(({ id }) => id),
    when: answered.join(" && "),
    purpose: "here the rest is decided",
  };
  return {
    proposal: {
      format: "interlock.proposal/1",
      goal: "",
      decline: "",
      assumptions: [],
      steps: [...reads, end],
      summary: `decided for the situation ${quote(situationId)}: everything that is cheap to see`,
    },
    stepOf: new Map(named.map(({ probe, id }) => [id, probe.id])),
  };
}
