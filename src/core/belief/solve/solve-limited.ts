import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import type { Decision, PolicySolution } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { findExcess } from "../situation/situation-size.ts";
import { keepsLimit, valueTieShare } from "../tolerance.ts";
import { type Backup, backUp } from "./backup.ts";
import { buildDecisionGraph, type DecisionGraph } from "./decision-graph.ts";
import { extractSolution } from "./extract-policy.ts";
import { withFirstMove } from "./first-move.ts";
import { remediesFor } from "./limit-remedies.ts";
import { findRiskPrice, type RiskPrice } from "./risk-price.ts";
import { combinationCountMaxByDefault, type Fronts, policyOfPoint, searchFronts } from "./search-fronts.ts";
import { yardstick } from "./slack.ts";

/**
 * Decides a situation exactly. Among the deterministic policies whose probability of ever reaching catastrophe keeps
 * the limit it finds the one of greatest expected utility, or proves that no policy keeps the limit.
 *
 * Ties go to lower risk, then fewer expected steps, then declared order.
 *
 * @returns `E_SITUATION_SIZE` when an exact answer would take too much work; it never approximates
 *
 * Cost: some backward passes, and the search of the fronts near the optimum.
 */
export function decideSituation(
  situation: Situation,
  options: DecideOptions = {},
): Result<Decision, readonly Problem[]> {
  const excess = findExcess(situation);
  if (excess !== null) return fail([problem("E_SITUATION_SIZE", "", excess)]);
  const free = buildDecisionGraph(situation);
  const graph = options.firstMove === undefined ? free : withFirstMove(free, options.firstMove);
  const unlimitedPass = backUp(graph, { kind: "priced", riskPrice: 0 });
  const minimumPass = backUp(graph, { kind: "least_risk" });
  const unlimited = extractSolution(graph, unlimitedPass);
  const minimumRisk = extractSolution(graph, minimumPass);
  const { limit } = situation;
  if (keepsLimit({ risk: unlimited.risk, limit })) {
    return ok({
      kind: "decided",
      situation,
      chosen: unlimited,
      unlimited,
      minimumRisk,
      upperBound: unlimited.value,
      riskPrice: 0,
    });
  }
  if (!keepsLimit({ risk: minimumRisk.risk, limit })) {
    return ok({ kind: "infeasible", situation, unlimited, minimumRisk, remedies: remediesFor(situation, minimumRisk) });
  }
  const price = findRiskPrice(graph, limit, { unlimited: unlimitedPass, minimumRisk: minimumPass });
  const chosen = bestWithin(graph, limit, {
    unlimited: unlimitedPass,
    minimumRisk: minimumPass,
    price,
    combinationCountMax: options.combinationCountMax ?? combinationCountMaxByDefault,
  });
  if (!chosen.ok) return chosen;
  return ok({
    kind: "decided",
    situation,
    chosen: chosen.value,
    unlimited,
    minimumRisk,
    upperBound: price.upperBound,
    riskPrice: price.price,
  });
}

/** How a decision can be narrowed. By default it is not. */
export interface DecideOptions {
  /** Consider only policies that begin with this step or response. Alternatives are priced this way. */
  readonly firstMove?: string;
  /** The most sums of two points that one search may form. A smaller number refuses sooner. */
  readonly combinationCountMax?: number;
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
function bestWithin(graph: DecisionGraph, limit: number, bounds: Bounds): Result<PolicySolution, readonly Problem[]> {
  const { price, upperBound, feasible } = bounds.price;
  const corner = feasible.value[0] ?? 0;
  // Ties dropped on the way cost at most one tie for each outcome and level: 64 times `valueTieShare` in all.
  const rounding = 100 * valueTieShare * (graph.canonical.valueScale + price);
  const widest = upperBound - corner;
  for (let gap = widest / firstGapParts; ; gap = Math.min(widest, 2 * gap)) {
    const found = searchGap(graph, limit, bounds, gap + rounding);
    if (found.kind === "too_large") return fail([tooManyPolicies(corner, upperBound)]);
    if (found.kind === "found") return ok(found.solution);
    invariant(gap < widest, "the corner that keeps the limit lies within the widest gap");
  }
}

type GapSearch =
  | { readonly kind: "found"; readonly solution: PolicySolution }
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
  const solution = {
    policy: policyOfPoint(graph, search.fronts, best),
    value: points.value[best] ?? 0,
    risk: points.risk[best] ?? 0,
    expectedSteps: points.steps[best] ?? 0,
  };
  return { kind: "found", solution };
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

function tooManyPolicies(corner: number, upperBound: number): Problem {
  return problem(
    "E_SITUATION_SIZE",
    "",
    `too many policies lie between ${corner} (keeps the limit) and ${upperBound} (no policy is worth more) ` +
      "to find the best exactly",
    "lower `horizon`, leave out a step, or move the limit",
  );
}
