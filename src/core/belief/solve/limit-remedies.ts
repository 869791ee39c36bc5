import type { LimitRemedy, PolicySolution } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";

/**
 * The changes that would each bring the smallest reachable risk within the limit: a higher limit, or one rarer
 * catastrophe.
 */
export function remediesFor(situation: Situation, minimumRisk: PolicySolution): readonly LimitRemedy[] {
  const excess = minimumRisk.risk - situation.limit;
  const raise: LimitRemedy = { kind: "raise_limit", to: minimumRisk.risk };
  const contributions = evaluatePolicy(situation, minimumRisk.policy).riskSources;
  const lowered = contributions
    .filter((source) => source.risk >= excess && source.risk > 0)
    .map(
      (source): LimitRemedy => ({
        kind: "lower_catastrophe",
        of: source.of,
        context: source.context,
        from: source.probability,
        to: Math.max(0, source.probability * (1 - excess / source.risk)),
      }),
    );
  return [raise, ...lowered];
}
