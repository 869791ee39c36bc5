import { invariant } from "../../value/invariant.ts";
import type { Observation } from "../policy.ts";
import type { Situation } from "../situation/situation.ts";
import {
  brierScore,
  calibrationError,
  type JudgedForecast,
  logScore,
  type ReliabilityRow,
  reliabilityTable,
} from "../statistics/scores.ts";
import type { ClosedIncident } from "./incident.ts";
import type { Learning, LearntRow } from "./learn.ts";

/** How well beliefs matched what the incidents turned out to be. */
export interface ForecastScores {
  /** 0 is perfect, 2 the worst. */
  readonly brier: number;
  /**
   * In nats, 0 is perfect. `null` when something happened that the numbers call impossible: the score is infinite then.
   */
  readonly logScore: number | null;
  readonly calibrationError: number;
  readonly reliability: readonly ReliabilityRow[];
  readonly forecastCount: number;
  /**
   * How many incidents have observations that no context explains. They have no forecast, and the scores leave them
   * out.
   */
  readonly unexplainedCount: number;
}

const reliabilityBins = 10;

/**
 * Scores the declared numbers: compares the belief that each incident's observations give with the context named at its
 * end.
 */
export function scoreDeclared(situation: Situation, incidents: readonly ClosedIncident[]): ForecastScores | null {
  return scoreForecasts(
    incidents.map((incident) =>
      judged(situation, incident, (contextIndex) => {
        const prior = situation.contexts[contextIndex]?.prior ?? 0;
        return incident.observations.reduce(
          (weight, seen) => weight * declaredLikelihood(situation, seen, contextIndex),
          prior,
        );
      }),
    ),
  );
}

/**
 * Scores the learnt numbers. Each incident is judged by what all *other* incidents taught (leave one out), because an
 * incident that helped to make its own forecast would flatter it.
 *
 * Cost: incidents × contexts × observations.
 */
export function scoreLearnt(learning: Learning, incidents: readonly ClosedIncident[]): ForecastScores | null {
  const { situation } = learning;
  return scoreForecasts(
    incidents.map((incident) => {
      const actualIndex = situation.contexts.findIndex((context) => context.id === incident.context);
      return judged(situation, incident, (contextIndex) => {
        const isOwn = contextIndex === actualIndex;
        // The incident is taken out of the prior for every context, and out of the rows of its own context.
        const prior = meanWithout(learning.prior, contextIndex, actualIndex);
        return incident.observations.reduce((weight, seen) => {
          const step = situation.steps.find((candidate) => candidate.id === seen.step);
          const row = learning.likelihoods.find((candidate) => candidate.step === seen.step)?.rows[contextIndex];
          if (step === undefined || step.kind === "try" || row === undefined) return weight;
          const outcomeIndex = step.outcomes.findIndex((outcome) => outcome.id === seen.outcome);
          return outcomeIndex < 0 ? weight : weight * meanWithout(row, outcomeIndex, isOwn ? outcomeIndex : null);
        }, prior);
      });
    }),
  );
}

/**
 * The posterior mean of one possibility, after one observation of the possibility `removed` is taken back. Where
 * nothing else was counted, that is the declared row, as the file that is written keeps it.
 */
function meanWithout(row: LearntRow, index: number, removed: number | null): number {
  const countLeft = row.counts.reduce((sum, count) => sum + count, 0) - (removed === null ? 0 : 1);
  if (row.isKept || countLeft <= 0) return row.declared[index] ?? 0;
  const total = row.concentrations.reduce((sum, concentration) => sum + concentration, 0) - (removed === null ? 0 : 1);
  return ((row.concentrations[index] ?? 0) - (removed === index ? 1 : 0)) / total;
}

/** The likelihood of one answer. `no_answer` and `none_of_these` count as equally likely in every context. */
function declaredLikelihood(situation: Situation, seen: Observation, contextIndex: number): number {
  const step = situation.steps.find((candidate) => candidate.id === seen.step);
  if (step === undefined || step.kind === "try") return 1;
  return step.outcomes.find((outcome) => outcome.id === seen.outcome)?.likelihoodByContext[contextIndex] ?? 1;
}

function judged(
  situation: Situation,
  incident: ClosedIncident,
  weightOf: (contextIndex: number) => number,
): JudgedForecast | null {
  const weights = situation.contexts.map((_, index) => weightOf(index));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return null;
  const actualIndex = situation.contexts.findIndex((context) => context.id === incident.context);
  invariant(actualIndex >= 0, "an incident names a context of its situation");
  return { probabilities: weights.map((weight) => weight / total), actualIndex };
}

function scoreForecasts(judgedForecasts: readonly (JudgedForecast | null)[]): ForecastScores | null {
  const forecasts = judgedForecasts.filter((forecast) => forecast !== null);
  if (forecasts.length === 0) return null;
  const reliability = reliabilityTable(forecasts, reliabilityBins);
  const log = logScore(forecasts);
  return {
    brier: brierScore(forecasts),
    logScore: Number.isFinite(log) ? log : null,
    calibrationError: calibrationError(reliability),
    reliability,
    forecastCount: forecasts.length,
    unexplainedCount: judgedForecasts.length - forecasts.length,
  };
}
