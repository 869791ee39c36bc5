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
 * What the plan has risked and may still risk after each history of outcomes (`interlock.risk-table/1`), in the plan's own step
 * ids. A merged step has a row for every history that leads to it, since no single figure would be true of all of them. Whoever
 * runs the plan looks a row up and computes no belief and no risk; a successor's limit is the `riskToGo` of the row its parent
 * stopped at.
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
 * The table of a policy, row by row from its start, parents before children.
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

/** The history in the plan's step ids, and the merged node it leads to; `null` where the policy leaves the drawn graph to escalate. */
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

/** After an answer nobody foresaw the plan escalates: it says nothing of the contexts, so the belief is that of before. */
function surpriseRows(
  situation: Situation,
  figures: HistoryFigures,
  at: { readonly history: readonly PlanOutcome[]; readonly stepId: string },
): readonly RiskRow[] {
  const node = figures.policy;
  if (node.kind === "commit" || situation.escalation === null) return [];
  const step = situation.steps.find((candidate) => candidate.id === node.step);
  // A `try` is known by its check, which may stay silent as well; the try itself has been made.
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

/**
 * The row of a history, or `null` when the plan cannot have come that way.
 *
 * Cost: linear in the table.
 */
export function findRiskRow(table: RiskTable, history: readonly PlanOutcome[]): RiskRow | null {
  return (
    table.rows.find(
      (row) =>
        row.history.length === history.length &&
        row.history.every(
          ({ stepId, outcome }, index) => stepId === history[index]?.stepId && outcome === history[index]?.outcome,
        ),
    ) ?? null
  );
}
