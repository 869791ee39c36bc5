import type { CredibleFigures } from "../../core/belief/calibrate/credible-set.ts";
import { drawReliability } from "../../core/belief/calibrate/draw-reliability.ts";
import {
  describeRejectedLine,
  type IgnoredName,
  type IncidentFile,
  type RejectedLine,
} from "../../core/belief/calibrate/incident.ts";
import type { ForecastScores } from "../../core/belief/calibrate/judge-forecasts.ts";
import type { Learning, LearntCell } from "../../core/belief/calibrate/learn.ts";
import { columns, numberText, percentText, utilityText } from "../../core/belief/figures.ts";
import { type Decision, firstMoveOf } from "../../core/belief/policy.ts";
import type { CredibleInterval } from "../../core/belief/statistics/beta.ts";
import { keepsLimit } from "../../core/belief/tolerance.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import { counted } from "../../core/value/units.ts";

/** Everything that one calibration found. */
export interface Calibration {
  readonly read: IncidentFile;
  readonly learning: Learning;
  /** The situation's file as it would be written. */
  readonly outText: string;
  readonly before: Decision;
  readonly after: Decision;
  readonly scores: { readonly declared: ForecastScores | null; readonly learnt: ForecastScores | null };
  /** The chosen policy over the credible set. */
  readonly credible: CredibleFigures;
  /** The decision without any opinion; `null` if there is none. */
  readonly withoutOpinion: Decision | null;
}

/**
 * A calibration for scripts (`interlock.calibration/1`): declared numbers beside the learnt ones. A face adds the files
 * that it wrote. Probabilities are in [0, 1], values in the situation's unit.
 */
export interface CalibrationDocument {
  readonly format: "interlock.calibration/1";
  readonly incidentCount: number;
  readonly rejectedCount: number;
  readonly rejected: readonly RejectedLine[];
  readonly ignored: readonly IgnoredName[];
  /** How many incidents had a context that the caller wanted counted as `unknown`. */
  readonly asUnknownCount: number;
  readonly prior: readonly LearntPrior[];
  readonly likelihoods: readonly { readonly step: string; readonly rows: readonly LearntLikelihoods[] }[];
  readonly responses: readonly LearntCell[];
  /** How well the forecasts fit what happened; `null` if there was nothing to score them with. */
  readonly scores: { readonly declared: ForecastScores | null; readonly learnt: ForecastScores | null };
  readonly decision: {
    readonly before: DecisionFigures;
    readonly after: DecisionFigures;
    /** The decision without any opinion; `null` if there is none. */
    readonly withoutOpinion: DecisionFigures | null;
    /** The policy chosen after learning, over the credible set. */
    readonly credible: CredibleFigures;
    readonly isLimitKeptOverCredibleSet: boolean;
  };
}

/** The prior of one context: how many incidents were closed as it, and its probability before and after. */
export interface LearntPrior {
  readonly context: string;
  readonly count: number | undefined;
  readonly declared: number | undefined;
  readonly learnt: number | undefined;
  readonly interval: CredibleInterval | undefined;
}

/** P(outcome | context) for one step, in the order of its outcomes. */
export interface LearntLikelihoods {
  readonly context: string | undefined;
  readonly counts: readonly number[];
  readonly declared: readonly number[];
  readonly learnt: readonly number[];
  readonly intervals: readonly CredibleInterval[];
  /** Whether there was too little to learn from, so that the declared row is kept. */
  readonly isKept: boolean;
}

/** The decision on one set of numbers; `null` if no policy keeps the limit. */
export interface DecisionFigures {
  readonly firstStep: string | null;
  readonly value: number | null;
  readonly risk: number | null;
  readonly minimumRisk: number;
}

