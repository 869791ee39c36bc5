import { invariant } from "../../value/invariant.ts";
import type { PolicySolution } from "../policy.ts";
import { keepsLimit, valueTieShare } from "../tolerance.ts";
import { type BestWithin, bestWithinLimit } from "./best-within-limit.ts";
import { addCandidate, choosePriced, emptyCandidates } from "./candidates.ts";
import { solutionOf } from "./extract-policy.ts";
import { withFirstMove } from "./first-move.ts";
import type { RootMove, Swept } from "./lanes.ts";
import type { Layers } from "./layers.ts";
import type { Outlook } from "./outlook.ts";
import { solutionBeginningWith } from "./sweep-policy.ts";

/** The best policy that was found within a limit on the whole. */
export interface BestFound {
  readonly value: number;
  readonly solution: () => PolicySolution;
  readonly isExact: boolean;
  /** No policy within the limits is worth more, randomised policies included. */
  readonly upperBound: number;
  readonly riskPrice: number;
}

/** What is looked for. */
export interface Wanted {
  /** The first move of the policy; `null` for any. */
  readonly firstMove: string | null;
  readonly combinationCountMax: number;
}

/**
 * Among the policies whose moves keep the limit given the evidence, the one of greatest value whose counted risk keeps
 * a limit on the whole.
 *
 * If the best policy without the second limit keeps it, there is nothing to search. That is so whenever no step carries
 * a risk of its own and every open act is capped at the limit: the risk of a policy is then a mean of capped risks.
 *
 * @returns `null` when no policy keeps the limits; of a situation that is not looked through whole, when none was found
 */
export function bestRootWithin(outlook: Outlook, limit: number, wanted: Wanted): BestFound | null {
  const { layers, capped, isWhole, isListable } = outlook;
  const first = bestOpen(layers, capped, wanted.firstMove, 0);
  if (first === null) return null;
  if (keepsLimit({ risk: first.risk, limit })) {
    const bound = isWhole ? first.value : scoreBound(outlook, wanted.firstMove, 0);
    return found(outlook, { swept: capped, first }, { upperBound: Math.max(bound, first.value), riskPrice: 0 });
  }
  const least = bestCareful(layers, outlook.careful(), wanted.firstMove);
  if (least === null || !keepsLimit({ risk: least.risk, limit })) return null;
  if (isWhole && isListable) return searchListed(outlook, limit, wanted);
  return searchPrices(outlook, limit, wanted, { above: first, feasible: least });
}

/** A policy of a sweep: the way it begins, and the lane it follows then. */
interface Course {
  readonly swept: Swept;
  readonly first: RootMove;
}

function found(
  { layers }: Outlook,
  { swept, first }: Course,
  bounds: Pick<BestFound, "upperBound" | "riskPrice">,
): BestFound {
  const rounding = 100 * valueTieShare * (layers.canonical.valueScale + bounds.riskPrice);
  return {
    ...bounds,
    value: first.value,
    solution: () => solutionBeginningWith(layers, swept, first),
    isExact: bounds.upperBound - first.value <= rounding,
  };
}

function searchListed(outlook: Outlook, limit: number, wanted: Wanted): BestFound | null {
  const { graph, keeper } = outlook.listed();
  const open = wanted.firstMove === null ? graph : withFirstMove(graph, wanted.firstMove);
  const best = open === null ? null : bestWithinLimit(open, limit, wanted.combinationCountMax, keeper);
  if (open === null || best === null) return null;
  if (!best.isExact && wanted.firstMove === null) return bestCorner(outlook, limit, best);
  const { value, isExact, upperBound, riskPrice } = best;
  return { value, isExact, upperBound, riskPrice, solution: () => solutionOf(open, best.policy(), best) };
}

/** Where the best policy was not found: the best corner of the hulls of all ways to begin. */
function bestCorner(outlook: Outlook, limit: number, whole: BestWithin): BestFound {
  const { layers, capped } = outlook;
  const { graph } = outlook.listed();
  const named = capped.root.flatMap(({ move }) => nameOf(layers, move) ?? []);
  const corners = named.flatMap((firstMove): readonly BestFound[] => {
    const corner = searchListed(outlook, limit, { firstMove, combinationCountMax: 0 });
    return corner === null ? [] : [corner];
  });
  const own: BestFound = { ...whole, solution: () => solutionOf(graph, whole.policy(), whole) };
  const best = corners.reduce((held, corner) => (corner.value > held.value ? corner : held), own);
  const upperBound = Math.max(whole.upperBound, best.value);
  return { ...best, isExact: false, upperBound, riskPrice: whole.riskPrice };
}

/** The most prices that are tried where beliefs are too many to list. Each takes a sweep, or two. */
const priceCountMax = 8;

/** Where the walk begins: the best way to begin, which breaks the limit, and the most careful one, which keeps it. */
interface Ends {
  readonly above: RootMove;
  readonly feasible: RootMove;
}

