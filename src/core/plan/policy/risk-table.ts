import { mergePolicy } from "../../belief/explain/merge.ts";
import type { Policy } from "../../belief/policy.ts";
import { reservedOutcomes, type Situation } from "../../belief/situation/situation.ts";
import { branchOf, responseOf } from "../../belief/solve/evaluate-policy.ts";
import { type HistoryFigures, policyHistories } from "../../belief/solve/policy-histories.ts";
import { invariant } from "../../value/invariant.ts";
import type { PolicyProposal } from "./from-policy.ts";

/** One outcome of one step of the plan. */
export interface PlanOutcome {
  readonly stepId: string;
  readonly outcome: string;
}

/**
 * What a plan has risked and may still risk after each history of outcomes (`interlock.risk-table/1`), in the plan's
 * own step ids. A merged step has a row for every history that leads to it, since no single figure would be true for
 * all of them. A run needs no belief and computes no risk: its row says it. It tells people what was
 * foreseen; what a successor may risk is the incident's limit less what was spent.
 */
export interface RiskTable {
  readonly format: "interlock.risk-table/1";
  readonly rows: readonly RiskRow[];
}

/** Both figures are conditional on the history. */
export interface RiskRow {
  readonly history: readonly PlanOutcome[];
  readonly riskSpent: number;
  readonly riskToGo: number;
}

/**
 * The table of a policy: rows from its start on, parents before children.
 *
 * @param proposed - what `policyToProposal` made of the same policy
 *
 * Cost: that of `policyHistories`.
 */
export function riskTableOf(situation: Situation, policy: Policy, proposed: PolicyProposal): RiskTable {
  const { nodes } = mergePolicy(policy);
  const rows = policyHistories(situation, policy).flatMap((figures): readonly RiskRow[] => {
    const { history, nodeIndex } = planHistoryOf(nodes, proposed, figures);
    const row: RiskRow = { history, riskSpent: figures.riskSpent, riskToGo: figures.riskToGo };
    const stepId = nodeIndex === null ? null : (proposed.askedBy[nodeIndex] ?? null);
    return stepId === null ? [row] : [row, ...surpriseRows(situation, figures, { history, stepId })];
  });
  return { format: "interlock.risk-table/1", rows };
}

/**
 * The history in the plan's step ids, and the merged node that it leads to; `null` where the policy escalates instead.
 */
function planHistoryOf(
  nodes: ReturnType<typeof mergePolicy>["nodes"],
  proposed: PolicyProposal,
  { history }: HistoryFigures,
): { readonly history: readonly PlanOutcome[]; readonly nodeIndex: number | null } {
  const named: PlanOutcome[] = [];
  let index: number | null = 0;
  for (const { outcome } of history) {
    invariant(index !== null, "an escalation is the end of a history");
    const stepId: string | null = proposed.askedBy[index] ?? null;
    invariant(stepId !== null, "a history goes on behind a step that was asked");
    named.push({ stepId, outcome });
    const node: (typeof nodes)[number] | undefined = nodes[index];
    index = node?.kind === "do" ? (node.on.find((edge) => edge.outcome === outcome)?.to ?? null) : null;
  }
  return { history: named, nodeIndex: index };
}

/**
 * After an answer that nobody foresaw the plan escalates. Such an answer says nothing about the contexts, so the belief
 * stays.
 */
function surpriseRows(
  situation: Situation,
  figures: HistoryFigures,
  at: { readonly history: readonly PlanOutcome[]; readonly stepId: string },
): readonly RiskRow[] {
  const node = figures.policy;
  if (node.kind === "commit" || situation.escalation === null) return [];
  const step = situation.steps.find((candidate) => candidate.id === node.step);
  // A `try` is known by its check, which may be the step that stays silent. The try itself has been made.
  const survived = figures.probabilityByContext.map((weight, c) => weight * (1 - (step?.catastropheByContext[c] ?? 0)));
  const alive = survived.reduce((sum, weight) => sum + weight, 0);
  const escalation = responseOf(situation, situation.escalation);
  const riskToGo =
    alive > 0
      ? survived.reduce((sum, weight, c) => sum + weight * (escalation.catastropheByContext[c] ?? 0), 0) / alive
      : 0;
  const riskSpent = 1 - (1 - figures.riskSpent) * alive;
  const isForeseen = (outcome: string): boolean => node.on.some((branch) => branch.outcome === outcome);
  return reservedOutcomes
    .filter((outcome) => !isForeseen(outcome) && branchOf(situation, node, outcome).kind === "commit")
    .map((outcome) => ({ history: [...at.history, { stepId: at.stepId, outcome }], riskSpent, riskToGo }));
}
