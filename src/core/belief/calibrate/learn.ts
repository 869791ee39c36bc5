import { invariant } from "../../value/invariant.ts";
import { opinionCapByDefault } from "../situation/parse-situation.ts";
import { countPrior } from "../situation/probability-sources.ts";
import { type Situation, type SituationResponse, type SituationStep, unknownContext } from "../situation/situation.ts";
import { unknownPrior } from "../situation/unknown-defaults.ts";
import { betaInterval, betaMean, type CredibleInterval, updateBeta } from "../statistics/beta.ts";
import { dirichletIntervals, dirichletMean, opinionPseudoCounts, updateDirichlet } from "../statistics/dirichlet.ts";
import { studentInterval } from "../statistics/student.ts";
import type { IncidentCounts, ResponseCell } from "./counts.ts";

/** How much weight the declared numbers keep, and how wide the intervals are. */
export interface LearningOptions {
  /** A declared row of priors or likelihoods is opinion and counts as this many incidents. 0 removes it. */
  readonly opinionWeight: number;
  /** No opinion counts as more incidents than this. */
  readonly opinionCap: number;
  /**
   * With fewer incidents than this, the declared utilities and catastrophe probabilities stand, and are reported as
   * such.
   */
  readonly cellCountMin: number;
  /** The posterior mass of the credible set as a whole. It is divided among the numbers (Bonferroni). */
  readonly mass: number;
}

/** The options of `interlock calibrate` unless it is told otherwise. */
export const learningDefaults: LearningOptions = {
  opinionWeight: 10,
  opinionCap: opinionCapByDefault,
  cellCountMin: 20,
  mass: 0.9,
};

/** One learnt row of probabilities, with its intervals. */
export interface LearntRow {
  readonly counts: readonly number[];
  readonly declared: readonly number[];
  /** The pseudo-counts of opinion, after the cap. They leave out `unknown` where its prior keeps its rule. */
  readonly opinion: readonly number[];
  /** Whether the declared row stands, because nothing was counted. */
  readonly isKept: boolean;
  /** The Dirichlet posterior: counts, opinion and the half count of each cell together. */
  readonly concentrations: readonly number[];
  readonly mean: readonly number[];
  readonly intervals: readonly CredibleInterval[];
}

/** One learnt response in one context. `isKept` means that the declared number stands, for want of incidents. */
export interface LearntCell {
  readonly response: string;
  readonly context: string;
  readonly cell: ResponseCell;
  readonly utility: {
    readonly declared: number;
    readonly mean: number;
    readonly interval: CredibleInterval;
    readonly isKept: boolean;
  };
  readonly catastrophe: {
    readonly declared: number;
    readonly mean: number;
    readonly interval: CredibleInterval;
    readonly isKept: boolean;
  };
}

/** What was learnt about a situation from incidents. */
export interface Learning {
  readonly options: LearningOptions;
  readonly counts: IncidentCounts;
  readonly prior: LearntRow;
  /** One row for each context of each probe. */
  readonly likelihoods: readonly { readonly step: string; readonly rows: readonly LearntRow[] }[];
  readonly cells: readonly LearntCell[];
  /** The posterior mass of each single interval. All intervals together then hold at least `options.mass`. */
  readonly massOfEach: number;
  /** The situation with the learnt means in place of the declared numbers. */
  readonly situation: Situation;
}

/**
 * Learns the numbers of a situation from counts. Priors and likelihoods get Dirichlet posteriors, in which the declared
 * numbers count as opinion up to a cap. Catastrophe probabilities get Beta posteriors and utilities get sample means,
 * without opinion.
 *
 * Cost: two quantiles for every number.
 */
