import { type Problem, problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { type Decision, type Policy, type PolicySolution, samePolicy } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { findExcess } from "../situation/situation-size.ts";
import { backUp } from "./backup.ts";
import { type BestWithin, bestWithinLimit } from "./best-within-limit.ts";
import { capMoves } from "./cap-moves.ts";
import { buildDecisionGraph, type DecisionGraph } from "./decision-graph.ts";
import { ownRiskOf } from "./evaluate-policy.ts";
import { extractSolution, solutionOf } from "./extract-policy.ts";
import { withFirstMove, withForcedMove } from "./first-move.ts";
import { handoverReason } from "./handover-reason.ts";
import { remediesFor } from "./limit-remedies.ts";
import { combinationCountMaxByDefault } from "./search-fronts.ts";

/**
 * Decides a situation exactly. Two limits hold: no move may have more than `limitGivenEvidence` of catastrophe by what
 * is known when it is made, and the whole policy no more than what is left of `limit`. Among the deterministic policies
 * that keep both it finds the one of greatest expected utility. Where nothing that acts keeps them, that is to hand
 * over.
 *
 * Ties go to lower risk, as the limit counts it, then fewer expected steps, then declared order.
 *
 * @returns `E_SITUATION_SIZE` when an exact answer would take too much work; it never approximates
 *
 * Cost: some backward passes. Where the limit on the whole policy binds, also the search of the fronts near the
 * optimum.
 */
export function decideSituation(
  situation: Situation,
  options: DecideOptions = {},
): Result<Decision, readonly Problem[]> {
  const excess = findExcess(situation);
  if (excess !== null) return fail([problem("E_SITUATION_SIZE", "", excess)]);
  const whole = buildDecisionGraph(situation);
  const { firstMove } = options;
  const free = firstMove === undefined ? whole : withForcedMove(whole, firstMove);
  const capped = capMoves(whole, situation.limitGivenEvidence);
  const open = firstMove === undefined ? capped : withFirstMove(capped, firstMove);
  const unlimited = extractSolution(free, backUp(free, { kind: "priced", riskPrice: 0 }));
  const combinationCountMax = options.combinationCountMax ?? combinationCountMaxByDefault;
  const best = open === null ? ok(null) : bestWithinLimit(open, limitLeft(situation), combinationCountMax);
  if (!best.ok) return best;
  if (open === null || best.value === null) return ok(withoutPolicy(situation, free, unlimited, firstMove));
  return ok(decidedOn(situation, { free, open, unlimited, best: best.value }));
}

/** How a decision can be narrowed. By default it is not. */
export interface DecideOptions {
  /** Consider only policies that begin with this step or response. Alternatives are priced this way. */
  readonly firstMove?: string;
  /** The most sums of two points that one search may form. A smaller number refuses sooner. */
  readonly combinationCountMax?: number;
}

/** What the steps taken so far have left of the limit. */
export function limitLeft({ limit, riskSpent }: Pick<Situation, "limit" | "riskSpent">): number {
  return Math.max(0, limit - riskSpent);
}

/** The same situation without its limits, for figures that are compared with what the limits cost. */
export function withoutLimits(situation: Situation): Situation {
  return { ...situation, limit: 1, limitGivenEvidence: 1, riskSpent: 0 };
}

function decidedOn(
  situation: Situation,
  found: {
    readonly free: DecisionGraph;
    readonly open: DecisionGraph;
    readonly unlimited: PolicySolution;
    readonly best: BestWithin;
  },
): Decision {
  const { free, open, unlimited, best } = found;
  const solution = solutionOf(open, best.policy(), best);
  const chosen = samePolicy(solution.policy, unlimited.policy) ? unlimited : solution;
  return {
    kind: "decided",
    situation,
    chosen,
    handover: isEscalation(situation, chosen.policy)
      ? (open.rootHold ?? handoverReason(open, limitLeft(situation), isEscalation(situation, unlimited.policy)))
      : null,
    held: open.rootHold,
    unlimited,
    minimumRisk: leastTotalRisk(free),
    upperBound: best.upperBound,
    riskPrice: best.riskPrice,
  };
}

/**
 * No policy keeps the limits. That cannot be where the limits leave escalations out. Where they count everything, the
 * decision is the best escalation all the same, because handing over is never forbidden.
 */
function withoutPolicy(
  situation: Situation,
  free: DecisionGraph,
  unlimited: PolicySolution,
  firstMove: string | undefined,
): Decision {
  const escalation = firstMove === undefined ? bestEscalation(free) : null;
  const minimumRisk = leastRisk(free);
  if (escalation === null)
    return { kind: "infeasible", situation, unlimited, minimumRisk, remedies: remediesFor(situation, minimumRisk) };
  return {
    kind: "decided",
    situation,
    chosen: escalation,
    handover: { kind: "nothing_keeps_limit" },
    held: null,
    unlimited,
    minimumRisk,
    upperBound: escalation.value,
    riskPrice: 0,
  };
}

function bestEscalation(graph: DecisionGraph): PolicySolution | null {
  const onlyEscalations = closeActs(graph);
  return onlyEscalations === null
    ? null
    : extractSolution(onlyEscalations, backUp(onlyEscalations, { kind: "priced", riskPrice: 0 }));
}

function closeActs(graph: DecisionGraph): DecisionGraph | null {
  const { responses } = graph.canonical;
  if (!responses.some(({ source }) => source.kind === "escalate")) return null;
  const responseOpen = graph.responseOpen.slice();
  responses.forEach(({ source }, r) => {
    if (source.kind === "act") responseOpen[r] = 0;
  });
  const actionOpen = graph.actionOpen.slice();
  actionOpen.fill(0, graph.actionStart[0] ?? 0, graph.actionStart[1] ?? 0);
  return { ...graph, responseOpen, actionOpen };
}

function leastRisk(graph: DecisionGraph): PolicySolution {
  return extractSolution(graph, backUp(graph, { kind: "least_risk" }));
}

/** The policy of the smallest risk there is, with that of escalations. */
function leastTotalRisk(graph: DecisionGraph): PolicySolution {
  const { situation, countsEscalations } = graph.canonical;
  if (countsEscalations) return leastRisk(graph);
  const counted = leastRisk({ ...graph, responseRisk: graph.responseTotalRisk, actionRisk: graph.actionTotalRisk });
  return { ...counted, ownRisk: ownRiskOf(situation, counted.policy) };
}

/** Whether a policy hands over at once. */
export function isEscalation(situation: Situation, policy: Policy): boolean {
  return policy.kind === "commit" && situation.responses.find(({ id }) => id === policy.response)?.kind === "escalate";
}
