import { type CountedRisk, countedRisk } from "../calibrate/counted-rows.ts";
import { type RiskInterval, riskInterval } from "../calibrate/risk-interval.ts";
import { type Decision, firstMoveOf, type PolicySolution } from "../policy.ts";
import { type SituationWarning, situationWarnings } from "../situation/amounts.ts";
import type { AppliedDefault, Situation } from "../situation/situation.ts";
import { solveAveragePlan, solveMostProbableContext, solveMyopic } from "../solve/comparison-policies.ts";
import { riskIfInformedSensorsLie, riskIfSensorsLie } from "../solve/lying-sensors.ts";
import { lookThrough, type Outlook } from "../solve/outlook.ts";
import { type Alternative, listAlternatives } from "./alternatives.ts";
import { type BeliefTest, testBeliefNeeded } from "./belief-needed.ts";
import { analyseFlips, type FlipAnalysis } from "./flips.ts";
import { type InformationValue, informationValue } from "./information.ts";
import { tellInAParagraph } from "./paragraph.ts";

/**
 * Everything there is to say about a decision. All of it is computed from numbers by fixed rules; no model is asked.
 */
export interface Explanation {
  readonly paragraph: string;
  readonly belief: readonly { readonly context: string; readonly probability: number }[];
  readonly alternatives: readonly Alternative[];
  /** Found when it is read, because each step takes a sweep of its own. */
  readonly information: InformationValue;
  readonly limit: LimitCost;
  /** The risk over the credible set of the counts; `null` when no row that matters is a count. */
  readonly counted: CountedRisk | null;
  /** The posterior of the chosen policy's risk; `null` when no number that matters is a count. */
  readonly riskInterval: RiskInterval | null;
  readonly averagePlan: SimplerPolicy & { readonly price: number | null };
  /** What acting on the most probable context as if it were certain comes to. `myopic`: looking only one step ahead. */
  readonly mostProbableContext: SimplerPolicy;
  readonly myopic: SimplerPolicy;
  /** Of the chosen policy, or of the most careful one when no policy keeps the limit. */
  readonly riskIfSensorsLie: number;
  readonly riskIfInformedSensorsLie: number;
  /** The decision without any opinion; `null` when no number is opinion. */
  readonly withoutOpinion: DecidedAgain | null;
  /** The decision without the answers of judges; `null` when no judge was heard. */
  readonly withoutJudges: DecidedAgain | null;
  readonly beliefTest: BeliefTest;
  /** `null` when not asked for, because it is by far the slowest part. */
  readonly flips: FlipAnalysis | null;
  /** Numbers that are allowed and probably not meant. */
  readonly warnings: readonly SituationWarning[];
  /** The numbers that the situation leaves out, and the rules that supplied them. */
  readonly defaults: readonly AppliedDefault[];
}

/** What a simpler way of deciding would do first, and the worth and risk of its policy. */
export interface SimplerPolicy {
  readonly action: string;
  readonly value: number;
  readonly risk: number;
}

/** The limits that a person set, what is spent, and what keeping them costs. */
export interface LimitCost {
  readonly limit: number;
  /** What one move may risk, given everything seen by then. */
  readonly limitGivenEvidence: number;
  /** What the steps taken so far have used of the limit. */
  readonly spent: number;
  /** What the chosen policy still risks, as far as the limit counts it; `null` when no policy keeps the limit. */
  readonly ownRisk: number | null;
  /** Whether the best policy without the limit breaks it. */
  readonly isBinding: boolean;
  readonly unlimitedValue: number;
  readonly unlimitedRisk: number;
  /** The utility given up to keep the limit; `null` when no policy keeps it. */
  readonly cost: number | null;
  /**
   * The utility that a little more allowed risk would bring, per unit of probability; `null` when no policy keeps the
   * limit.
   */
  readonly riskPrice: number | null;
}

/** The decision made again without something that it might rest on. */
export interface DecidedAgain {
  readonly isSame: boolean;
  readonly firstStep: string | null;
  readonly value: number | null;
  readonly risk: number;
}

