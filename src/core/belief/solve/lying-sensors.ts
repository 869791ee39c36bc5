import type { Policy } from "../policy.ts";
import { sumByName } from "../situation/canonical-order.ts";
import { outcomeIdsOf, type Situation } from "../situation/situation.ts";
import { branchOf, continuationOf, responseOf, stepOf } from "./evaluate-policy.ts";

/**
 * The largest probability of catastrophe that an adversary can reach by choosing what external probes and waits answer.
 *
 * The adversary changes the answers, not the world. Contexts keep their priors, because a lie is no evidence.
 * Catastrophes and fixes happen as declared, and probes that are not external answer truly. The adversary sees the
 * answers given so far but not the context, and may also withhold an answer, which leads to `escalation`.
 *
 * Cost: nodes of the policy as a tree × contexts.
 */
export function riskIfSensorsLie(situation: Situation, policy: Policy): number {
  return worstRisk(
    situation,
    policy,
    situation.contexts.map(({ prior }) => prior),
  );
}

/** As `riskIfSensorsLie`, for an adversary who also knows which context is true. It is never smaller. */
export function riskIfInformedSensorsLie(situation: Situation, policy: Policy): number {
  const names = situation.contexts.map(({ id }) => id);
  return sumByName(
    names,
    situation.contexts.map(({ prior }, only) =>
      prior === 0
        ? 0
        : worstRisk(
            situation,
            policy,
            situation.contexts.map((_, c) => (c === only ? prior : 0)),
          ),
    ),
  );
}

/** @param weights - P(this context is true and the episode still goes on), in declared order */
function worstRisk(situation: Situation, node: Policy, weights: readonly number[]): number {
  const names = situation.contexts.map(({ id }) => id);
  if (node.kind === "commit") {
    const response = responseOf(situation, node.response);
    return sumByName(
      names,
      weights.map((weight, c) => weight * (response.catastropheByContext[c] ?? 0)),
    );
  }
  const step = stepOf(situation, node.step);
  const now = sumByName(
    names,
    weights.map((weight, c) => weight * (step.catastropheByContext[c] ?? 0)),
  );
  if (step.kind === "try" || !step.external) {
    const honest = outcomeIdsOf(step).map((outcome) => {
      const after = weights.map((weight, c) => weight * continuationOf(step, outcome, c));
      return after.every((weight) => weight === 0)
        ? 0
        : worstRisk(situation, branchOf(situation, node, outcome), after);
    });
    return now + sumByName(outcomeIdsOf(step), honest);
  }
  const alive = weights.map((weight, c) => weight * (1 - (step.catastropheByContext[c] ?? 0)));
  const answers = node.on.map((branch) => worstRisk(situation, branch.then, alive));
  const withheld =
    situation.escalation === null ? 0 : worstRisk(situation, { kind: "commit", response: situation.escalation }, alive);
  return now + Math.max(withheld, ...answers);
}
