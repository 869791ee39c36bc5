import { invariant } from "../../value/invariant.ts";
import type { Policy } from "../policy.ts";
import { keepsLimit, valueTieShare } from "../tolerance.ts";
import { type Backup, type BackupKeeper, keepBackups } from "./backup.ts";
import type { DecisionGraph } from "./decision-graph.ts";
import { extractPolicy } from "./extract-policy.ts";
import { findRiskPrice, knownRiskPrice, type RiskPrice } from "./risk-price.ts";
import { type Fronts, policyOfPoint, searchFronts } from "./search-fronts.ts";
import { yardstick } from "./slack.ts";

/** The best policy of a graph whose counted risk keeps a limit. */
export interface BestWithin {
  readonly policy: () => Policy;
  readonly value: number;
  readonly ownRisk: number;
  readonly expectedSteps: number;
  /** Whether it is proven to be the best. If not, too many policies lie between it and the upper bound. */
  readonly isExact: boolean;
  /** No policy of the graph that keeps the limit is worth more, randomised policies included. */
  readonly upperBound: number;
  readonly riskPrice: number;
}

/**
 * Among the open moves of a graph, finds the policy of greatest value whose counted risk, seen from the root, keeps a
 * limit.
 *
 * If the best policy without that limit keeps it anyway, there is nothing to search. That is so whenever no step
 * carries a risk of its own and every open act is capped at the limit: the risk of a policy is then a mean of capped
 * risks.
 *
 * @returns `null` when no policy keeps the limit. When proving the best one would take too much work, the best corner
 *   of the hull that keeps the limit, marked so
 *
 * Cost: two backward passes. Where the limit binds, some more, and the search of the fronts near the optimum.
 */
export function bestWithinLimit(
  graph: DecisionGraph,
  limit: number,
  combinationCountMax: number,
  keeper: BackupKeeper = keepBackups(graph),
): BestWithin | null {
  const unlimited = keeper.pass(graph, { kind: "priced", riskPrice: 0 });
  if (keepsLimit({ risk: unlimited.risk[0] ?? 0, limit })) return withoutSearch(graph, unlimited);
  const minimumRisk = keeper.pass(graph, { kind: "least_risk" });
  if (!keepsLimit({ risk: minimumRisk.risk[0] ?? 0, limit })) return null;
  const price =
    knownRiskPrice(graph, limit, minimumRisk, keeper) ??
    findRiskPrice(graph, limit, { unlimited, minimumRisk }, keeper);
  return searchWithin(graph, limit, { unlimited, minimumRisk, price, combinationCountMax });
}

function withoutSearch(graph: DecisionGraph, backup: Backup): BestWithin {
  const value = backup.value[0] ?? 0;
  return {
    policy: () => extractPolicy(graph, backup.move),
    value,
    ownRisk: backup.risk[0] ?? 0,
    expectedSteps: backup.steps[0] ?? 0,
    isExact: true,
    upperBound: value,
    riskPrice: 0,
  };
}

/**
 * The first gap searched is the widest divided by this. It then doubles, because the cost of a gap grows faster than
 * the gap.
 */
const firstGapParts = 256;

interface Bounds {
  readonly unlimited: Backup;
  readonly minimumRisk: Backup;
  readonly price: RiskPrice;
  readonly combinationCountMax: number;
}

/**
 * Searches wider and wider gaps below the upper bound until it finds a policy. A search covers every policy that is
 * worth at least the bound minus the gap, so the best policy it finds is the best there is. Most optima lie far closer
 * to the bound than the corner of the hull, which lies within the widest gap.
 */
function searchWithin(graph: DecisionGraph, limit: number, bounds: Bounds): BestWithin {
  const { price, upperBound, feasible } = bounds.price;
  const corner = feasible.value[0] ?? 0;
  // Ties dropped on the way cost at most one tie for each outcome and level: 64 times `valueTieShare` in all.
  const rounding = 100 * valueTieShare * (graph.canonical.valueScale + price);
  const widest = upperBound - corner;
  for (let gap = widest / firstGapParts; ; gap = Math.min(widest, 2 * gap)) {
    const found = searchGap(graph, limit, bounds, gap + rounding);
    if (found.kind === "too_large")
      return { ...withoutSearch(graph, feasible), isExact: false, upperBound, riskPrice: price };
    if (found.kind === "found") return { ...found.figures, upperBound, riskPrice: price };
    invariant(gap < widest, "the corner that keeps the limit lies within the widest gap");
  }
}

type GapSearch =
  | { readonly kind: "found"; readonly figures: Omit<BestWithin, "upperBound" | "riskPrice"> }
  | { readonly kind: "none" }
  | { readonly kind: "too_large" };

function searchGap(graph: DecisionGraph, limit: number, bounds: Bounds, gap: number): GapSearch {
  const { price, upperBound, atPrice } = bounds.price;
  const valueSlack = (bounds.unlimited.value[0] ?? 0) - (upperBound - gap);
  const riskSlack = limit * (1 + 1e-9) - (bounds.minimumRisk.risk[0] ?? 0);
  const search = searchFronts(
    graph,
    [
      yardstick(atPrice, { value: 1, risk: price }, gap),
      yardstick(bounds.minimumRisk, { value: 0, risk: 1 }, riskSlack),
      yardstick(bounds.unlimited, { value: 1, risk: 0 }, valueSlack),
    ],
    bounds.combinationCountMax,
  );
  if (search.kind === "too_large") return search;
  const best = bestPoint(search.fronts, limit);
  if (best < 0) return { kind: "none" };
  const { points } = search.fronts;
  const figures = {
    policy: () => policyOfPoint(graph, search.fronts, best),
    value: points.value[best] ?? 0,
    ownRisk: points.risk[best] ?? 0,
    expectedSteps: points.steps[best] ?? 0,
    isExact: true,
  };
  return { kind: "found", figures };
}

/**
 * The last point of the root's front that keeps the limit, or -1. Value rises along the front, so it is the best one.
 */
function bestPoint(fronts: Fronts, limit: number): number {
  for (let point = (fronts.end[0] ?? 0) - 1; point >= (fronts.start[0] ?? 0); point -= 1) {
    if (keepsLimit({ risk: fronts.points.risk[point] ?? 0, limit })) return point;
  }
  return -1;
}
