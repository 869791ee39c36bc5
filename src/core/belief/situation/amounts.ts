import { type Situation, type SituationResponse, unknownContext } from "./situation.ts";

type WithAmounts = Pick<Situation, "steps" | "responses" | "catastropheUtility">;

/** Every amount of a situation, in the unit of its utilities. */
function amountsOf({ steps, responses, catastropheUtility }: WithAmounts): readonly number[] {
  return [
    catastropheUtility,
    ...steps.flatMap((step) => [...step.costByContext, ...(step.kind === "try" ? step.fixedUtilityByContext : [])]),
    ...responses.flatMap((response) => response.utilityByContext),
    ...responses.flatMap(({ undo }) => undo?.utilityByContext ?? []),
  ];
}

/** The largest absolute amount in play, and at least 1. */
export function largestAmount(situation: WithAmounts): number {
  return amountsOf(situation).reduce((largest, amount) => Math.max(largest, Math.abs(amount)), 1);
}

/**
 * Beyond this ratio the smaller amounts drown in the rounding of the larger ones: a tie is judged by the largest amount
 * in play.
 */
export const amountRatioMax = 1e9;

/** The smallest and the largest amount, if they are too far apart to be weighed against one another; else `null`. */
export function findRatioExcess(situation: WithAmounts): { readonly small: number; readonly large: number } | null {
  const sizes = amountsOf(situation)
    .filter((amount) => amount !== 0)
    .toSorted((left, right) => Math.abs(left) - Math.abs(right));
  const [small] = sizes;
  const large = sizes.at(-1);
  if (small === undefined || large === undefined) return null;
  return Math.abs(large) > amountRatioMax * Math.abs(small) ? { small, large } : null;
}

/** Numbers that are allowed and probably not meant. */
export type SituationWarning =
  /** A catastrophe is worth more than this response in this context: it would be welcome. */
  | { readonly kind: "catastrophe_beats_response"; readonly response: string; readonly context: string }
  /** Handing over is worth less than every wrong act, whatever the context is: as if nobody came. */
  | { readonly kind: "nobody_comes"; readonly response: string };

/** Warns of numbers that are probably not meant. */
export function situationWarnings(situation: Situation): readonly SituationWarning[] {
  const { contexts, responses, catastropheUtility } = situation;
  const beaten = responses.flatMap(({ id, utilityByContext }) =>
    contexts.flatMap(({ id: context }, c): readonly SituationWarning[] =>
      catastropheUtility > (utilityByContext[c] ?? 0)
        ? [{ kind: "catastrophe_beats_response", response: id, context }]
        : [],
    ),
  );
  const named = contexts.flatMap(({ id }, c) => (id === unknownContext ? [] : [c]));
  const unpriced = responses
    // A foreign card has no other way to price a person.
    .filter(({ kind }) => kind === "escalate" && situation.limitCovers === "own_moves")
    .filter((escalation) =>
      named.every((c) => {
        const wrong = wrongActsIn(situation, c);
        const worth = escalation.utilityByContext[c] ?? 0;
        return wrong.length > 0 && wrong.every(({ utilityByContext }) => worth < (utilityByContext[c] ?? 0));
      }),
    )
    .map(({ id }): SituationWarning => ({ kind: "nobody_comes", response: id }));
  return [...beaten, ...unpriced];
}

/** The acts that are not the best one in a context, and that are no catastrophe there either. */
function wrongActsIn({ responses }: Situation, c: number): readonly SituationResponse[] {
  const acts = responses.filter(
    ({ kind, catastropheByContext }) => kind === "act" && (catastropheByContext[c] ?? 0) <= 0.5,
  );
  const best = Math.max(...acts.map(({ utilityByContext }) => utilityByContext[c] ?? 0));
  return acts.filter(({ utilityByContext }) => (utilityByContext[c] ?? 0) < best);
}
