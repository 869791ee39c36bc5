import type { Command } from "commander";
import { shortDigest } from "../../../core/value/digest.ts";
import { isJsonObject, type JsonValue } from "../../../core/value/json-value.ts";
import { column, joined, ownText, type ScreenText, says, screen, sentence } from "../../../core/value/screen.ts";
import type { ExplainedRun, RunExplanation, StepExplanation, StepOutput } from "../../../interlock.ts";
import { changedText } from "../changed-lines.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { creditLines } from "../credit-lines.ts";
import { withInterlock } from "../door.ts";
import { endReason } from "../end-reason.ts";
import { failedLines, leftLines, unacknowledgedLines } from "../failed-lines.ts";
import { operationLines } from "../operation-lines.ts";
import { doubtLines } from "../progress/describe-doubt.ts";
import { questionLines } from "../question-lines.ts";
import { printDocument, refuse } from "../report.ts";
import { wordNext } from "../word-next.ts";

/** `interlock explain`: what was predicted beside what was seen, and the first difference. */
export function registerExplain(program: Command, run: RunCommand): void {
  program
    .command("explain")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("explain a run from its log: predicted beside observed, and the first difference")
    .option("--output <step>", "what the step's program printed or its target answered, try by try, and nothing else")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { json?: boolean; output?: string }) =>
      run((context, globals) =>
        explainCommand(context, globals, wanted, { json: options.json === true, output: options.output ?? null }),
      ),
    );
}

function explainCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: { readonly json: boolean; readonly output: string | null },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const { output } = options;
    const explained = await interlock.explain(output === null ? { run: wanted } : { run: wanted, output });
    if (!explained.ok) return refuse(context, explained.error, options);
    if (options.json) printDocument(context, { format: "interlock.explanation/1", ...explained.value });
    else if (explained.value.output !== undefined) context.out(renderOutput(explained.value.output, explained.value));
    else context.out(render(context, explained.value));
    return 0;
  });
}

function render(context: CliContext, explanation: ExplainedRun): ScreenText {
  const { colors } = context;
  const { runId, planHash, outcome } = explanation;
  const reason = endReason(explanation.reason);
  const how = (outcome ?? explanation.now.state).replaceAll("_", " ");
  const nameOf = namesOf(explanation);
  const lines = [
    screen`${runId}  plan ${shortDigest(planHash)}  ${how}${reason}`,
    ...standingLines(context, explanation, nameOf),
  ];
  for (const step of explanation.steps) {
    const times = step.settledMs === null ? "" : colors.dim(` at ${(step.settledMs / 1_000).toFixed(1)} s`);
    const attempts = step.attemptCount > 1 ? `, ${step.attemptCount} attempts` : "";
    const status = column(wordStatus(step), 11);
    const why = step.withheld === null ? "" : `: ${step.withheld}`;
    lines.push(screen`  ${status} ${step.name}${attempts}${times}${why}`);
    if (step.problem !== null) lines.push(screen`              ${step.problem.code} ${sentence(step.problem.message)}`);
    for (const fact of step.changed ?? []) lines.push(screen`            ! ${changedText(fact)}`);
    lines.push(...operationLines(step.operations), ...refusalLines(step), ...factLines(step));
  }
  for (const { input, problem } of explanation.refusals)
    lines.push(screen`  refused     ${input}: ${problem.code} ${sentence(problem.message)}`);
  lines.push(
    ...wayBackLines(explanation),
    ...invariantLines(explanation),
    ...remainingLines(explanation, nameOf).map((line) => screen`  ${line}`),
  );
  lines.push(...concludingLines(explanation, nameOf));
  lines.push(...creditLines(explanation));
  for (const next of explanation.now.next) lines.push(screen`next: ${wordNext(context, next)}`);
  return screen`${joined(lines, "\n")}\n`;
}

/** What a step gave, in a gutter, so that no text of a target looks like ours. Each part is cut at its end. */
function renderOutput({ stepId, attempts }: StepOutput, { steps }: Pick<ExplainedRun, "steps">): ScreenText {
  if (attempts.length === 0) {
    const found = steps.find(({ id }) => id === stepId)?.problem ?? null;
    if (found === null) return screen`the log has no output of ${stepId}\n`;
    return screen`the log has no output of ${stepId} beside its problem: ${found.code} ${sentence(found.message)}\n`;
  }
  const lines = attempts.flatMap(({ direction, n, reply, output }) => [
    screen`${direction === "do" ? "try" : "way back, try"} ${n}: ${reply.replaceAll("_", " ")}`,
    ...partsOf(output).flatMap(([name, part]) => [screen`  ${name}`, ...shownLines(part)]),
  ]);
  return screen`${joined(lines, "\n")}\n`;
}

