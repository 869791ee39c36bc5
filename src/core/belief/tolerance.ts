/**
 * The one place that says when two numbers count as equal. Sums run in one fixed order, so equal inputs give equal
 * bits. These rules only settle ties between policies whose figures differ by rounding, such as the same two probes in
 * either order.
 */

/**
 * Values are tied when they differ by at most this share of the largest amount in play times the probability of being
 * here.
 */
export const valueTieShare = 1e-13;

/**
 * Risks are tied when they differ by at most this share of the larger one. A risk adds non-negative terms, so its error
 * is relative.
 */
export const riskTieShare = 1e-13;

/**
 * A policy keeps a limit if its risk exceeds it by no more than this share of the limit. That leaves room for the
 * rounding of eight levels of sums and ties, and none for a real excess. A limit of 0 admits only an exact 0.
 */
export const limitToleranceShare = 1e-11;

/** Whether a risk keeps a limit, up to rounding. */
export function keepsLimit({ risk, limit }: { readonly risk: number; readonly limit: number }): boolean {
  return risk <= limit * (1 + limitToleranceShare);
}

/** What the tie-break compares, in the order of the fields; lower wins. `rank` is the place in declared order. */
export interface TieBreak {
  readonly risk: number;
  readonly steps: number;
  readonly rank: number;
}

/** Whether a move wins against one of equal value: by lower risk, then fewer expected steps, then declared order. */
export function winsTie(challenger: TieBreak, holder: TieBreak): boolean {
  const riskTie = riskTieShare * Math.max(challenger.risk, holder.risk);
  if (challenger.risk < holder.risk - riskTie) return true;
  if (challenger.risk > holder.risk + riskTie) return false;
  const stepsTie = riskTieShare * Math.max(challenger.steps, holder.steps);
  if (challenger.steps < holder.steps - stepsTie) return true;
  if (challenger.steps > holder.steps + stepsTie) return false;
  return challenger.rank < holder.rank;
}
