import { invariant } from "../../value/invariant.ts";
import type { Observation, Policy } from "../policy.ts";
import type { Situation, SituationResponse, SituationStep } from "../situation/situation.ts";
import { responseOf, stepOf } from "../solve/evaluate-policy.ts";
import { type HistoryFigures, policyHistories } from "../solve/policy-histories.ts";

/** A policy as a tree, with what is believed, risked and expected at every node. It is what `drawTree` draws. */
export type AnnotatedPolicy = AnnotatedCommit | AnnotatedDo;

/** A leaf: the response that ends the episode. */
export interface AnnotatedCommit {
  readonly kind: "commit";
  readonly figures: HistoryFigures;
  readonly response: SituationResponse;
}

/** A step and what follows each of its outcomes. */
export interface AnnotatedDo {
  readonly kind: "do";
  readonly figures: HistoryFigures;
  readonly step: SituationStep;
  readonly branches: readonly AnnotatedBranch[];
  /** P(the step fixes the matter and so ends the episode | history); 0 for probes and waits. */
  readonly fixedProbability: number;
  /** P(the step itself ends in catastrophe | history). */
  readonly stepRisk: number;
}

/** One outcome, with its probability given the history. */
export interface AnnotatedBranch {
  readonly outcome: string;
  readonly isSurprise: boolean;
  readonly probability: number;
  readonly then: AnnotatedPolicy;
}

/**
 * Annotates every history of a policy that can happen.
 *
 * Cost: that of `policyHistories`, and one map entry for each history.
 */
export function annotatePolicy(situation: Situation, policy: Policy): AnnotatedPolicy {
  const byHistory = new Map(policyHistories(situation, policy).map((figures) => [keyOf(figures.history), figures]));
  const annotate = (figures: HistoryFigures): AnnotatedPolicy => {
    const node = figures.policy;
    if (node.kind === "commit") return { kind: "commit", figures, response: responseOf(situation, node.response) };
    const step = stepOf(situation, node.step);
    const branches = node.on.flatMap((branch): readonly AnnotatedBranch[] => {
      const next = byHistory.get(keyOf([...figures.history, { step: node.step, outcome: branch.outcome }]));
      if (next === undefined) return [];
      return [
        {
          outcome: branch.outcome,
          isSurprise: branch.isSurprise,
          probability: next.probability / figures.probability,
          then: annotate(next),
        },
      ];
    });
    const stepRisk = figures.probabilityByContext.reduce(
      (sum, weight, index) => sum + weight * (step.catastropheByContext[index] ?? 0),
      0,
    );
    const goesOn = branches.reduce((sum, branch) => sum + branch.probability, 0);
    return {
      kind: "do",
      figures,
      step,
      branches,
      stepRisk,
      fixedProbability: step.kind === "try" ? Math.max(0, 1 - stepRisk - goesOn) : 0,
    };
  };
  const root = byHistory.get(keyOf([]));
  invariant(root !== undefined, "a policy begins somewhere");
  return annotate(root);
}

function keyOf(history: readonly Observation[]): string {
  return JSON.stringify(history.map(({ step, outcome }) => [step, outcome]));
}