/** A program's output part by part; anything else as JSON. */
function partsOf(output: JsonValue): readonly (readonly [string, JsonValue])[] {
  if (!isJsonObject(output)) return [["output", output]];
  return Object.entries(output).filter(([, part]) => part !== "");
}

/** How many lines of one part are shown; `--json` has them all. */
const shownLinesMax = 200;

function shownLines(part: JsonValue): readonly ScreenText[] {
  const isText = typeof part === "string";
  const lines = (isText ? part.replace(/\n$/, "") : JSON.stringify(part, null, 2)).split("\n");
  const left = lines.length - shownLinesMax;
  const shown = lines.slice(0, shownLinesMax).map((line) => screen`  │ ${isText ? line : indented(line)}`);
  return left > 0 ? [...shown, screen`  ${left} more lines; --json has them all`] : shown;
}

/** A row of JSON. We indented it: a line feed or a blank of the target is inside its quotation marks. */
function indented(line: string): ScreenText {
  const rest = line.trimStart();
  return screen`${ownText(" ".repeat(line.length - rest.length))}${rest}`;
}

/** What the run left in the world, and what failed and was not put right. */
function remainingLines({ now, outcome, steps }: ExplainedRun, nameOf: NameOf): readonly ScreenText[] {
  const told = new Map(steps.map((step) => [step.id, step]));
  const failed = failedLines(
    now.failed,
    ({ stepId }) => nameOf(stepId),
    ({ stepId }) => {
      const step = told.get(stepId);
      if (step !== undefined && step.undo !== null && step.undo.status !== "undone") return "way_back";
      return step?.status === "as_told" ? "word" : null;
    },
  );
  const { wrote, unacknowledged } = now;
  return [
    ...leftLines({ outcome, wrote, failed: now.failed }, nameOf),
    ...failed,
    ...unacknowledgedLines({ outcome, unacknowledged }, ({ stepId }) => nameOf(stepId)),
  ];
}

type NameOf = (stepId: string) => string;

function namesOf({ steps }: RunExplanation): NameOf {
  const names = new Map(steps.map(({ id, name }) => [id, name]));
  return (stepId) => names.get(stepId) ?? stepId;
}

/** Who has to act, and what the run keeps from others meanwhile. */
function standingLines(context: CliContext, { runId, now }: ExplainedRun, nameOf: NameOf): readonly ScreenText[] {
  if (now.phase === "ended") return [];
  const waits = now.waitingFor.flatMap((wait) => {
    const { kind, stepId, owner, reason, leadsTo } = wait;
    if (owner === null) return [];
    const why = kind === "answer" ? says("the proposer", reason) : sentence(reason);
    const asked = leadsTo === undefined || stepId === null ? [] : questionLines(context, { runId, stepId, leadsTo });
    return [
      screen`  ${stepId === null ? "the run" : nameOf(stepId)} waits for ${owner}: ${why}`,
      ...asked.map((line) => screen`    ${line}`),
      ...doubtLines(wait, now.hasEngine).map((line) => screen`    ${line}`),
    ];
  });
  const engine = now.hasEngine === false ? [screen`  no engine works on it`] : [];
  const locks = now.locks.length === 0 ? [] : [screen`  it keeps its locks: ${now.locks.join(", ")}`];
  return [...waits, ...engine, ...locks];
}

/** What was said to an attempt that did not go well, if the step's own problem does not say it, and the way back. */
function refusalLines({ problem, lastRefusal, undo }: StepExplanation): readonly ScreenText[] {
  const said =
    lastRefusal === null || problem?.message.startsWith(lastRefusal.message) === true
      ? []
      : [screen`              the last attempt: ${lastRefusal.code} ${sentence(lastRefusal.message)}`];
  if (undo === null || undo.status === "undone") return said;
  const why = undo.problem === null ? "" : screen`: ${undo.problem.code} ${sentence(undo.problem.message)}`;
  const times = undo.attemptCount > 1 ? `, ${undo.attemptCount} attempts` : "";
  return [...said, screen`              way back ${undo.status.replaceAll("_", " ")}${times}${why}`];
}

