import { invariant } from "../../value/invariant.ts";
import { decideAfter } from "../explain/after.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import { keepsLimit } from "../tolerance.ts";
import { evaluatePolicy, ownRiskOf } from "./evaluate-policy.ts";
import { policyHistories } from "./policy-histories.ts";
import { documentOf } from "./random-rules.fixture.ts";
import { decideByRules, type RuleModel, type Seen } from "./reference-rules.fixture.ts";
import { type DecideOptions, limitLeft } from "./solve-limited.ts";

/** Room for so little that nearly every model is too large to decide exactly, in three ways. */
export const tightOptions: readonly DecideOptions[] = [
  { nodeCountMax: 1 },
  { nodeCountMax: 12, listedCountMax: 0 },
  { listedCountMax: 0 },
  { combinationCountMax: 0 },
];

/** What a comparison found. `features` says what the model exercised. */
export interface BoundedComparison {
  readonly disagreement: string | null;
  readonly features: readonly string[];
}

/**
 * Decides a model with too little room and compares with the exact answer of the plain reading: the policy is no better
 * than the optimum and no worse than said, the bound is no smaller, and the policy keeps both limits.
 */
export function compareBounded(model: RuleModel, seen: readonly Seen[], options: DecideOptions): BoundedComparison {
  const expected = decideByRules(model, seen);
  if (expected === null) return { disagreement: null, features: [] };
  const parsed = parseSituation(documentOf(model));
  invariant(parsed.ok, parsed.ok ? "" : JSON.stringify(parsed.error));
  const after = decideAfter(parsed.value, seen, options);
  invariant(after.ok, after.ok ? "" : JSON.stringify(after.error));
  const { situation, decision } = after.value;
  if (decision.kind !== "decided") return { disagreement: "called infeasible beside an escalation", features: [] };
  const { chosen, bound, upperBound } = decision;
  const slack = 1e-9 * Math.max(1, Math.abs(model.catastropheUtility));
  const evaluated = evaluatePolicy(situation, chosen.policy);
  const worst = Math.max(
    0,
    ...policyHistories(situation, chosen.policy).map(({ policy, riskToGo }) =>
      policy.kind === "commit" && situation.responses.find(({ id }) => id === policy.response)?.kind === "act"
        ? riskToGo
        : 0,
    ),
  );
  const wrong = [
    ...(chosen.value > expected.value + slack ? [`worth ${chosen.value}, more than ${expected.value}`] : []),
    ...(upperBound < expected.value - slack ? [`a bound of ${upperBound}, below ${expected.value}`] : []),
    ...(bound === null && chosen.value < expected.value - slack ? ["said to be the best, and is not"] : []),
    ...(Math.abs(evaluated.value - chosen.value) > slack ? [`is worth ${evaluated.value}, not ${chosen.value}`] : []),
    ...(Math.abs(evaluated.risk - chosen.risk) > 1e-10 ? [`risks ${evaluated.risk}, not ${chosen.risk}`] : []),
    ...(keepsLimit({ risk: ownRiskOf(situation, chosen.policy), limit: limitLeft(situation) * (1 + 1e-9) + 1e-15 })
      ? []
      : ["over the limit"]),
    ...(worst > situation.limitGivenEvidence * (1 + 1e-9) + 1e-12 ? [`an act risks ${worst}`] : []),
  ];
  return {
    disagreement: wrong.length === 0 ? null : wrong.join("; "),
    features: [
      ...(bound === null ? [] : [`bounded: ${bound.because}`]),
      ...(bound !== null && chosen.value < expected.value - slack ? ["bounded, and not the best"] : []),
      ...(bound !== null && bound.upperBound < expected.value + slack ? ["bounded tightly"] : []),
    ],
  };
}
