import { assertNever } from "../../value/invariant.ts";
import { escapeForTerminal } from "../../value/text.ts";
import type { CountedRisk } from "../calibrate/counted-rows.ts";
import type { RiskInterval } from "../calibrate/risk-interval.ts";
import { columns, numberText, percentText, utilityText } from "../figures.ts";
import { type Decision, firstMoveOf, type Hold } from "../policy.ts";
import type { SituationWarning } from "../situation/amounts.ts";
import type { Need, Situation } from "../situation/situation.ts";
import type { Alternative, Verdict } from "./alternatives.ts";
import type { Explanation } from "./explain.ts";
import type { FlipRange, FlipSide } from "./flips.ts";
import { describeKnob } from "./knobs.ts";
import { limitText } from "./limit-text.ts";

/** The table of ways to begin: what each is worth within the limit, and why it was or was not chosen. */
export function renderAlternatives(alternatives: readonly Alternative[]): readonly string[] {
  const rows = alternatives.map((one) => [
    one.verdict.kind === "chosen" ? "▶" : " ",
    escapeForTerminal(one.move),
    one.kind,
    one.withinLimit === null ? "–" : utilityText(one.withinLimit.value),
    one.minimumRisk === null ? "–" : percentText(one.withinLimit?.risk ?? one.minimumRisk),
    describeVerdict(one.verdict),
  ]);
  return columns(
    [["", "begin with", "kind", "worth", "risk", "why"], ...rows],
    ["left", "left", "left", "right", "right", "left"],
  );
}

function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "chosen":
      return "chosen";
    case "barred":
      return barredText(verdict.by);
    case "over_limit":
      return "forbidden: every policy that begins this way exceeds the limit";
    case "better_but_over_limit":
      return (
        `worth ${utilityText(verdict.gain)} more, but at a risk of ${percentText(verdict.risk)}: forbidden; ` +
        `within the limit ${lessText(verdict.short)} less`
      );
    case "dominated":
      return `${lessText(verdict.short)} less, and no safer`;
    case "worth_less":
      return `${lessText(verdict.short)} less, though safer by ${percentText(verdict.safer)}`;
    case "not_yet":
      return `not before ${verdict.needs.map(needText).join(" and ")}`;
    case "not_settled":
      return verdict.upperBound === null
        ? "too many policies to find one"
        : `the best one found; none is worth more than ${utilityText(verdict.upperBound)}`;
    case "tied":
      return `as good; ${tieText(verdict.by)}`;
    default:
      return assertNever(verdict);
  }
}

function needText({ step, outcomes, times }: Need): string {
  const answer = outcomes.length === 0 ? "" : ` = ${outcomes.map(escapeForTerminal).join(" or ")}`;
  return `${escapeForTerminal(step)}${answer}${times === 1 ? "" : ` ${times} times`}`;
}

/** How much less something is worth. It is never printed as 0 where it is not. */
function lessText(short: number): string {
  return utilityText(short) === "0" ? "under 0.01" : utilityText(short);
}

function barredText({ kind }: Hold): string {
  switch (kind) {
    case "unknown":
      return "forbidden: `unknown` is too likely";
    case "conflict":
      return "forbidden: the evidence conflicts";
    case "surprise":
      return "forbidden: the evidence is a surprise";
    default:
      return assertNever(kind);
  }
}

function tieText(by: Extract<Verdict, { kind: "tied" }>["by"]): string {
  switch (by) {
    case "higher_risk":
      return "runs more risk";
    case "more_steps":
      return "takes more steps";
    case "declared_later":
      return "declared later";
    case "digits_not_shown":
      return "less in digits not shown";
    default:
      return assertNever(by);
  }
}

/** Warnings of numbers that are probably not meant, one line each and at most five. */
export function renderWarnings(warnings: readonly SituationWarning[]): readonly string[] {
  const lines = warnings.slice(0, warningsShown).map((one) => `warning: ${warningText(one)}`);
  const left = warnings.length - lines.length;
  return left > 0 ? [...lines, `warning: and ${left} more like these`] : lines;
}

