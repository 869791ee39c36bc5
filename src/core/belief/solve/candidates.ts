import { winsTie } from "../tolerance.ts";

/**
 * The moves of one belief with their figures. The lists are reused from belief to belief; the first `count` entries are
 * in use.
 */
export interface Candidates {
  readonly value: number[];
  readonly risk: number[];
  readonly steps: number[];
  readonly move: number[];
  readonly rank: number[];
  count: number;
}

/** An empty list of moves. */
export function emptyCandidates(): Candidates {
  return { value: [], risk: [], steps: [], move: [], rank: [], count: 0 };
}

/** Adds a move to the list. */
export function addCandidate(
  into: Candidates,
  move: number,
  figures: { readonly value: number; readonly risk: number; readonly steps: number; readonly rank: number },
): void {
  const at = into.count;
  into.value[at] = figures.value;
  into.risk[at] = figures.risk;
  into.steps[at] = figures.steps;
  into.move[at] = move;
  into.rank[at] = figures.rank;
  into.count = at + 1;
}

/**
 * The place of the move of most utility minus a price on risk. Ties go to lower risk, then fewer expected steps, then
 * declared order.
 */
export function choosePriced(candidates: Candidates, riskPrice: number, tie: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < candidates.count; i += 1) top = Math.max(top, scoreOf(candidates, i, riskPrice));
  let best = -1;
  for (let i = 0; i < candidates.count; i += 1) {
    if (scoreOf(candidates, i, riskPrice) < top - tie) continue;
    if (best < 0 || winsTie(tieBreakOf(candidates, i), tieBreakOf(candidates, best))) best = i;
  }
  return best;
}

/** The place of the move of least risk. Ties go to more utility, then fewer expected steps, then declared order. */
export function chooseLeastRisk(candidates: Candidates, tie: number): number {
  let best = 0;
  for (let i = 1; i < candidates.count; i += 1) {
    const challenger = tieBreakOf(candidates, i);
    const holder = tieBreakOf(candidates, best);
    const gain = (candidates.value[i] ?? 0) - (candidates.value[best] ?? 0);
    const risksTie =
      !winsTie({ ...challenger, steps: 0, rank: 0 }, { ...holder, steps: 0, rank: 0 }) &&
      !winsTie({ ...holder, steps: 0, rank: 0 }, { ...challenger, steps: 0, rank: 0 });
    if (risksTie && gain < -tie) continue;
    if ((risksTie && gain > tie) || winsTie(challenger, holder)) best = i;
  }
  return best;
}

function scoreOf(candidates: Candidates, index: number, riskPrice: number): number {
  return (candidates.value[index] ?? 0) - riskPrice * (candidates.risk[index] ?? 0);
}

function tieBreakOf(candidates: Candidates, index: number): { risk: number; steps: number; rank: number } {
  return { risk: candidates.risk[index] ?? 0, steps: candidates.steps[index] ?? 0, rank: candidates.rank[index] ?? 0 };
}