/** What is needed to explain a decision, beside the decision itself. */
export interface ExplainOptions {
  /** The situation as it was looked through for the decision. If absent, that is done again. */
  readonly outlook?: Outlook;
  /** The situation as it was read, before anything was seen. It knows which of its numbers are counts. */
  readonly start: Situation;
  /** The posterior of the risk, if it was found already. */
  readonly riskInterval?: RiskInterval | null;
  /** How many exact solves the flip analysis may spend; 0 leaves it out. */
  readonly flipSolves: number;
  /** The decision of the same situation without opinion; `null` when it holds no opinion. */
  readonly withoutOpinion: Decision | null;
  /** The decision of the same situation as if no judge had been heard; `null` when none was heard. */
  readonly withoutJudges: Decision | null;
}

/**
 * Explains a decision.
 *
 * Cost: what every move and every step adds to the sweeps of the decision, and `flipSolves` for the flip analysis.
 */
export function explainDecision(situation: Situation, decision: Decision, options: ExplainOptions): Explanation {
  const outlook = options.outlook ?? lookThrough(situation);
  const alternatives = listAlternatives(situation, decision, outlook);
  const averagePlan = toSimpler(solveAveragePlan(situation));
  const beliefTest = testBeliefNeeded(situation);
  const shown = decision.kind === "decided" ? decision.chosen : decision.minimumRisk;
  const counted = countedRisk(options.start, situation, shown.policy);
  return {
    paragraph: tellInAParagraph({ situation, decision, alternatives, averagePlan, beliefTest, counted }),
    belief: situation.contexts.map((context) => ({ context: context.id, probability: context.prior })),
    alternatives,
    get information() {
      return informationValue(situation, decision, outlook);
    },
    limit: limitCost(situation, decision),
    counted,
    riskInterval:
      options.riskInterval === undefined ? riskInterval(options.start, situation, shown.policy) : options.riskInterval,
    averagePlan: {
      ...averagePlan,
      price: decision.kind === "decided" ? decision.chosen.value - averagePlan.value : null,
    },
    mostProbableContext: toSimpler(solveMostProbableContext(situation)),
    myopic: toSimpler(solveMyopic(situation, outlook)),
    riskIfSensorsLie: riskIfSensorsLie(situation, shown.policy),
    riskIfInformedSensorsLie: riskIfInformedSensorsLie(situation, shown.policy),
    withoutOpinion: options.withoutOpinion === null ? null : decidedAgain(decision, options.withoutOpinion),
    withoutJudges: options.withoutJudges === null ? null : decidedAgain(decision, options.withoutJudges),
    beliefTest,
    flips:
      options.flipSolves > 0
        ? analyseFlips(situation, decision, {
            solveBudget: options.flipSolves,
            indifference: indifferenceOf(situation),
          })
        : null,
    warnings: situationWarnings(situation),
    defaults: situation.defaults,
  };
}

/** A thousandth of the span of the declared utilities: a smaller difference is no reason to begin in another way. */
function indifferenceOf(situation: Situation): number {
  const utilities = situation.responses.flatMap((response) => response.utilityByContext);
  return 0.001 * (Math.max(...utilities) - Math.min(...utilities));
}

function toSimpler(solution: PolicySolution): SimplerPolicy {
  return { action: firstMoveOf(solution.policy), value: solution.value, risk: solution.risk };
}

function limitCost(situation: Situation, decision: Decision): LimitCost {
  const { unlimited } = decision;
  const isDecided = decision.kind === "decided";
  return {
    limit: situation.limit,
    limitGivenEvidence: situation.limitGivenEvidence,
    spent: situation.riskSpent,
    ownRisk: isDecided ? decision.chosen.ownRisk : null,
    isBinding: !isDecided || decision.chosen !== unlimited,
    unlimitedValue: unlimited.value,
    unlimitedRisk: unlimited.risk,
    cost: isDecided ? unlimited.value - decision.chosen.value : null,
    riskPrice: isDecided ? decision.riskPrice : null,
  };
}

function decidedAgain(decision: Decision, without: Decision): DecidedAgain {
  const solution = without.kind === "decided" ? without.chosen : null;
  const firstStep = solution === null ? null : firstMoveOf(solution.policy);
  const before = decision.kind === "decided" ? firstMoveOf(decision.chosen.policy) : null;
  return {
    isSame: firstStep === before,
    firstStep,
    value: solution?.value ?? null,
    risk: solution?.risk ?? without.minimumRisk.risk,
  };
}
