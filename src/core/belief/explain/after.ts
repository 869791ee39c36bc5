import type { Problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { beliefAfter, situationAfter } from "../belief.ts";
import { type Decision, type Observation, type Policy, policyAfter } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { lookThrough, type Outlook } from "../solve/outlook.ts";
import { type DecideOptions, decideOn } from "../solve/solve-limited.ts";

/** What is decided after observations. */
export interface DecisionAfter {
  /** What is left to decide: the posterior as prior, without the uses and the risk that are spent. */
  readonly situation: Situation;
  readonly decision: Decision;
  /** The situation as it was looked through for the decision. */
  readonly outlook: Outlook;
  /** The belief at the start and after each observation. */
  readonly beliefs: readonly (readonly number[])[];
  /** Where the observations stand relative to the policy decided at the start. */
  readonly standing: Standing;
}

/**
 * - `at_start`: nothing was observed.
 * - `on_policy`: the policy decided at the start asked for every answer.
 * - `handed_over`: the policy asked, got no usable answer and escalates. The decision shown is what could be done anew.
 * - `off_policy`: the answers came in some other way, as they do at intake.
 *
 * Only `handed_over` changes what is done. Otherwise the same observations give the same decision, however they came.
 */
export type Standing =
  | { readonly kind: "at_start" }
  | { readonly kind: "on_policy" }
  | { readonly kind: "handed_over"; readonly to: string }
  | { readonly kind: "off_policy" };

/**
 * Decides what to do after observations.
 *
 * Cost: two exact solves, and one belief for every observation.
 */
export function decideAfter(
  situation: Situation,
  observations: readonly Observation[],
  options: DecideOptions = {},
): Result<DecisionAfter, readonly Problem[]> {
  const start = lookThrough(situation, options);
  const first = decideOn(start, options);
  if (!first.ok) return first;
  const beliefs: (readonly number[])[] = [situation.contexts.map((context) => context.prior)];
  for (let count = 1; count <= observations.length; count += 1) {
    const belief = beliefAfter(situation, observations.slice(0, count));
    if (!belief.ok) return belief;
    beliefs.push(belief.value.probabilityByContext);
  }
  if (observations.length === 0)
    return ok({ situation, decision: first.value, outlook: start, beliefs, standing: { kind: "at_start" } });
  const standing = standingOf(situation, first.value, observations);
  const remaining = situationAfter(situation, observations);
  if (!remaining.ok) return remaining;
  const outlook = lookThrough(remaining.value, options);
  const decision = decideOn(outlook, options);
  return decision.ok
    ? ok({ situation: remaining.value, decision: decision.value, outlook, beliefs, standing })
    : fail(decision.error);
}

function standingOf(situation: Situation, decision: Decision, observations: readonly Observation[]): Standing {
  if (decision.kind === "infeasible") return { kind: "off_policy" };
  if (policyAfter(decision.chosen.policy, observations) === null)
    return strayedFrom(situation, decision.chosen.policy, observations);
  return { kind: "on_policy" };
}

/** Where a policy stands that has no branch for the last answer. If it asked for that answer itself, it escalates. */
function strayedFrom(situation: Situation, policy: Policy, observations: readonly Observation[]): Standing {
  const last = observations.at(-1);
  const asked = policyAfter(policy, observations.slice(0, -1));
  const isOwn = last !== undefined && asked?.kind === "do" && asked.step === last.step;
  return isOwn && situation.escalation !== null
    ? { kind: "handed_over", to: situation.escalation }
    : { kind: "off_policy" };
}
