import { shortDigest } from "../../core/value/digest.ts";
import { joined, ownText, quoted, type ScreenText, screen, sentence } from "../../core/value/screen.ts";
import type { DryCondition, DryFact, DryRun, DryStep } from "../../interlock.ts";
import { foundText } from "./changed-lines.ts";

/** The exit code of a dry run: 12 if a run that began now would not go through as predicted. */
export function dryRunExit({ changed, unread, steps, goal }: DryRun): number {
  const isFalse = [...steps.map(({ pre }) => pre), goal].some(({ verdict }) => verdict === "does_not_hold");
  return changed.length + unread.length > 0 || isFalse ? 12 : 0;
}

/** A dry run in rows: what is in the way first, then each step, equal ones in a row together. */
export function dryRunLines(run: DryRun): readonly ScreenText[] {
  const { planHash, steps, goal, changed, unread } = run;
  const rows = inRows(steps);
  return [
    screen`dry run of pl_${shortDigest(planHash)}: objects were read, nothing was written, and nobody was asked`,
    ...changed.map((object) => screen`! ${object} is not as the plan was made for: the run would not start`),
    ...movedLines(run),
    ...unread.map(({ object, problem }) => screen`! ${object} could not be read: ${sentence(problem.message)}`),
    ...rows.map(stepLine),
    screen`${words[goal.verdict]}the goal${whyOf(goal)}`,
    dryRunExit(run) === 0
      ? screen`a write is taken to do what it declares; what a probe or a person would answer is not known`
      : screen`a run that began now would not go through as predicted; plan again, or put right what is in the way`,
  ];
}

/** What is not as the plan was made on it, and would stop nothing. */
function movedLines({ moved, steps, changed }: DryRun): readonly ScreenText[] {
  const titles = new Map(steps.map(({ id, title }) => [id, title]));
  const shown = moved.slice(0, movedMax).map(({ stepId, object, isOverwritten, ...fact }) => {
    const found = screen`! ${foundText({ ...fact, since: "planned" }, "is")}`;
    if (changed.includes(object)) return found;
    return screen`${found}: ${titles.get(stepId) ?? stepId} would ${isOverwritten ? "overwrite it" : "run with it"}`;
  });
  const left = moved.length - shown.length;
  return left === 0 ? shown : [...shown, screen`! ${left} more facts are not as planned; --json has them all`];
}

/** How many facts that are not as planned are shown. */
const movedMax = 20;

const words = {
  holds: ownText("  holds           "),
  does_not_hold: ownText("! DOES NOT HOLD   "),
  unknown: ownText("? unknown         "),
  none: ownText("  no condition    "),
} as const satisfies Readonly<Record<DryCondition["verdict"], ScreenText>>;

type Row = readonly [DryStep, ...DryStep[]];

/** Fewer steps than this have a row each. */
const togetherMin = 4;

/** Steps of one sort that follow one another, if they are many. What does not hold has a row of its own. */
function inRows(steps: readonly DryStep[]): readonly Row[] {
  const rows: [DryStep, ...DryStep[]][] = [];
  for (const step of steps) {
    const last = rows.at(-1);
    const isAlike = last !== undefined && step.pre.verdict !== "does_not_hold" && kindOf(last[0]) === kindOf(step);
    if (isAlike) last.push(step);
    else rows.push([step]);
  }
  return rows.flatMap((row): readonly Row[] => (row.length < togetherMin ? row.map((step) => [step]) : [row]));
}

/** Steps are alike if they would do the same to another object and stand the same. */
function kindOf({ title, runs, pre }: DryStep): string {
  return `${title.split(" ")[0]} ${runs} ${pre.verdict}`;
}

function stepLine([first, ...more]: Row): ScreenText {
  const { pre, runs } = first;
  const last = more.at(-1);
  const which =
    last === undefined
      ? screen`${first.title} (${first.id})`
      : screen`${first.title.split(" ")[0] ?? ""}, ${more.length + 1} steps (${first.id} … ${last.id})`;
  if (runs === "no") return screen`${ownText("  would not run   ")}${which}`;
  const mayBe = runs === "unknown" ? screen`, if it runs` : screen``;
  return screen`${words[pre.verdict]}${which}${mayBe}${last === undefined ? whyOf(pre) : screen``}`;
}

/** What decides a condition: what keeps it from holding, or the values by which it holds. */
function whyOf({ verdict, facts, why }: DryCondition): ScreenText {
  if (verdict === "none") return screen``;
  const shown = facts.slice(0, factsMax).map(factText);
  const left = facts.length - shown.length;
  const more = left > 0 ? ` and ${left} more` : "";
  const predicted = facts.filter(({ by }) => by !== null);
  const from = [...new Set(predicted.map(({ by }) => by ?? ""))].slice(0, factsMax).join(", ");
  if (verdict === "holds") return screen`: ${joined(shown, ", ")}${more}`;
  return screen`: ${sentence(why)}${from === "" ? "" : screen` (after ${from})`}`;
}

const factsMax = 3;

function factText({ name, value, by }: DryFact): ScreenText {
  const read = value === null ? screen`unknown` : typeof value === "string" ? quoted(value) : screen`${String(value)}`;
  return screen`${name} = ${read}${by === null ? "" : screen` (after ${by})`}`;
}