/** The document of a calibration for scripts. */
export function calibrationDocument(calibration: Calibration): CalibrationDocument {
  const { read, learning, before, after, scores, credible, withoutOpinion } = calibration;
  return {
    format: "interlock.calibration/1",
    incidentCount: read.incidents.length,
    rejectedCount: read.rejected.length,
    rejected: read.rejected,
    ignored: read.ignored,
    asUnknownCount: read.asUnknownCount,
    prior: learning.situation.contexts.map((context, index) => ({
      context: context.id,
      count: learning.prior.counts[index],
      declared: learning.prior.declared[index],
      learnt: learning.prior.mean[index],
      interval: learning.prior.intervals[index],
    })),
    likelihoods: learning.likelihoods.map(({ step, rows }) => ({
      step,
      rows: rows.map((row, index) => ({
        context: learning.situation.contexts[index]?.id,
        counts: row.counts,
        declared: row.declared,
        learnt: row.mean,
        intervals: row.intervals,
        isKept: row.isKept,
      })),
    })),
    responses: learning.cells,
    scores,
    decision: {
      before: figuresOf(before),
      after: figuresOf(after),
      withoutOpinion: withoutOpinion === null ? null : figuresOf(withoutOpinion),
      credible,
      isLimitKeptOverCredibleSet: keepsLimit({ risk: credible.risk.high, limit: after.situation.limit }),
    },
  };
}

function figuresOf(decision: Decision): DecisionFigures {
  const chosen = decision.kind === "decided" ? decision.chosen : null;
  return {
    firstStep: chosen === null ? null : firstMoveOf(chosen.policy),
    value: chosen?.value ?? null,
    risk: chosen?.risk ?? null,
    minimumRisk: decision.minimumRisk.risk,
  };
}

const rejectedShown = 20;

/**
 * The text of a calibration for people: what was read, what was learnt, how well it forecasts, and the effect on the
 * decision.
 */
export function renderCalibration(calibration: Calibration): readonly string[] {
  return [
    ...renderRead(calibration.read),
    "",
    "context priors",
    ...renderPriors(calibration.learning),
    "",
    "likelihoods",
    ...renderLikelihoods(calibration.learning),
    "",
    "responses",
    ...renderCells(calibration.learning.cells),
    "",
    ...renderScores(calibration.scores),
    "",
    ...renderDecision(calibration),
  ];
}

