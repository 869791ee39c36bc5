import type { Proposal, ProposedStep } from "../wire/proposal.ts";

/**
 * The part of a decided plan that only looks: every act becomes an `end`, and what would follow it is left out. Run first, as a
 * run of its own that needs no approval; what it saw is the evidence for deciding what remains.
 *
 * @returns `null` when the plan begins with an act: there is nothing to look at
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
  // What an `end` stands for was dropped for those behind it, and must stay known to those before it.
  return steps.some((step) => step.kind === "probe")
    ? { ...proposal, summary: `${proposal.summary}: what has to be seen first`, steps }
    : null;
}
