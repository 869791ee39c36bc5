import type { Proposal, ProposedStep } from "../wire/proposal.ts";

/**
 * The part of a decided plan that only looks: every act becomes an `end`, and what would follow it is left out. It runs
 * first, as a run of its own that needs no approval. What it saw is the evidence for deciding the rest.
 *
 * @returns `null` when the plan has no probe before its acts, so that there is nothing to look at
 */
export function readOnlyPrefix(proposal: Proposal): Proposal | null {
  const dropped = new Set<string>();
  const steps: ProposedStep[] = [];
  for (const step of proposal.steps) {
    if (step.kind === "end" || (step.after.length > 0 && step.after.every((id) => dropped.has(id)))) {
      dropped.add(step.id);
    } else if (step.kind === "act") {
      dropped.add(step.id);
      steps.push({
        ...step,
        kind: "end",
        action: "",
        purpose: `here \`${step.id}\` would be decided`,
        args: [],
        expect: [],
      });
    } else {
      steps.push(step);
    }
  }
  // An act that became an `end` counts as dropped only for the steps behind it.
  return steps.some((step) => step.kind === "probe")
    ? { ...proposal, summary: `${proposal.summary}: what has to be seen first`, steps }
    : null;
}
