import type { Situation } from "./situation/situation.ts";

/**
 * A policy says what to do in every case the situation can present: take a step and see which outcome follows, or
 * commit to a response. It is what a decision chooses. (A *plan* is the compiled, frozen artefact that the gate makes
 * of it.)
 */
export type Policy =
  | { readonly kind: "commit"; readonly response: string }
  | { readonly kind: "do"; readonly step: string; readonly on: readonly PolicyBranch[] };

/**
 * What follows one outcome. Branches are in the declared order of outcomes. An outcome that no context explains has no
 * branch; a `try` has the one branch `not_fixed`, because `fixed` ends the episode.
 */
export interface PolicyBranch {
  readonly outcome: string;
  /** The outcome is so unlikely that it leads to `escalation` by rule, not by choice. */
  readonly isSurprise: boolean;
  readonly then: Policy;
}

/** A policy with the figures by which it was chosen. */
export interface PolicySolution {
  readonly policy: Policy;
  /** Expected utility, in the situation's unit. */
  readonly value: number;
  /** Probability that following the policy ever ends in catastrophe. */
  readonly risk: number;
  /** The part of `risk` that the limit counts: see `limitCovers`. */
  readonly ownRisk: number;
  /** Expected number of steps before the end. */
  readonly expectedSteps: number;
}

/** The name of the first move: a step or a response. */
export function firstMoveOf(policy: Policy): string {
  return policy.kind === "do" ? policy.step : policy.response;
}

/** One observation: this step gave this outcome. */
export interface Observation {
  readonly step: string;
  readonly outcome: string;
}

/**
 * Number of distinct subtrees of a policy, equal ones counted once. A `try` counts once and `fixed` not at all.
 *
 * Cost: linear in the number of subtree objects.
 */
export function countPolicyNodes(policy: Policy): number {
  const merged: Merged = { indexByKey: new Map(), indexByPolicy: new Map() };
  mergedIndexOf(policy, merged);
  return merged.indexByKey.size;
}

/**
 * Gives a subtree its index. Equal subtrees get equal indices, children come before parents, a shared object is read
 * once.
 */
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

/**
 * Whether two policies do the same in every case.
 *
 * Cost: linear in the subtree objects of both.
 */
export function samePolicy(one: Policy, other: Policy): boolean {
  const merged: Merged = { indexByKey: new Map(), indexByPolicy: new Map() };
  return mergedIndexOf(one, merged) === mergedIndexOf(other, merged);
}

/** The subtree of a policy after a history of outcomes; `null` when the policy has no such history. */
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

/** The result of deciding a situation: the best policy within the limits, or the proof that no policy keeps them. */
export type Decision =
  | {
      readonly kind: "decided";
      readonly situation: Situation;
      readonly chosen: PolicySolution;
      /** Why the decision is to hand over at once; `null` when it is something else. */
      readonly handover: HandoverReason | null;
      /** What the evidence forbids now. Looking further may still be worth it. */
      readonly held: Hold | null;
      /** The best policy if there were no limits; the same object as `chosen` when it keeps them anyway. */
      readonly unlimited: PolicySolution;
      /** The policy of the smallest risk there is, whatever the limits say. */
      readonly minimumRisk: PolicySolution;
      /** No policy that keeps the limits is worth more than this, randomised policies included. */
      readonly upperBound: number;
      /**
       * How much utility the limit costs for each unit of catastrophe probability it forbids, measured at the limit.
       */
      readonly riskPrice: number;
      /** What is not proven about `chosen`; `null` where it is the best policy there is. */
      readonly bound: DecisionBound | null;
    }
  | {
      /**
       * Nothing keeps the limits, and there is no escalation. Also: every policy with the wanted first move exceeds
       * them.
       */
      readonly kind: "infeasible";
      readonly situation: Situation;
      readonly unlimited: PolicySolution;
      /** The policy of the smallest risk that the limit counts, which still exceeds it. */
      readonly minimumRisk: PolicySolution;
      /** Changes each of which alone would bring the smallest risk within the limit, largest contribution first. */
      readonly remedies: readonly LimitRemedy[];
    };

/**
 * Where an exact answer would take too much work: how far the chosen policy may be from the best one. Its own figures
 * are exact, and it keeps the limits.
 */
export interface DecisionBound {
  /** No policy that keeps the limits is worth more than this, randomised policies included. */
  readonly upperBound: number;
  /** How much more than the chosen policy that is. */
  readonly gap: number;
  /**
   * - `too_many_beliefs`: only policies of at most `depth` steps were found, and the situation allows `horizon`.
   * - `too_many_policies`: too many policies lie near the limit on the whole policy.
   */
  readonly because: "too_many_beliefs" | "too_many_policies";
  readonly depth: number;
  readonly horizon: number;
}

/** What the evidence forbids, whatever the acts are worth. Figures are probabilities. */
export type Hold =
  /** `unknown` is likelier than the declared share: no act. */
  | { readonly kind: "unknown"; readonly probability: number; readonly above: number }
  /** The answers are this many times less likely together than apart, under the named contexts: no act. */
  | { readonly kind: "conflict"; readonly ratio: number; readonly below: number }
  /** One of the answers is this unlikely under the named contexts, given the others: hand over at once. */
  | { readonly kind: "surprise"; readonly probability: number; readonly below: number };

/** Why a decision hands over to a person at once. */
export type HandoverReason =
  /** The evidence forbids every act. */
  | Hold
  /** Calling a person is worth more than anything else, limits or not. */
  | { readonly kind: "worth_more" }
  /** Something else would be worth more, and the limits do not allow it. */
  | { readonly kind: "limit" }
  /** Nothing that acts keeps the limits, whatever is looked at first. */
  | { readonly kind: "nothing_keeps_limit" };

/** One change that would let the limit be kept. */
export type LimitRemedy =
  | { readonly kind: "raise_limit"; readonly to: number }
  | {
      readonly kind: "lower_catastrophe";
      readonly of: string;
      readonly context: string;
      readonly from: number;
      readonly to: number;
    };
