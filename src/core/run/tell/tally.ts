import type { Event } from "../words/event.ts";

/**
 * What became of all proposals, the applied ones beside the others: who sees only what worked takes a rare success for
 * the rule. A proposal is counted once for each time it was brought.
 */
export interface ProposalTally {
  /** Compiled into a plan that differs from every earlier one. */
  readonly planned: number;
  /** Brought, and what it wants held already. */
  readonly nothingToDo: number;
  /** Refused by the gate. */
  readonly refused: number;
  /** The proposer said that it has no plan. */
  readonly declined: number;
  /** Plans that a person rejected. */
  readonly rejected: number;
  /** Plans that were started at least once. */
  readonly applied: number;
}

/** Counts over the events of the site's stream and the starts of runs. */
export function tallyProposals(site: Iterable<Event>, startedPlans: ReadonlySet<string>): ProposalTally {
  const tally = { nothingToDo: 0, refused: 0, declined: 0 };
  const [planned, rejected] = [new Set<string>(), new Set<string>()];
  for (const event of site) {
    if (event.kind === "plan_recorded") planned.add(event.planHash);
    if (event.kind === "approval_rejected") rejected.add(event.planHash);
    if (event.kind === "nothing_planned") tally.nothingToDo += 1;
    if (event.kind !== "input_refused" || !(event.input === "plan" || event.input === "propose")) continue;
    if (event.problem.code === "E_PROPOSAL_DECLINED") tally.declined += 1;
    else tally.refused += 1;
  }
  const applied = [...planned].filter((hash) => startedPlans.has(hash)).length;
  return { planned: planned.size, ...tally, rejected: rejected.size, applied };
}
