/** The public names of deciding under uncertainty; `docs/situations.md` says what they mean. */

export type { Belief, PredictedOutcome } from "./belief.ts";
export {
  beliefAfter,
  isReservedOutcome,
  namedContexts,
  predictOutcomes,
  situationAfter,
  updateBelief,
} from "./belief.ts";
export type { CardPlan, Decision, LimitRemedy, Observation, Policy, PolicyBranch, PolicySolution } from "./policy.ts";
export { countPolicyNodes, countPolicyTreeNodes, firstMoveOf, policyAfter, toCardPlan } from "./policy.ts";
export { isCard, parseCard } from "./situation/parse-card.ts";
export { parseSituation } from "./situation/parse-situation.ts";
export type {
  AppliedDefault,
  Binding,
  BoundArgument,
  Context,
  NumberSource,
  Outcome,
  ProbeStep,
  Situation,
  SituationResponse,
  SituationStep,
  TryStep,
  WaitStep,
} from "./situation/situation.ts";
export { outcomeIdsOf, RESERVED_OUTCOMES, SITUATION_LIMITS, UNKNOWN_CONTEXT } from "./situation/situation.ts";
export {
  solveAveragePlan,
  solveEachResponse,
  solveMostProbableContext,
  solveMyopic,
  valueOfPerfectInformation,
  withFigures,
} from "./solve/comparison-policies.ts";
export type { FiguresInContext, PolicyEnding, PolicyEvaluation, RiskSource } from "./solve/evaluate-policy.ts";
export { evaluatePolicy } from "./solve/evaluate-policy.ts";
export { riskIfInformedSensorsLie, riskIfSensorsLie } from "./solve/lying-sensors.ts";
export type { HistoryFigures } from "./solve/policy-histories.ts";
export { policyHistories } from "./solve/policy-histories.ts";
export type { DecideOptions } from "./solve/solve-limited.ts";
export { decideSituation } from "./solve/solve-limited.ts";
export { solveMinimumRisk, solveUnlimited } from "./solve/solve-unlimited.ts";
