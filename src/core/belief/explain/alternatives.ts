import { invariant } from "../../value/invariant.ts";
import { type Decision, firstMoveOf, type PolicySolution } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { decideSituation } from "../solve/solve-limited.ts";

/** One way to begin, with the best that can follow it, and why it was or was not chosen. */
export interface Alternative {
  readonly move: string;
  readonly kind: "probe" | "wait" | "try" | "act" | "escalate";
  /** Best plan within the limit that begins so; `null` when every one of them exceeds the limit, or none could be settled. */
  readonly withinLimit: AlternativeFigures | null;
  /** Best plan that begins so, were there no limit. */
  readonly unlimited: AlternativeFigures;
  /** Smallest risk of any plan that begins so. */
  readonly minimumRisk: number;
  readonly verdict: Verdict;
}

/** Worth and risk of one plan. */
export interface AlternativeFigures {
  readonly value: number;
  readonly risk: number;
}

/** Why an alternative stands where it stands. `short`: utility lost against the plan chosen. */
export type Verdict =
  | { readonly kind: "chosen" }
  /** Every plan that begins so exceeds the limit, even the most careful one. */
  | { readonly kind: "over_limit"; readonly minimumRisk: number }
  /** Its best plan is worth more than the one chosen, but runs more risk than is allowed; within the limit it is worth less. */
  | { readonly kind: "better_but_over_limit"; readonly risk: number; readonly gain: number; readonly short: number }
  /** Worth less, and no safer. */
  | { readonly kind: "dominated"; readonly short: number }
  /** Worth less, though safer. */
  | { readonly kind: "worth_less"; readonly short: number; readonly safer: number }
  /** Some plan that begins so keeps the limit, but there are too many to find the best exactly. */
  | { readonly kind: "not_settled" }
  /** Worth as much within rounding; `by` says what the fixed tie-break looked at. */
  | { readonly kind: "tied"; readonly by: "higher_risk" | "more_steps" | "declared_later" };

/**
 * Prices every way to begin: the exact solver once for each, with only the first move fixed.
 *
 * @returns the chosen one first, then by what they are worth within the limit, those over the limit last
 *
 * Cost: one limited solve for every step and response.
 */
export function listAlternatives(situation: Situation, decision: Decision): readonly Alternative[] {
  const moves = [
    ...(situation.horizon > 0 ? situation.steps : []).map((step) => ({ move: step.id, kind: step.kind })),
    ...situation.responses.map((response) => ({ move: response.id, kind: response.kind })),
  ];
  return moves
    .map(({ move, kind }) => priceMove(situation, decision, { move, kind }))
    .sort((left, right) => rankOf(right) - rankOf(left));
}

function priceMove(
  situation: Situation,
  decision: Decision,
  { move, kind }: Pick<Alternative, "move" | "kind">,
): Alternative {
  // Without a limit there is nothing to search: these two figures always come.
  const free = decideSituation({ ...situation, limit: 1 }, { firstMove: move });
  invariant(free.ok, "a situation that was decided can be decided without its limit");
  const { unlimited, minimumRisk } = free.value;
  const decided = decideSituation(situation, { firstMove: move });
  return {
    move,
    kind,
    withinLimit: decided.ok && decided.value.kind === "decided" ? figuresOf(decided.value.chosen) : null,
    unlimited: figuresOf(unlimited),
    minimumRisk: minimumRisk.risk,
    verdict: decided.ok ? verdictOn(situation, move, decided.value, decision) : { kind: "not_settled" },
  };
}

function figuresOf(solution: PolicySolution): AlternativeFigures {
  return { value: solution.value, risk: solution.risk };
}

function rankOf(alternative: Alternative): number {
  if (alternative.verdict.kind === "chosen") return Infinity;
  return alternative.withinLimit?.value ?? -1e300 - alternative.minimumRisk;
}

/** Differences below this share of the largest amount in play are rounding. */
const roundingShare = 1e-9;

function verdictOn(situation: Situation, move: string, decided: Decision, decision: Decision): Verdict {
  if (decided.kind === "infeasible") return { kind: "over_limit", minimumRisk: decided.minimumRisk.risk };
  invariant(decision.kind === "decided", "an alternative within the limit means that some plan keeps it");
  const { chosen } = decision;
  if (firstMoveOf(chosen.policy) === move) return { kind: "chosen" };
  const rounding = roundingShare * Math.max(1, Math.abs(situation.catastropheUtility), Math.abs(chosen.value));
  const short = chosen.value - decided.chosen.value;
  if (short <= rounding) return { kind: "tied", by: tieReason(decided.chosen, chosen) };
  const gain = decided.unlimited.value - chosen.value;
  if (gain > rounding) return { kind: "better_but_over_limit", risk: decided.unlimited.risk, gain, short };
  const safer = chosen.risk - decided.chosen.risk;
  return safer > roundingShare * chosen.risk ? { kind: "worth_less", short, safer } : { kind: "dominated", short };
}

function tieReason(own: PolicySolution, chosen: PolicySolution): "higher_risk" | "more_steps" | "declared_later" {
  if (own.risk > chosen.risk * (1 + roundingShare)) return "higher_risk";
  if (own.expectedSteps > chosen.expectedSteps * (1 + roundingShare)) return "more_steps";
  return "declared_later";
}
