/**
 * The one place that says when two numbers count as equal. Sums run in one fixed order, so equal inputs give equal bits; these
 * rules only settle ties between plans whose figures differ by rounding, such as the same two probes in either order.
 */

/** Values within this share of (largest utility in the situation × probability of being here) are tied. */
export const valueTieShare = 1e-13;

/** Risks within this share of themselves are tied: a risk is a sum of non-negative terms, so its rounding error is relative. */
export const riskTieShare = 1e-13;

/**
 * A plan keeps a limit if its risk exceeds it by no more than this share of the limit: room for rounding (8 levels of ties and
 * sums), none for a real excess. A limit of 0 admits only an exact 0.
 */
export const limitToleranceShare = 1e-11;

/** Whether a risk keeps a limit, up to rounding. */
export function keepsLimit({ risk, limit }: { readonly risk: number; readonly limit: number }): boolean {
  return risk <= limit * (1 + limitToleranceShare);
}

/** A candidate for the fixed tie-break; the lower, the better, in the order of the fields. */
export interface TieBreak {
  readonly risk: number;
  readonly steps: number;
  readonly rank: number;
}

/** Fixed tie-break among equally valued moves: lower risk, fewer expected steps, declared order. */
export function winsTie(challenger: TieBreak, holder: TieBreak): boolean {
  const riskTie = riskTieShare * Math.max(challenger.risk, holder.risk);
  if (challenger.risk < holder.risk - riskTie) return true;
  if (challenger.risk > holder.risk + riskTie) return false;
  const stepsTie = riskTieShare * Math.max(challenger.steps, holder.steps);
  if (challenger.steps < holder.steps - stepsTie) return true;
  if (challenger.steps > holder.steps + stepsTie) return false;
  return challenger.rank < holder.rank;
}