/** What was found by sweeps at some prices. */
interface Priced {
  best: Course;
  upperBound: number;
  riskPrice: number;
}

/**
 * Walks the corners of the concave hull of (risk, value), as `findRiskPrice` does, one sweep for each. The best policy
 * met that keeps the limit is the answer, and the least of the scores met is the bound (Everett 1963).
 *
 * A way to begin is priced by the sweeps that were made for the best one, because each sweep may take seconds.
 */
function searchPrices(outlook: Outlook, limit: number, { firstMove }: Wanted, ends: Ends): BestFound {
  const priced: Priced = {
    best: { swept: outlook.careful(), first: ends.feasible },
    upperBound: scoreBound(outlook, firstMove, 0),
    riskPrice: 0,
  };
  if (firstMove === null) walkPrices(outlook, limit, priced, ends);
  else for (const price of outlook.pricesTried()) tryPrice(outlook, limit, priced, { firstMove, price });
  const { best, riskPrice } = priced;
  return found(outlook, best, { upperBound: Math.max(priced.upperBound, best.first.value), riskPrice });
}

function walkPrices(outlook: Outlook, limit: number, priced: Priced, ends: Ends): void {
  const { layers } = outlook;
  let { above, feasible } = ends;
  for (let count = 0; count < priceCountMax; count += 1) {
    const price = Math.max(0, (above.value - feasible.value) / (above.risk - feasible.risk));
    const atPrice = tryPrice(outlook, limit, priced, { firstMove: null, price });
    const line = Math.max(feasible.value - price * feasible.risk, above.value - price * above.risk);
    if (atPrice.value - price * atPrice.risk <= line + 1e-12 * (layers.canonical.valueScale + price)) return;
    if (keepsLimit({ risk: atPrice.risk, limit })) feasible = atPrice;
    else above = atPrice;
  }
}

/** Takes from one price its bound and its policies within the limit. Returns the best way to begin at that price. */
function tryPrice(
  outlook: Outlook,
  limit: number,
  priced: Priced,
  { firstMove, price }: { readonly firstMove: string | null; readonly price: number },
): RootMove {
  const { layers } = outlook;
  const swept = outlook.priced(price, false);
  const bound = scoreBound(outlook, firstMove, price) + price * limit;
  if (bound < priced.upperBound) {
    priced.upperBound = bound;
    priced.riskPrice = price;
  }
  for (const first of swept.root.filter((root) => mayBegin(layers, root, firstMove)))
    if (keepsLimit({ risk: first.risk, limit }) && first.value > priced.best.first.value)
      priced.best = { swept, first };
  const atPrice = bestOpen(layers, swept, firstMove, price);
  invariant(atPrice !== null, "what is open at one price is open at every other");
  return atPrice;
}

/** No policy that begins so scores more at a price. Where the beliefs do not go deep enough, by foresight. */
function scoreBound(outlook: Outlook, firstMove: string | null, price: number): number {
  const swept = outlook.priced(price, !outlook.isWhole);
  return swept.root
    .filter((root) => mayBegin(outlook.layers, root, firstMove))
    .reduce((most, { value, risk }) => Math.max(most, value - price * risk), Number.NEGATIVE_INFINITY);
}

function mayBegin(layers: Layers, root: RootMove, firstMove: string | null): boolean {
  return root.isOpen && (firstMove === null || nameOf(layers, root.move) === firstMove);
}

/** The best open way to begin at a price; `null` where none is open. */
function bestOpen(layers: Layers, swept: Swept, firstMove: string | null, price: number): RootMove | null {
  if (firstMove === null) return swept.best;
  return bestOf(
    layers,
    swept.root.filter((root) => mayBegin(layers, root, firstMove)),
    price,
  );
}

function bestCareful(layers: Layers, swept: Swept, firstMove: string | null): RootMove | null {
  return firstMove === null ? swept.best : (swept.root.find((root) => mayBegin(layers, root, firstMove)) ?? null);
}

/** The best of some ways to begin at a price; `null` for none. */
export function bestOf(layers: Layers, roots: readonly RootMove[], price: number): RootMove | null {
  const candidates = emptyCandidates();
  roots.forEach((root, at) => addCandidate(candidates, at, root));
  return roots[choosePriced(candidates, price, valueTieShare * (layers.canonical.valueScale + price))] ?? null;
}

/** The ways to begin with a named step or response, open or not. */
export function rootMovesOf(layers: Layers, swept: Swept, name: string): readonly RootMove[] {
  return swept.root.filter(({ move }) => nameOf(layers, move) === name);
}

function nameOf({ canonical }: Layers, move: number): string | undefined {
  return move < 0 ? canonical.responses[-1 - move]?.source.id : canonical.steps[move]?.source.id;
}