const warningsShown = 5;

function warningText(warning: SituationWarning): string {
  const response = escapeForTerminal(warning.response);
  switch (warning.kind) {
    case "catastrophe_beats_response":
      return (
        `a catastrophe is worth more than ${response} under ${escapeForTerminal(warning.context)}: ` +
        "lower `catastropheUtility`"
      );
    case "nobody_comes":
      return (
        `${response} is worth less than every wrong act, in every named context. If that is because nobody ` +
        "comes in it, say with `person` what a page costs and how long a person takes"
      );
    default:
      return assertNever(warning);
  }
}

/** What each step's answer is worth. */
export function renderInformation({ information }: Explanation): readonly string[] {
  const rows = information.steps.map((step) => [
    escapeForTerminal(step.step),
    utilityText(step.alone),
    step.inPlan === null ? "–" : utilityText(step.inPlan),
  ]);
  return [
    ...columns([["look with", "alone", "in the policy"], ...rows], ["left", "right", "right"]),
    `knowing the context for certain would be worth ${utilityText(information.perfectInformation)}`,
  ];
}

/** How far each number can be wrong before the first step changes. */
export function renderFlips({ flips }: Explanation): readonly string[] {
  if (flips === null) return [];
  const rows = flips.ranges.map((range) => [
    escapeForTerminal(describeKnob(range.knob)),
    numberText(range.at),
    `${sideText(range.down)} … ${sideText(range.up)}`,
    flipText(range),
    `±${numberText(range.resolution)}`,
  ]);
  const left = flips.unexaminedCount === 0 ? "" : `; ${flips.unexaminedCount} numbers not examined`;
  return [
    ...columns(
      [["number", "is", "same first step in", "beyond it", "found to"], ...rows],
      ["left", "right", "left", "left", "left"],
    ),
    `a first step counts as the same while it is worth at most ${utilityText(flips.indifference)} less than the best`,
    `${flips.solveCount} exact solves${left}`,
  ];
}

function sideText(side: FlipSide): string {
  return numberText(side.to);
}

function flipText({ down, up }: FlipRange): string {
  const parts = [
    ["below", down],
    ["above", up],
  ] as const;
  const texts = parts.flatMap(([where, side]): readonly string[] => {
    switch (side.kind) {
      case "stays":
        return [];
      case "flips":
        return [`${where}: ${escapeForTerminal(side.move)}`];
      case "nothing_keeps_limit":
        return [`${where}: nothing keeps the limit`];
      default:
        return assertNever(side);
    }
  });
  return texts.length === 0 ? "never changes" : texts.join(", ");
}

/**
 * The figures beside the policy: limit, lying sensors, opinion, simpler ways to decide, and whether a belief is needed.
 */
export function renderFigures(situation: Situation, decision: Decision, explanation: Explanation): readonly string[] {
  const { limit, averagePlan, mostProbableContext, myopic, withoutOpinion, withoutJudges } = explanation;
  const simpler = [
    ["average plan", averagePlan],
    ["most probable context", mostProbableContext],
    ["one step ahead", myopic],
  ] as const;
  return [
    `limit          ${limitText(situation, decision)}; ${limitCostText(limit)}`,
    ...(decision.kind === "decided" && decision.bound !== null ? [`bound          ${boundText(decision)}`] : []),
    ...(explanation.counted === null ? [] : [`counts         ${countedText(explanation.counted)}`]),
    ...(explanation.riskInterval === null ? [] : [`risk           ${intervalText(explanation.riskInterval)}`]),
    `lying sensors  ${liarText(explanation)}`,
    ...(withoutOpinion === null ? [] : [`no opinion     ${againText(withoutOpinion)}`]),
    ...(withoutJudges === null ? [] : [`no judge       ${againText(withoutJudges)}`]),
    ...columns(
      simpler.map(([label, policy]) => [
        label,
        escapeForTerminal(policy.action),
        utilityText(policy.value),
        percentText(policy.risk),
      ]),
      ["left", "left", "right", "right"],
    ),
    ...renderBeliefTest(situation, explanation),
  ];
}

