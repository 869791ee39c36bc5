import type { Problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { beliefAfter, situationAfter } from "../belief.ts";
import { type Decision, type Observation, type Policy, policyAfter } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { policyHistories } from "../solve/policy-histories.ts";
import { decideSituation } from "../solve/solve-limited.ts";

/** What is left to decide after observations, and how much risk it may still run. */
export interface DecisionAfter {
  /** The remaining problem: posterior as prior, spent uses gone, its limit as far as it is left. */
  readonly situation: Situation;
  readonly decision: Decision;
  /** The belief at the start and after each observation. */
  readonly beliefs: readonly (readonly number[])[];
  /** Where the observations stand relative to the plan decided at the start. */
  readonly standing: Standing;
}

/**
 * `on_plan`: every answer was asked for by the plan; what may still be risked is the plan's own `riskToGo`, since re-planning
 * never buys a fresh limit. `handed_over`: the plan asked, got no usable answer and escalates; what stands beside is what could be decided
 * anew. `off_plan`: the answers came some other way, as they do at intake, so the declared limit applies to what follows.
 * `at_start`: nothing was observed.
 */
export type Standing =
  | { readonly kind: "at_start" }
  | { readonly kind: "on_plan"; readonly riskSpent: number; readonly riskToGo: number }
  | { readonly kind: "handed_over"; readonly to: string }
  | { readonly kind: "off_plan" };

/**
 * Decides what to do after observations.
 *
 * Cost: two exact solves, and one update a context for every observation.
 */
export function decideAfter(
  situation: Situation,
  observations: readonly Observation[],
): Result<DecisionAfter, readonly Problem[]> {
  const first = decideSituation(situation);
  if (!first.ok) return first;
  const beliefs: (readonly number[])[] = [situation.contexts.map((context) => context.prior)];
  for (let count = 1; count <= observations.length; count += 1) {
    const belief = beliefAfter(situation, observations.slice(0, count));
    if (!belief.ok) return belief;
    beliefs.push(belief.value.probabilityByContext);
  }
  if (observations.length === 0)
    return ok({ situation, decision: first.value, beliefs, standing: { kind: "at_start" } });
  const standing = standingOf(situation, first.value, observations);
  const remaining = situationAfter(situation, observations);
  if (!remaining.ok) return remaining;
  const limited = standing.kind === "on_plan" ? { ...remaining.value, limit: standing.riskToGo } : remaining.value;
  const decision = decideSituation(limited);
  return decision.ok ? ok({ situation: limited, decision: decision.value, beliefs, standing }) : fail(decision.error);
}

function standingOf(situation: Situation, decision: Decision, observations: readonly Observation[]): Standing {
  if (decision.kind === "infeasible") return { kind: "off_plan" };
  if (policyAfter(decision.chosen.policy, observations) === null)
    return strayedFrom(situation, decision.chosen.policy, observations);
  const figures = policyHistories(situation, decision.chosen.policy).find((candidate) =>
    isSameHistory(candidate.history, observations),
  );
  return figures === undefined
    ? { kind: "off_plan" }
    : { kind: "on_plan", riskSpent: figures.riskSpent, riskToGo: figures.riskToGo };
}

/** Where a plan stands that has no branch for the last answer: a step it asked itself escalates, anything else never was its own. */
function strayedFrom(situation: Situation, policy: Policy, observations: readonly Observation[]): Standing {
  const last = observations.at(-1);
  const asked = policyAfter(policy, observations.slice(0, -1));
  const isOwn = last !== undefined && asked?.kind === "do" && asked.step === last.step;
  return isOwn && situation.escalation !== null
    ? { kind: "handed_over", to: situation.escalation }
    : { kind: "off_plan" };
}

function isSameHistory(one: readonly Observation[], other: readonly Observation[]): boolean {
  return (
    one.length === other.length &&
    one.every((seen, index) => seen.step === other[index]?.step && seen.outcome === other[index]?.outcome)
  );
}
