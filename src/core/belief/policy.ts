import type { Situation } from "./situation/situation.ts";

/** What to do in every case the situation can present: a step and what follows each outcome, or a response. */
export type Policy =
  | { readonly kind: "commit"; readonly response: string }
  | { readonly kind: "do"; readonly step: string; readonly on: readonly PolicyBranch[] };

/**
 * What follows one outcome, in the declared order of outcomes. An outcome no context explains has no branch; a `try` has the
 * one branch `not_fixed`, since `fixed` ends the episode. `isSurprise`: the edge was forced to `escalation`, not chosen.
 */
export interface PolicyBranch {
  readonly outcome: string;
  readonly isSurprise: boolean;
  readonly then: Policy;
}

/** A policy with the figures that decided for it. */
export interface PolicySolution {
  readonly policy: Policy;
  /** Expected utility, in the situation's unit. */
  readonly value: number;
  /** Probability that the plan ever reaches catastrophe. */
  readonly risk: number;
  /** Expected number of steps before the end. */
  readonly expectedSteps: number;
}

/** The first move, by name: of a step or of a response. */
export function firstMoveOf(policy: Policy): string {
  return policy.kind === "do" ? policy.step : policy.response;
}

/** One observation on the way: this step answered this. */
export interface Observation {
  readonly step: string;
  readonly outcome: string;
}

/**
 * Number of nodes once equal subtrees are one: a `try` counts once, `fixed` not at all.
 *
 * Cost: linear in the tree.
 */
export function countPolicyNodes(policy: Policy): number {
  const merged: Merged = { indexByKey: new Map(), indexByPolicy: new Map() };
  mergedIndexOf(policy, merged);
  return merged.indexByKey.size;
}

/** Number of nodes before merging. */
export function countPolicyTreeNodes(policy: Policy): number {
  const known = new Map<Policy, number>();
  const count = (node: Policy): number => {
    const nodes =
      known.get(node) ?? (node.kind === "commit" ? 1 : node.on.reduce((sum, branch) => sum + count(branch.then), 1));
    known.set(node, nodes);
    return nodes;
  };
  return count(policy);
}

/** Interns a subtree: equal subtrees get equal indices, children before parents; a shared object is looked at once. */
function mergedIndexOf(policy: Policy, merged: Merged): number {
  const seen = merged.indexByPolicy.get(policy);
  if (seen !== undefined) return seen;
  const key =
    policy.kind === "commit"
      ? JSON.stringify(["commit", policy.response])
      : JSON.stringify([
          "do",
          policy.step,
          ...policy.on.map((branch) => [branch.outcome, mergedIndexOf(branch.then, merged)]),
        ]);
  const index = merged.indexByKey.get(key) ?? merged.indexByKey.size;
  merged.indexByKey.set(key, index);
  merged.indexByPolicy.set(policy, index);
  return index;
}

interface Merged {
  readonly indexByKey: Map<string, number>;
  readonly indexByPolicy: Map<Policy, number>;
}

/** The plan as the foreign cards write it: `{ do, on: { outcome: … } }` or `{ commit }`. */
export type CardPlan =
  | { readonly commit: string }
  | { readonly do: string; readonly on: Readonly<Record<string, CardPlan>> };

/** Writes a policy in the foreign cards' form; its key order is the declared order of outcomes. */
export function toCardPlan(policy: Policy): CardPlan {
  if (policy.kind === "commit") return { commit: policy.response };
  return {
    do: policy.step,
    on: Object.fromEntries(policy.on.map((branch) => [branch.outcome, toCardPlan(branch.then)])),
  };
}

/** The policy's subtree after a history of outcomes, or null where the history leaves the policy. */
export function policyAfter(policy: Policy, history: readonly Observation[]): Policy | null {
  let current = policy;
  for (const { step, outcome } of history) {
    if (current.kind !== "do" || current.step !== step) return null;
    const branch = current.on.find((candidate) => candidate.outcome === outcome);
    if (branch === undefined) return null;
    current = branch.then;
  }
  return current;
}

/** The result of deciding a situation: the best plan within the limit, or the proof that none keeps it. */
export type Decision =
  | {
      readonly kind: "decided";
      readonly situation: Situation;
      readonly chosen: PolicySolution;
      /** The best plan if there were no limit; `chosen` when it keeps the limit anyway. */
      readonly unlimited: PolicySolution;
      readonly minimumRisk: PolicySolution;
      /** No plan, randomised ones included, that keeps the limit is worth more than this. */
      readonly upperBound: number;
      /** Utility lost per unit of probability of catastrophe forbidden, at the limit. */
      readonly riskPrice: number;
    }
  | {
      readonly kind: "infeasible";
      readonly situation: Situation;
      readonly unlimited: PolicySolution;
      /** The plan with the smallest reachable risk, which still exceeds the limit. */
      readonly minimumRisk: PolicySolution;
      /** Each alone would bring the smallest risk within the limit, largest contribution first. */
      readonly remedies: readonly LimitRemedy[];
    };

/** What would have to change for a limit to be kept. */
export type LimitRemedy =
  | { readonly kind: "raise_limit"; readonly to: number }
  | {
      readonly kind: "lower_catastrophe";
      readonly of: string;
      readonly context: string;
      readonly from: number;
      readonly to: number;
    };