export function learnSituation(situation: Situation, counts: IncidentCounts, options: LearningOptions): Learning {
  const massOfEach = 1 - (1 - options.mass) / Math.max(1, numberCount(situation));
  const learnRow = (place: RowPlace, declared: readonly number[], counted: readonly number[]): LearntRow => {
    const opinion = opinionOf(situation, place, declared, options);
    const flat = { concentrations: declared.map(() => countPrior) };
    const posterior = updateDirichlet(updateDirichlet(flat, opinion), counted);
    const isKept = counted.every((count) => count === 0);
    return {
      counts: counted,
      declared,
      opinion,
      isKept,
      concentrations: posterior.concentrations,
      mean: isKept ? declared : dirichletMean(posterior),
      intervals: dirichletIntervals(posterior, massOfEach),
    };
  };
  const prior = learnPrior(situation, counts.contexts, (declared, counted) =>
    learnRow({ kind: "prior" }, declared, counted),
  );
  const likelihoods = counts.probes.map((probe) => ({
    step: probe.step,
    rows: situation.contexts.map((context, contextIndex) =>
      learnRow(
        { kind: "likelihood", step: probe.step, context: context.id },
        declaredRow(situation, probe.step, contextIndex),
        probe.byContext[contextIndex] ?? [],
      ),
    ),
  }));
  const cells = situation.responses.flatMap((response, responseIndex) =>
    situation.contexts.map((context, contextIndex) => {
      const cell = counts.responses[responseIndex]?.byContext[contextIndex];
      invariant(cell !== undefined, "counts are of this situation");
      return learnCell(
        { response, context: context.id, contextIndex, cell },
        { options, massOfEach, limit: situation.limit },
      );
    }),
  );
  return {
    options,
    counts,
    prior,
    likelihoods,
    cells,
    massOfEach,
    situation: withLearnt(situation, prior, likelihoods, cells),
  };
}

/**
 * Learns the priors. If no incident was closed as `unknown` it keeps its rule (0.02) and the named contexts share the
 * rest: people rarely close an incident as `unknown`, so its absence is no evidence.
 */
function learnPrior(
  situation: Situation,
  counted: readonly number[],
  learnRow: (declared: readonly number[], counted: readonly number[]) => LearntRow,
): LearntRow {
  const declared = situation.contexts.map((context) => context.prior);
  const last = situation.contexts.length - 1;
  if (
    situation.contexts[last]?.id !== unknownContext ||
    (counted[last] ?? 0) > 0 ||
    counted.every((count) => count === 0)
  )
    return learnRow(declared, counted);
  const namedSum = declared.slice(0, last).reduce((sum, prior) => sum + prior, 0);
  const named = learnRow(
    declared.slice(0, last).map((prior) => prior / namedSum),
    counted.slice(0, last),
  );
  const share = 1 - unknownPrior;
  const total = named.concentrations.reduce((sum, concentration) => sum + concentration, 0);
  return {
    counts: counted,
    declared,
    opinion: named.opinion,
    isKept: false,
    concentrations: [...named.concentrations, (unknownPrior * total) / share],
    mean: [...named.mean.map((prior) => prior * share), unknownPrior],
    intervals: [
      ...named.intervals.map(({ low, high, mass }) => ({ low: low * share, high: high * share, mass })),
      { low: unknownPrior, high: unknownPrior, mass: named.intervals[0]?.mass ?? 0 },
    ],
  };
}

type RowPlace =
  | { readonly kind: "prior" }
  | { readonly kind: "likelihood"; readonly step: string; readonly context: string };

/**
 * The pseudo-counts that opinion adds to a row. A row of counts brings its own opinion; any other row is opinion as a
 * whole, at the weight of the options. Counts of an earlier calibration are left out, because the incidents behind them
 * are counted again.
 */
function opinionOf(
  situation: Situation,
  place: RowPlace,
  declared: readonly number[],
  options: LearningOptions,
): readonly number[] {
  const source = situation.sources.find((candidate) => pointersOf(situation, place).includes(candidate.pointer));
  if (source?.kind === "counts")
    return source.opinion.length === declared.length ? source.opinion : declared.map(() => 0);
  return opinionPseudoCounts(declared, { weight: options.opinionWeight, cap: options.opinionCap });
}

function pointersOf(situation: Situation, place: RowPlace): readonly string[] {
  if (place.kind === "prior") return ["/prior"];
  const likelihood = `/steps/${situation.steps.findIndex((step) => step.id === place.step)}/likelihood`;
  return [`${likelihood}/${place.context}`, `${likelihood}/*`, likelihood];
}

/** How many numbers get an interval. */
function numberCount(situation: Situation): number {
  const contextCount = situation.contexts.length;
  const likelihoodCount = situation.steps.reduce(
    (sum, step) => sum + (step.kind === "try" ? 0 : step.outcomes.length * contextCount),
    0,
  );
  return contextCount + likelihoodCount + 2 * situation.responses.length * contextCount;
}