function wordStatus({ status, problem }: StepExplanation): string {
  if (status === "sent") return "sent, outcome unknown:";
  if (status === "as_told")
    return problem?.code === "E_WORD_READ" ? "as told, reads as before:" : "as told, not read back:";
  if (status === "operating") return "under way:";
  return status === "acknowledged" ? "acknowledged, not read back:" : status.replaceAll("_", " ");
}

const placeWords = { before: "before", after: "after", goal: "at", way_back: "on the way back of" } as const;

/** Which invariants broke, by which values, and which were found to hold again. */
function invariantLines({ invariants }: RunExplanation): readonly ScreenText[] {
  return invariants.flatMap(({ name, status, stepName, at, holds, facts, atMs }) => {
    const where = `${at === null ? "after" : placeWords[at]} ${stepName ?? "the start"}`;
    const time = (atMs / 1_000).toFixed(1);
    if (status === "restored") return [screen`  invariant   ${name} holds, read ${where} at ${time} s`];
    const left = facts.length - shownFactsMax;
    const values = facts
      .slice(0, shownFactsMax)
      .map((fact) => screen`              ${fact.name}: seen ${String(fact.value)}`);
    const more = left > 0 ? [screen`              ${left} more facts; --json has them all`] : [];
    const condition = holds.length > shownTextMax ? `${holds.slice(0, shownTextMax)}…` : holds;
    return [
      screen`  invariant   ${name} BROKEN ${where} at ${time} s`,
      screen`              needs ${condition}`,
      ...values,
      ...more,
    ];
  });
}

/** How many values of a broken invariant are shown, and how much of its condition. */
const shownFactsMax = 10;
const shownTextMax = 300;

/** What the way back did, in its order. Each step says by itself whether it is undone. */
function wayBackLines({ wayBack }: RunExplanation): readonly ScreenText[] {
  if (wayBack.every(({ kind }) => kind === "undo")) return [];
  return [
    screen`  way back, in this order`,
    ...wayBack.map(({ kind, name, status, covers, problem }, index) => {
      const what = kind === "undo" ? `undo ${name}` : `then run ${name}`;
      const put = covers.length === 0 ? "" : `; puts right ${covers.join(", ")}`;
      const why = problem === null ? "" : `: ${problem.code} ${problem.message}`;
      return screen`    ${index + 1} ${what}${put}: ${status.replaceAll("_", " ")}${why}`;
    }),
  ];
}

/** The conclusion: what stopped the run, and whether everything that was read back was as predicted. */
function concludingLines({ stoppedBy, firstDivergence, steps }: RunExplanation, nameOf: NameOf): readonly ScreenText[] {
  const lines: ScreenText[] = [];
  if (stoppedBy !== null) {
    const { code, message } = stoppedBy.problem;
    const where = stoppedBy.stepId === null ? "by" : `at ${nameOf(stoppedBy.stepId)}:`;
    lines.push(screen`stopped ${where} ${code} ${sentence(message)}`);
  }
  if (firstDivergence !== null) {
    const { stepId, fact, predicted, observed } = firstDivergence;
    const seen = observed === null ? "unknown" : String(observed);
    lines.push(
      screen`first difference: after ${nameOf(stepId)}, ${fact} was predicted ${String(predicted)} and seen ${seen}`,
    );
  } else if (steps.some(({ observed }) => observed.length > 0))
    lines.push(
      stoppedBy === null
        ? screen`everything that was read back was as predicted`
        : screen`what was read back before that was as predicted`,
    );
  else lines.push(screen`nothing was read back, so no prediction could be checked`);
  return lines;
}

function wordSeen({ value, why }: StepExplanation["observed"][number]): string {
  if (value !== null) return String(value);
  return why === undefined ? "unknown" : `unknown: ${why}`;
}

/** Why the log has no reading of a prediction. Only the reading that settles a step is kept. */
function wordUnread(status: StepExplanation["status"]): string {
  if (status === "in_doubt" || status === "sent" || status === "operating" || status === "acknowledged")
    return "no reading has shown it so far";
  return status === "withheld" || status === "skipped" || status === "not_reached" ? "not sent" : "not read back";
}

function factLines(step: StepExplanation): readonly ScreenText[] {
  return step.predicted.map(({ fact, value }) => {
    const seen = step.observed.find((candidate) => candidate.fact === fact);
    const mark =
      seen === undefined
        ? wordUnread(step.status)
        : seen.value === value
          ? `seen ${String(value)}`
          : `SEEN ${wordSeen(seen)}`;
    return screen`              ${fact}: predicted ${String(value)}, ${mark}`;
  });
}
