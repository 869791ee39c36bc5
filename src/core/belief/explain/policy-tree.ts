import type { Policy } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { type AnnotatedPolicy, annotatePolicy } from "./annotate.ts";

/**
 * A policy as a tree for programs: every history that can happen is a node, the root first, parents before children.
 */
export interface PolicyTree {
  readonly nodes: readonly PolicyTreeNode[];
  readonly edges: readonly PolicyTreeEdge[];
}

/** What is done after one history, and what is believed, expected and risked there. */
export interface PolicyTreeNode {
  readonly kind: "probe" | "wait" | "try" | "act" | "escalate";
  /** The step or the response. */
  readonly id: string;
  /** P(this history), seen from the root. */
  readonly probability: number;
  /** P(context | this history). */
  readonly belief: Readonly<Record<string, number>>;
  /** The expected worth and the probability of catastrophe from here on. */
  readonly valueToGo: number;
  readonly riskToGo: number;
  /** P(the step settles the matter | this history); only of a `try`. */
  readonly fixedProbability?: number;
}

/** One outcome: from which node to which, by their places in `nodes`. */
export interface PolicyTreeEdge {
  readonly from: number;
  readonly to: number;
  readonly outcome: string;
  /** P(this outcome | the history of `from`). */
  readonly probability: number;
  readonly isSurprise: boolean;
}

/**
 * The tree of a policy.
 *
 * Cost: linear in the number of histories.
 */
export function policyTree(situation: Situation, policy: Policy): PolicyTree {
  const nodes: PolicyTreeNode[] = [];
  const edges: PolicyTreeEdge[] = [];
  const add = (at: AnnotatedPolicy): number => {
    const index = nodes.push(nodeOf(situation, at)) - 1;
    for (const { outcome, probability, isSurprise, then } of at.kind === "do" ? at.branches : []) {
      edges.push({ from: index, to: nodes.length, outcome, probability, isSurprise });
      add(then);
    }
    return index;
  };
  add(annotatePolicy(situation, policy));
  return { nodes, edges };
}

function nodeOf({ contexts }: Situation, at: AnnotatedPolicy): PolicyTreeNode {
  const { probability, probabilityByContext, valueToGo, riskToGo } = at.figures;
  const belief = Object.fromEntries(contexts.map(({ id }, c) => [id, probabilityByContext[c] ?? 0]));
  const figures = { probability, belief, valueToGo, riskToGo };
  if (at.kind === "commit") return { kind: at.response.kind, id: at.response.id, ...figures };
  const { step, fixedProbability } = at;
  return { kind: step.kind, id: step.id, ...figures, ...(step.kind === "try" ? { fixedProbability } : {}) };
}
