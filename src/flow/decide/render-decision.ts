import type { DecisionAfter, Standing } from "../../core/belief/explain/after.ts";
import { annotatePolicy } from "../../core/belief/explain/annotate.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { drawTree, treeLegend } from "../../core/belief/explain/draw-tree.ts";
import type { Explanation } from "../../core/belief/explain/explain.ts";
import {
  renderAlternatives,
  renderFigures,
  renderFlips,
  renderInformation,
  renderWarnings,
} from "../../core/belief/explain/render.ts";
import { percentText } from "../../core/belief/figures.ts";
import type { JudgeEvidence } from "../../core/belief/judge/judge.ts";
import type { LimitRemedy, Observation } from "../../core/belief/policy.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { assertNever } from "../../core/value/invariant.ts";
import { escapeForTerminal } from "../../core/value/text.ts";

/** What went into a decision, and how much of it to show. */
export interface RenderOptions {
  readonly observations: readonly Observation[];
  readonly heard: readonly JudgeEvidence[];
  readonly isExplained: boolean;
}

/** The text of a decision for people: the belief, a paragraph, the alternatives, the policy and its figures. */
export function renderDecision(
  after: DecisionAfter,
  explanation: Explanation,
  options: RenderOptions,
): readonly string[] {
  const { situation, decision } = after;
  const shown = decision.kind === "decided" ? decision.chosen : decision.minimumRisk;
  return [
    escapeForTerminal(situation.title),
    "",
    ...options.heard.map(
      (one) =>
        `heard before the plan: ${escapeForTerminal(one.question)} = ` +
        `${escapeForTerminal(one.answer)} (${one.integrity})`,
    ),
    ...renderObservations(after, options.observations),
    ...wrap(explanation.paragraph),
    ...renderWarnings(explanation.warnings),
    "",
    ...renderAlternatives(explanation.alternatives),
    "",
    decision.kind === "decided" ? "the policy" : "the most careful policy, which still exceeds the limit",
    ...drawTree(situation, annotatePolicy(situation, shown.policy)),
    treeLegend,
    "",
    ...renderFigures(situation, decision, explanation),
    ...(decision.kind === "infeasible"
      ? [
          "",
          "what would keep the limit, each by itself",
          ...decision.remedies.slice(0, remediesShown).map((remedy) => `  ${describeRemedy(remedy)}`),
        ]
      : []),
    ...(options.isExplained ? renderMore(situation, explanation) : []),
  ];
}

const remediesShown = 5;

function renderMore(situation: Situation, explanation: Explanation): readonly string[] {
  return [
    "",
    "what an answer is worth",
    ...renderInformation(explanation),
    "",
    "how far each number may be wrong",
    ...renderFlips(explanation),
    ...((explanation.flips?.unexaminedCount ?? 0) === 0 ? [] : ["`--flips` allows more solves"]),
    ...(situation.defaults.length === 0
      ? []
      : [
          "",
          "numbers nobody wrote down",
          ...situation.defaults.map(
            (applied) => `  ${escapeForTerminal(applied.pointer)}  ${escapeForTerminal(applied.text)}`,
          ),
        ]),
  ];
}

function renderObservations(
  { situation, beliefs, standing }: DecisionAfter,
  observations: readonly Observation[],
): readonly string[] {
  const first = beliefs[0] ?? [];
  const last = beliefs.at(-1) ?? first;
  const seen = observations
    .map(({ step, outcome }) => `${escapeForTerminal(step)} = ${escapeForTerminal(outcome)}`)
    .join(", ");
  return [
    ...(observations.length === 0 ? [] : [`seen: ${seen}`]),
    ...drawBelief(situation, { before: observations.length === 0 ? null : first, after: last }),
    ...describeStanding(standing),
    "",
  ];
}

function describeStanding(standing: Standing): readonly string[] {
  switch (standing.kind) {
    case "at_start":
      return [];
    case "on_policy":
      return ["these are answers that the policy decided at the start asked for"];
    case "handed_over": {
      const handsOver = `the policy decided at the start hands over with ${escapeForTerminal(standing.to)}`;
      return [`no usable answer: ${handsOver}; decided anew below`];
    }
    case "off_policy":
      return [
        "the policy decided at the start did not ask for all of these; what was seen counts the same in any order",
      ];
    default:
      return assertNever(standing);
  }
}

function describeRemedy(remedy: LimitRemedy): string {
  switch (remedy.kind) {
    case "raise_limit":
      return `a limit of ${percentText(remedy.to)}`;
    case "lower_catastrophe": {
      const risk = `P(catastrophe | ${escapeForTerminal(remedy.of)}, ${escapeForTerminal(remedy.context)})`;
      return `${risk} lowered from ${percentText(remedy.from)} to ${percentText(remedy.to)}`;
    }
    default:
      return assertNever(remedy);
  }
}

const widthChars = 100;

/** Breaks a paragraph at spaces. */
function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  // A figure and its percent sign stay together.
  for (const word of text.split(/ (?!%)/)) {
    if (line !== "" && line.length + 1 + word.length > widthChars) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