function renderRead(read: IncidentFile): readonly string[] {
  const more = read.rejected.length - rejectedShown;
  const asUnknown = read.asUnknownCount > 0 ? `, ${read.asUnknownCount} counted as unknown` : "";
  const rejected = `${counted(read.rejected.length, "line")} rejected`;
  return [
    `${counted(read.incidents.length, "incident")} read, ${rejected}${asUnknown}`,
    ...read.rejected.slice(0, rejectedShown).map((line) => `  ${escapeForTerminal(describeRejectedLine(line))}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...read.ignored.map(
      ({ kind, name, count }) =>
        `  left out, not in the situation: ${kind} ${escapeForTerminal(name)} (${count} times)`,
    ),
  ];
}

function renderPriors({ prior, situation }: Learning): readonly string[] {
  const rows = situation.contexts.map((context, index) => [
    escapeForTerminal(context.id),
    String(prior.counts[index] ?? 0),
    percentText(prior.declared[index] ?? 0),
    `→ ${percentText(prior.mean[index] ?? 0)}`,
    intervalText(prior.intervals[index]),
  ]);
  return columns([["", "closed", "was", "is", "credible"], ...rows], ["left", "right", "right", "right", "left"]);
}

function renderLikelihoods({ likelihoods, situation }: Learning): readonly string[] {
  const rows = likelihoods.flatMap(({ step, rows: learnt }) =>
    learnt.flatMap((row, c) => {
      if (row.isKept) return [];
      const declared = situation.steps.find((candidate) => candidate.id === step);
      const outcomes = declared === undefined || declared.kind === "try" ? [] : declared.outcomes;
      const context = escapeForTerminal(situation.contexts[c]?.id ?? "");
      return outcomes.map((outcome, o) => [
        `${escapeForTerminal(step)} = ${escapeForTerminal(outcome.id)} | ${context}`,
        String(row.counts[o] ?? 0),
        percentText(row.declared[o] ?? 0),
        `→ ${percentText(row.mean[o] ?? 0)}`,
        intervalText(row.intervals[o]),
      ]);
    }),
  );
  return rows.length === 0
    ? ["  nothing was counted: all stand as declared"]
    : columns([["", "seen", "was", "is", "credible"], ...rows], ["left", "right", "right", "right", "left"]);
}

function renderCells(cells: readonly LearntCell[]): readonly string[] {
  const learnt = cells.filter((cell) => cell.cell.count > 0);
  const rows = learnt.map((cell) => [
    `${escapeForTerminal(cell.response)} | ${escapeForTerminal(cell.context)}`,
    String(cell.cell.count),
    utilityText(cell.utility.declared),
    cell.utility.isKept ? "kept" : `→ ${utilityText(cell.utility.mean)}`,
    percentText(cell.catastrophe.declared),
    cell.catastrophe.isKept ? "kept" : `→ ${percentText(cell.catastrophe.mean)}`,
    intervalText(cell.catastrophe.interval),
  ]);
  const untried = cells.length - learnt.length;
  return [
    ...columns(
      [["", "tried", "utility", "", "risk", "", "credible"], ...rows],
      ["left", "right", "right", "right", "right", "right", "left"],
    ),
    ...(untried > 0 ? [`${untried} responses in contexts were never tried: their numbers stand as declared`] : []),
  ];
}

function intervalText(interval: { readonly low: number; readonly high: number } | undefined): string {
  return interval === undefined ? "" : `${percentText(interval.low)} – ${percentText(interval.high)}`;
}

function renderScores({ declared, learnt }: Calibration["scores"]): readonly string[] {
  const row = (label: string, scores: ForecastScores | null): readonly string[] =>
    scores === null
      ? [label, "–", "–", "–", ""]
      : [
          label,
          numberText(scores.brier),
          scores.logScore === null ? "∞" : numberText(scores.logScore),
          percentText(scores.calibrationError),
          scores.unexplainedCount > 0 ? `${scores.unexplainedCount} incidents no context explains` : "",
        ];
  return [
    "forecasts of the context, from what was seen (lower is better)",
    ...columns(
      [
        ["", "Brier", "log score", "calibration error", ""],
        row("as declared", declared),
        row("learnt, each incident left out", learnt),
      ],
      ["left", "right", "right", "right", "left"],
    ),
    ...(learnt === null ? [] : drawReliability(learnt.reliability)),
  ];
}

function renderDecision({ before, after, credible, withoutOpinion }: Calibration): readonly string[] {
  const line = (label: string, decision: Decision): readonly string[] => {
    const { firstStep, value, risk, minimumRisk } = figuresOf(decision);
    return firstStep === null
      ? [label, "nothing keeps the limit", "", percentText(minimumRisk)]
      : [label, escapeForTerminal(firstStep), utilityText(value ?? 0), percentText(risk ?? 0)];
  };
  const rows = [
    line("as declared", before),
    line("learnt", after),
    ...(withoutOpinion === null ? [] : [line("learnt, opinion removed", withoutOpinion)]),
  ];
  const limit = after.situation.limit;
  const worth = `worth ${utilityText(credible.value.low)} to ${utilityText(credible.value.high)}`;
  const risk = `risk at most ${percentText(credible.risk.high)} in the worst corner`;
  return [
    "decision",
    ...columns([["", "first step", "worth", "risk"], ...rows], ["left", "left", "right", "right"]),
    `over the credible set (${percentText(credible.mass)} of all numbers together): ${worth}, ${risk}`,
    after.kind === "infeasible"
      ? `nothing keeps the limit of ${percentText(limit)}: these figures are of the most careful policy`
      : keepsLimit({ risk: credible.risk.high, limit })
        ? `the limit of ${percentText(limit)} holds even there`
        : `the limit of ${percentText(limit)} holds for the means, not in the worst corner`,
    ...(credible.keptCount > 0
      ? [`${credible.keptCount} utilities and risks rest on what is declared alone: the bound is conditional on them`]
      : []),
  ];
}
