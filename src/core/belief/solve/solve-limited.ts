import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { type Decision, type DecisionBound, type Policy, type PolicySolution, samePolicy } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { type BestFound, bestOf, bestRootWithin, rootMovesOf } from "./best-root.ts";
import { handoverReason } from "./handover-reason.ts";
import type { Swept } from "./lanes.ts";
import { holdAtRoot } from "./layers.ts";
import { remediesFor } from "./limit-remedies.ts";
import { lookThrough, type Outlook, type OutlookOptions } from "./outlook.ts";
import { combinationCountMaxByDefault } from "./search-fronts.ts";
import { solutionBeginningWith } from "./sweep-policy.ts";

/** How a decision can be narrowed. By default it is not. */
export interface DecideOptions extends OutlookOptions {
  /** The most sums of two points that one search may form. With a smaller number it gives up sooner. */
  readonly combinationCountMax?: number;
  /** Refuse with `E_SITUATION_SIZE` what cannot be settled, instead of deciding with a bound. */
  readonly mustBeExact?: boolean;
  /** Consider only policies that begin with this step or response. Alternatives are priced this way. */
  readonly firstMove?: string;
}

/**
 * Decides a situation. Two limits hold: no move may have more than `limitGivenEvidence` of catastrophe by what is known
 * when it is made, and the whole policy no more than what is left of `limit`. Among the deterministic policies that
 * keep both it finds the one of greatest expected utility. Where nothing that acts keeps them, that is to hand over.
 *
 * Where that is too much work, it decides for the best policy found, whose figures are exact and which keeps both
 * limits, and says what no policy is worth more than: `bound`.
 *
 * Ties go to lower risk, as the limit counts it, then fewer expected steps, then declared order.
 *
 * @returns `E_SITUATION_SIZE` if it must be exact and would take too much work, and where no policy of so few steps
 *   keeps a limit that counts escalations too
 *
 * Cost: a sweep or two. Where the limit on the whole policy binds, also the search of the fronts near the optimum.
 */
export function decideSituation(
  situation: Situation,
  options: DecideOptions = {},
): Result<Decision, readonly Problem[]> {
  return decideOn(lookThrough(situation, options), options);
}

/** Decides a situation that was looked through. What is asked of the same outlook again costs little. */
export function decideOn(outlook: Outlook, options: DecideOptions = {}): Result<Decision, readonly Problem[]> {
  const { situation, isWhole } = outlook;
  const { firstMove, mustBeExact = false, combinationCountMax = combinationCountMaxByDefault } = options;
  const free = freeSolution(outlook, firstMove);
  const limit = limitLeft(situation);
  const found = bestRootWithin(outlook, limit, { firstMove: firstMove ?? null, combinationCountMax });
  if (found === null) {
    if (!isWhole) return fail([nothingFound(outlook)]);
    return ok(withoutPolicy(outlook, free, firstMove));
  }
  if (mustBeExact && !found.isExact) return fail([tooMuchWork(outlook, found)]);
  return ok(decidedOn(outlook, { free, found, firstMove }));
}

/** What the steps taken so far have left of the limit. */
export function limitLeft({ limit, riskSpent }: Pick<Situation, "limit" | "riskSpent">): number {
  return Math.max(0, limit - riskSpent);
}

/** The same situation without its limits, for figures that are compared with what the limits cost. */
export function withoutLimits(situation: Situation): Situation {
  return { ...situation, limit: 1, limitGivenEvidence: 1, riskSpent: 0 };
}

/** The best policy without the limits. One that has to begin with a move may, even if the evidence forbids it. */
function freeSolution(outlook: Outlook, firstMove: string | undefined): PolicySolution {
  return solutionOf(outlook, outlook.free, firstMove);
}

function solutionOf({ layers }: Outlook, swept: Swept, firstMove: string | undefined): PolicySolution {
  const first = firstMove === undefined ? swept.best : rootMovesOf(layers, swept, firstMove)[0];
  invariant(first !== undefined && first !== null, "a first move is a step or a response that can be chosen");
  return solutionBeginningWith(layers, swept, first);
}

