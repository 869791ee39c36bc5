import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Policy } from "../policy.ts";
import twoContexts from "../testdata/s0-two-context.json" with { type: "json" };
import latencySpike from "../testdata/s1-latency-spike.json" with { type: "json" };
import suspiciousHost from "../testdata/s3-suspicious-host.json" with { type: "json" };
import { parseCard } from "./parse-card.ts";
import type { Situation } from "./situation.ts";

/** The cards with published answers, by name. */
export const cardNames = ["s0-two-context", "s1-latency-spike", "s3-suspicious-host"] as const;

const documents: Readonly<Record<(typeof cardNames)[number], JsonValue>> = {
  "s0-two-context": twoContexts,
  "s1-latency-spike": latencySpike,
  "s3-suspicious-host": suspiciousHost,
};

/** The answers a card carries, to six decimals. An earlier solver found them, and a forward evaluation checked them. */
export interface CardAnswers {
  readonly averagePlan: { readonly action: string; readonly EU: number; readonly pCatastrophe: number };
  readonly allCommitsAtPrior: Readonly<Record<string, readonly [number, number]>>;
  readonly myopicVOI: { readonly EU: number; readonly pCatastrophe: number; readonly first: string };
  readonly unconstrained: CardOptimum;
  readonly constrained: CardOptimum & { readonly lagrangianDualBound: number; readonly dualLambda: number };
  readonly perfectInformationEU: number;
}

export interface CardOptimum {
  readonly EU: number;
  readonly pCatastrophe: number;
  readonly first: string;
  readonly dagNodes: number;
  readonly treeNodes: number;
  readonly leaves: Readonly<Record<string, number>>;
  readonly plan: CardPlan;
}

/** The document of a card. */
export function readCardDocument(name: (typeof cardNames)[number]): JsonValue {
  return documents[name];
}

/** A card as a situation, with its published answers. */
export function readCard(name: (typeof cardNames)[number]): {
  readonly situation: Situation;
  readonly answers: CardAnswers;
} {
  const document = readCardDocument(name);
  const situation = parseCard(document);
  invariant(situation.ok, "a card of the test data is well-formed");
  // The test data has this shape. A missing figure would fail the comparison.
  const { computed } = document as unknown as { readonly computed: CardAnswers };
  return { situation: situation.value, answers: computed };
}

/** A policy as the cards write it; they call it a plan: `{ do, on: { outcome: … } }` or `{ commit }`. */
export type CardPlan =
  | { readonly commit: string }
  | { readonly do: string; readonly on: Readonly<Record<string, CardPlan>> };

/** Writes a policy in the cards' form; its keys are in the declared order of outcomes. */
export function toCardPlan(policy: Policy): CardPlan {
  if (policy.kind === "commit") return { commit: policy.response };
  return {
    do: policy.step,
    on: Object.fromEntries(policy.on.map((branch) => [branch.outcome, toCardPlan(branch.then)])),
  };
}

/** Number of nodes of a policy as a tree, equal subtrees counted as often as they occur. */
export function countTreeNodes(policy: Policy): number {
  return policy.kind === "commit" ? 1 : policy.on.reduce((sum, branch) => sum + countTreeNodes(branch.then), 1);
}