function boundText({ chosen, bound }: Extract<Decision, { kind: "decided" }>): string {
  const most = `nothing is worth more than ${utilityText(bound?.upperBound ?? 0)}`;
  const first = escapeForTerminal(firstMoveOf(chosen.policy));
  return `best found ${utilityText(chosen.value)}; ${most}; first move ${first}`;
}

function limitCostText(limit: Explanation["limit"]): string {
  if (limit.cost === null) return "nothing keeps it";
  if (!limit.isBinding) return "it does not change the choice";
  return `it costs ${utilityText(limit.cost)} against a policy of risk ${percentText(limit.unlimitedRisk)}`;
}

function countedText({ mass, high, isLimitKept, rowCount }: CountedRisk): string {
  const kept = isLimitKept ? "the limit is kept" : "the limit is NOT kept";
  const set = `the ${percentText(mass)} credible set of ${rowCount} counted rows`;
  return `${kept} over ${set}: risk at most ${percentText(high)}`;
}

function intervalText(interval: RiskInterval): string {
  const { mass, low, median, high, overLimit, seenCount, opinionCount, halfCount } = interval;
  const range = `${percentText(mass)} between ${percentText(low)} and ${percentText(high)}`;
  const over = overLimit === 0 ? "" : `, over the limit in ${percentText(overLimit)}`;
  const opinion = opinionCount === 0 ? "" : `, ${numberText(opinionCount)} of opinion`;
  const rests = `rests on ${numberText(seenCount)} counted${opinion} and ${numberText(halfCount)} of half counts`;
  return `median ${percentText(median)}, ${range}${over}; ${rests}`;
}

function liarText({ riskIfSensorsLie, riskIfInformedSensorsLie }: Explanation): string {
  const informed = percentText(riskIfInformedSensorsLie);
  return `risk ${percentText(riskIfSensorsLie)}; if the liar knows the context ${informed}`;
}

function againText(removed: NonNullable<Explanation["withoutOpinion"]>): string {
  const first =
    removed.firstStep === null ? "nothing keeps the limit" : `first step ${escapeForTerminal(removed.firstStep)}`;
  return `${removed.isSame ? "same" : "CHANGES"}: ${first}, risk ${percentText(removed.risk)}`;
}

function renderBeliefTest(situation: Situation, { beliefTest }: Explanation): readonly string[] {
  const { thresholds, shared, wrong } = beliefTest;
  const head = `belief needed  ${beliefTest.isNeeded ? "yes" : "no"}: `;
  const unit = situation.unit === "" ? "" : ` ${escapeForTerminal(situation.unit)}`;
  const cheap = `${utilityText(thresholds.cheapLoss)}${unit}`;
  const rules = `(plausible from ${percentText(thresholds.plausible)}, cheap up to ${cheap})`;
  if (shared === null || wrong === null) return [`${head}plausible contexts recommend different responses ${rules}`];
  const loss = `wrong under ${escapeForTerminal(wrong.context)} it loses ${utilityText(wrong.loss)}`;
  const ways = [
    ...(wrong.isCheap ? ["cheap"] : []),
    ...(wrong.isReversible ? ["reversible"] : []),
    ...(wrong.isDetected ? ["detected in time"] : []),
  ];
  const harmless = ways.length === 0 ? "" : ` (${ways.join(", ")})`;
  const harm = `${loss}, catastrophe up to ${percentText(wrong.risk)}${harmless}`;
  return [`${head}all plausible contexts recommend ${escapeForTerminal(shared)}; ${harm} ${rules}`];
}