function declaredRow(situation: Situation, stepId: string, contextIndex: number): readonly number[] {
  const step = situation.steps.find((candidate) => candidate.id === stepId);
  invariant(step !== undefined && step.kind !== "try", "likelihoods are of a probe or a wait");
  return step.outcomes.map((outcome) => outcome.likelihoodByContext[contextIndex] ?? 0);
}

interface CellPlace {
  readonly response: SituationResponse;
  readonly context: string;
  readonly contextIndex: number;
  readonly cell: ResponseCell;
}

function learnCell(
  { response, context, contextIndex, cell }: CellPlace,
  use: { readonly options: LearningOptions; readonly massOfEach: number; readonly limit: number },
): LearntCell {
  return {
    response: response.id,
    context,
    cell,
    catastrophe: learnCatastrophe(response.catastropheByContext[contextIndex] ?? 0, cell, use),
    utility: learnUtility(response.utilityByContext[contextIndex] ?? 0, cell, use),
  };
}

/**
 * Learns one catastrophe probability.
 *
 * Catastrophes are rare and limits are small, so a handful of incidents without one says little: the posterior mean of
 * none in n is 0.5/(n + 1), which comes from Jeffreys' half count alone. The declared number therefore stands until
 * enough incidents were seen and either one of them was a catastrophe or the half count is small beside the limit. It
 * also gives way when the incidents contradict it. Wherever there were incidents, the interval covers what they allow.
 */
function learnCatastrophe(
  declared: number,
  cell: ResponseCell,
  {
    options,
    massOfEach,
    limit,
  }: { readonly options: LearningOptions; readonly massOfEach: number; readonly limit: number },
): LearntCell["catastrophe"] {
  if (cell.count === 0)
    return { declared, mean: declared, interval: { low: declared, high: declared, mass: massOfEach }, isKept: true };
  const posterior = updateBeta(
    { alpha: countPrior, beta: countPrior },
    { hits: cell.catastropheCount, misses: cell.count - cell.catastropheCount },
  );
  const interval = betaInterval(posterior, massOfEach);
  const isEnough =
    cell.count >= options.cellCountMin && (cell.catastropheCount > 0 || betaMean(posterior) <= limit / 2);
  const isContradicted = declared > interval.high || (declared < interval.low && cell.catastropheCount > 0);
  if (isEnough || isContradicted) return { declared, mean: betaMean(posterior), interval, isKept: false };
  return {
    declared,
    mean: declared,
    interval: { low: Math.min(declared, interval.low), high: Math.max(declared, interval.high), mass: massOfEach },
    isKept: true,
  };
}

function learnUtility(
  declared: number,
  cell: ResponseCell,
  { options, massOfEach }: { readonly options: LearningOptions; readonly massOfEach: number },
): LearntCell["utility"] {
  if (cell.utilityCount < options.cellCountMin)
    return { declared, mean: declared, interval: { low: declared, high: declared, mass: massOfEach }, isKept: true };
  const mean = cell.utilitySum / cell.utilityCount;
  return {
    declared,
    mean,
    interval: studentInterval({ count: cell.utilityCount, mean, variance: sampleVariance(cell) }, massOfEach),
    isKept: false,
  };
}

function sampleVariance({ utilityCount, utilitySum, utilitySquareSum }: ResponseCell): number {
  if (utilityCount < 2) return 0;
  return Math.max(0, (utilitySquareSum - utilitySum ** 2 / utilityCount) / (utilityCount - 1));
}

function withLearnt(
  situation: Situation,
  prior: LearntRow,
  likelihoods: Learning["likelihoods"],
  cells: readonly LearntCell[],
): Situation {
  const steps = situation.steps.map((step): SituationStep => {
    const learnt = likelihoods.find((candidate) => candidate.step === step.id);
    if (learnt === undefined || step.kind === "try") return step;
    return {
      ...step,
      outcomes: step.outcomes.map((outcome, index) => ({
        ...outcome,
        likelihoodByContext: learnt.rows.map((row) => row.mean[index] ?? 0),
      })),
    };
  });
  const responses = situation.responses.map((response) => {
    const own = cells.filter((cell) => cell.response === response.id);
    return {
      ...response,
      utilityByContext: own.map((cell) => cell.utility.mean),
      catastropheByContext: own.map((cell) => cell.catastrophe.mean),
    };
  });
  return {
    ...situation,
    contexts: situation.contexts.map((context, index) => ({ ...context, prior: prior.mean[index] ?? 0 })),
    steps,
    responses,
  };
}
