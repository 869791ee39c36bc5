import { invariant } from "../../value/invariant.ts";
import { utilityText } from "../figures.ts";
import { type Decision, firstMoveOf, type Hold, type PolicySolution } from "../policy.ts";
import { largestAmount } from "../situation/amounts.ts";
import type { Need, Situation } from "../situation/situation.ts";
import { rootMovesOf } from "../solve/best-root.ts";
import { lookThrough, type Outlook } from "../solve/outlook.ts";
import { bestBeginningWith, decideOn } from "../solve/solve-limited.ts";

/** One way to begin, the best that can follow it, and why it was or was not chosen. */
export interface Alternative {
  readonly move: string;
  readonly kind: "probe" | "wait" | "try" | "act" | "escalate";
  /**
   * The best policy within the limit that begins this way; `null` when all of them exceed the limit, or it could not be
   * found.
   */
  readonly withinLimit: AlternativeFigures | null;
  /** The best policy that begins this way if there were no limit. */
  readonly unlimited: AlternativeFigures | null;
  /** The smallest risk of any policy that begins this way; `null`, like `unlimited`, where none can begin so. */
  readonly minimumRisk: number | null;
  readonly verdict: Verdict;
}

/** The worth and the risk of one policy. */
export interface AlternativeFigures {
  readonly value: number;
  readonly risk: number;
}

/** Why an alternative was or was not chosen. `short` is the utility it loses against the chosen policy. */
export type Verdict =
  | { readonly kind: "chosen" }
  /** It cannot be done before other steps were taken. */
  | { readonly kind: "not_yet"; readonly needs: readonly Need[] }
  /** The evidence forbids it, whatever it is worth. */
  | { readonly kind: "barred"; readonly by: Hold }
  /** Every policy that begins this way exceeds the limit, even the most careful one. */
  | { readonly kind: "over_limit"; readonly minimumRisk: number }
  /**
   * Its best policy is worth more than the chosen one but runs more risk than is allowed. Within the limit it is worth
   * less.
   */
  | { readonly kind: "better_but_over_limit"; readonly risk: number; readonly gain: number; readonly short: number }
  /** Worth less, and no safer. */
  | { readonly kind: "dominated"; readonly short: number }
  /** Worth less, though safer. */
  | { readonly kind: "worth_less"; readonly short: number; readonly safer: number }
  /**
   * The best policy that begins this way was not found. `withinLimit` is one of them, if any was; none is worth more
   * than `upperBound`.
   */
  | { readonly kind: "not_settled"; readonly upperBound: number | null }
  /** Worth as much as printed. `by` says what decided: the tie-break, or digits of the worth that are not printed. */
  | { readonly kind: "tied"; readonly by: "higher_risk" | "more_steps" | "declared_later" | "digits_not_shown" };

/**
 * Prices every way to begin, by running the exact solver with only the first move fixed.
 *
 * @returns the chosen way first, then the others by what they are worth within the limit; ways over the limit come last
 *
 * Cost: where the limit on the whole policy binds, a search for every step and response; else little.
 */
export function listAlternatives(
  situation: Situation,
  decision: Decision,
  outlook: Outlook = lookThrough(situation),
): readonly Alternative[] {
  const moves = [
    ...(situation.horizon > 0 ? situation.steps : []).map((step) => ({ move: step.id, kind: step.kind })),
    ...situation.responses.map((response) => ({ move: response.id, kind: response.kind })),
  ];
  return moves
    .map(({ move, kind }) => priceMove(outlook, decision, { move, kind }))
    .sort((left, right) => rankOf(right) - rankOf(left));
}

function priceMove(
  outlook: Outlook,
  decision: Decision,
  { move, kind }: Pick<Alternative, "move" | "kind">,
): Alternative {
  const { situation } = outlook;
  if (rootMovesOf(outlook.layers, outlook.free, move).length === 0) {
    const { needs } = [...situation.steps, ...situation.responses].find(({ id }) => id === move) ?? { needs: [] };
    return { move, kind, withinLimit: null, unlimited: null, minimumRisk: null, verdict: { kind: "not_yet", needs } };
  }
  // Where the best policy could not be found, the best that begins with one move is not searched for either.
  const isSettled = decision.kind !== "decided" || decision.bound === null;
  const decided = decideOn(outlook, { firstMove: move, ...(isSettled ? {} : { combinationCountMax: 0 }) });
  const { unlimited, minimumRisk } = bestBeginningWith(outlook, move);
  return {
    move,
    kind,
    withinLimit: decided.ok && decided.value.kind === "decided" ? figuresOf(decided.value.chosen) : null,
    unlimited: figuresOf(unlimited),
    minimumRisk: minimumRisk.risk,
    verdict: decided.ok
      ? verdictOn(situation, move, decided.value, decision)
      : { kind: "not_settled", upperBound: null },
  };
}

function figuresOf(solution: PolicySolution): AlternativeFigures {
  return { value: solution.value, risk: solution.risk };
}

function rankOf(alternative: Alternative): number {
  if (alternative.verdict.kind === "chosen") return Infinity;
  return alternative.withinLimit?.value ?? (alternative.minimumRisk === null ? -2e300 : -1e300);
}

/** Risks and steps that differ by less than this share are the same. */
const roundingShare = 1e-9;

function verdictOn(situation: Situation, move: string, decided: Decision, decision: Decision): Verdict {
  const held = decision.kind === "decided" ? decision.held : null;
  if (decided.kind === "infeasible" && held !== null && isBarred(situation, move, held))
    return { kind: "barred", by: held };
  if (decided.kind === "infeasible") return { kind: "over_limit", minimumRisk: decided.minimumRisk.risk };
  invariant(decision.kind === "decided", "an alternative within the limit means that some policy keeps it");
  const { chosen } = decision;
  if (firstMoveOf(chosen.policy) === move) return { kind: "chosen" };
  if (decided.bound !== null) return { kind: "not_settled", upperBound: decided.bound.upperBound };
  const short = chosen.value - decided.chosen.value;
  if (utilityText(short) === "0" && utilityText(chosen.value) === utilityText(decided.chosen.value))
    return { kind: "tied", by: tieReason(situation, decided.chosen, chosen) };
  const gain = decided.unlimited.value - chosen.value;
  if (decided.unlimited !== decided.chosen && gain > 0 && utilityText(gain) !== "0")
    return { kind: "better_but_over_limit", risk: decided.unlimited.risk, gain, short };
  const safer = chosen.risk - decided.chosen.risk;
  return safer > roundingShare * chosen.risk ? { kind: "worth_less", short, safer } : { kind: "dominated", short };
}

/** Whether what the evidence forbids includes this move. A surprise leaves the escalation alone. */
function isBarred(situation: Situation, move: string, held: Hold): boolean {
  if (held.kind === "surprise") return move !== situation.escalation;
  const isTry = situation.steps.some(({ id, kind }) => id === move && kind === "try");
  return isTry || situation.responses.some(({ id, kind }) => id === move && kind === "act");
}

function tieReason(
  situation: Situation,
  own: PolicySolution,
  chosen: PolicySolution,
): Extract<Verdict, { kind: "tied" }>["by"] {
  if (chosen.value - own.value > 1e-12 * largestAmount(situation)) return "digits_not_shown";
  if (own.risk > chosen.risk * (1 + roundingShare)) return "higher_risk";
  if (own.expectedSteps > chosen.expectedSteps * (1 + roundingShare)) return "more_steps";
  return "declared_later";
}
