/** The public names of deciding under uncertainty; `docs/situations.md` says what they mean. */
export { beliefAfter, isReservedOutcome, namedContexts, predictOutcomes, situationAfter, updateBelief } from "./belief.ts";
export type { Belief, PredictedOutcome } from "./belief.ts";
export {
  solveAveragePlan, solveEachResponse, solveMostProbableContext, solveMyopic, valueOfPerfectInformation, withFigures,
} from "./comparison-policies.ts";
export { evaluatePolicy } from "./evaluate-policy.ts";
export type { FiguresInContext, PolicyEnding, PolicyEvaluation, RiskSource } from "./evaluate-policy.ts";
export { riskIfInformedSensorsLie, riskIfSensorsLie } from "./lying-sensors.ts";
export { isCard, parseCard } from "./parse-card.ts";
export { parseSituation } from "./parse-situation.ts";
export { countPolicyNodes, countPolicyTreeNodes, firstMoveOf, policyAfter, toCardPlan } from "./policy.ts";
export type { CardPlan, Decision, LimitRemedy, Observation, Policy, PolicyBranch, PolicySolution } from "./policy.ts";
export { policyHistories } from "./policy-histories.ts";
export type { HistoryFigures } from "./policy-histories.ts";
export { outcomeIdsOf, RESERVED_OUTCOMES, SITUATION_LIMITS, UNKNOWN_CONTEXT } from "./situation.ts";
export type {
  AppliedDefault, Binding, BoundArgument, Context, NumberSource, Outcome, ProbeStep, Situation, SituationResponse, SituationStep, TryStep, WaitStep,
} from "./situation.ts";
export { decideSituation } from "./solve-limited.ts";
export type { DecideOptions } from "./solve-limited.ts";
export { solveMinimumRisk, solveUnlimited } from "./solve-unlimited.ts";