/** The best policy that begins with a move, and the one of least risk, if there were no limits. */
export function bestBeginningWith(
  outlook: Outlook,
  move: string,
): { readonly unlimited: PolicySolution; readonly minimumRisk: PolicySolution } {
  return { unlimited: freeSolution(outlook, move), minimumRisk: solutionOf(outlook, outlook.safest(), move) };
}

interface FoundOn {
  readonly free: PolicySolution;
  readonly found: BestFound;
  readonly firstMove: string | undefined;
}

function decidedOn(outlook: Outlook, { free, found, firstMove }: FoundOn): Decision {
  const { situation, layers } = outlook;
  const solution = found.solution();
  const chosen = samePolicy(solution.policy, free.policy) ? free : solution;
  const held = holdAtRoot(layers);
  return {
    kind: "decided",
    situation,
    chosen,
    handover: isEscalation(situation, chosen.policy)
      ? (held ?? handoverReason(outlook, limitLeft(situation), isEscalation(situation, free.policy)))
      : null,
    held,
    unlimited: free,
    minimumRisk: solutionOf(outlook, outlook.safest(), firstMove),
    upperBound: found.upperBound,
    riskPrice: found.riskPrice,
    bound: found.isExact ? null : boundOf(outlook, found),
  };
}

function boundOf({ situation, layers, isWhole }: Outlook, { upperBound, value }: BestFound): DecisionBound {
  return {
    upperBound,
    gap: Math.max(0, upperBound - value),
    because: isWhole ? "too_many_policies" : "too_many_beliefs",
    depth: layers.depth,
    horizon: situation.horizon,
  };
}

/**
 * No policy keeps the limits. That cannot be where the limits leave escalations out. Where they count everything, the
 * decision is the best escalation all the same, because handing over is never forbidden.
 */
function withoutPolicy(outlook: Outlook, unlimited: PolicySolution, firstMove: string | undefined): Decision {
  const { situation } = outlook;
  const escalation = firstMove === undefined ? bestEscalation(outlook) : null;
  const minimumRisk = solutionOf(outlook, outlook.safestCounted(), firstMove);
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
    bound: null,
  };
}

function bestEscalation({ layers, free }: Outlook): PolicySolution | null {
  const { responses } = layers.canonical;
  const escalations = free.root.filter(
    ({ move, isOpen }) => isOpen && move < 0 && responses[-1 - move]?.source.kind === "escalate",
  );
  const best = bestOf(layers, escalations, 0);
  return best === null ? null : solutionBeginningWith(layers, free, best);
}

/** Whether a policy hands over at once. */
export function isEscalation(situation: Situation, policy: Policy): boolean {
  return policy.kind === "commit" && situation.responses.find(({ id }) => id === policy.response)?.kind === "escalate";
}

function nothingFound({ layers, situation }: Outlook): Problem {
  return problem(
    "E_SITUATION_SIZE",
    "",
    `no policy of at most ${layers.depth} steps keeps the limit, ` +
      `and there are too many beliefs to look ${situation.horizon} steps ahead`,
    "lower `horizon`, leave out a step, or raise the limit",
  );
}

function tooMuchWork({ layers, situation, isWhole }: Outlook, { value, upperBound }: BestFound): Problem {
  const between = `between ${value} (keeps the limit) and ${upperBound} (no policy is worth more)`;
  const hint = "decide for the best policy found, or lower `horizon`, leave out a step, or move the limit";
  if (isWhole)
    return problem("E_SITUATION_SIZE", "", `too many policies lie ${between} to find the best exactly`, hint);
  const deep = `look ${situation.horizon} steps ahead, more than ${layers.depth}`;
  return problem(
    "E_SITUATION_SIZE",
    "",
    `there are too many beliefs to ${deep}: the best policy lies ${between}`,
    hint,
  );
}
