import { describeRejectedLine } from "../../core/belief/calibrate/incident.ts";
import { columns, percentText } from "../../core/belief/figures.ts";
import { calibrateJudge, type JudgeSensor } from "../../core/belief/judge/judge.ts";
import { type GradedJudge, gradeJudge, parseJudge } from "../../core/belief/judge/judge-documents.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { Problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import { promptDigestOf } from "../../investigate/judge/index.ts";
import { readSituation } from "../../packs/read-situation.ts";
import { readLines, writeOutput } from "./calibrate-lines.ts";
import { type CliContext, readInput } from "./context.ts";
import { printDocument, refuse } from "./report.ts";

/** What `interlock calibrate --judge` was asked. */
export interface CalibrateJudgeOptions {
  /** Graded answers: `{ context, record }`, one JSON object a line. */
  readonly gradedPath: string;
  readonly judgePath: string;
  readonly situationPath: string;
  readonly outPath: string | null;
  readonly json: boolean;
}

/** Measures a judge on closed incidents and writes it back with its table; gives the exit code, 10 when it stays uncalibrated. */
export async function runCalibrateJudge(context: CliContext, options: CalibrateJudgeOptions): Promise<number> {
  const inputs = await readInputs(context, options);
  if (!inputs.ok) return refuse(context, inputs.error, options);
  const { situation, graded } = inputs.value;
  const { calibration, question } = graded.document;
  const sensor = calibrateJudge(question, calibration, {
    contexts: situation.contexts,
    model: calibration?.model ?? "",
    promptDigest: promptDigestOf(question),
  });
  if (!sensor.ok)
    return refuse(context, [...graded.rejected.flatMap((line) => line.problems), ...sensor.error], options);
  if (options.outPath !== null) {
    const written = await writeOutput(options.outPath, `${JSON.stringify(graded.document, null, 2)}\n`);
    if (!written.ok) return refuse(context, [written.error], options);
  }
  if (options.json)
    printDocument(context, {
      format: "interlock.judge-grading/1",
      judge: graded.document,
      likelihoods: sensor.value.rows,
      rejected: graded.rejected,
      noAnswerCount: graded.noAnswerCount,
    });
  else context.out(`${renderGrading(graded, sensor.value, options.outPath).join("\n")}\n`);
  return 0;
}

async function readInputs(
  context: CliContext,
  options: CalibrateJudgeOptions,
): Promise<Result<{ readonly situation: Situation; readonly graded: GradedJudge }, readonly Problem[]>> {
  const situationBytes = await readInput(context, options.situationPath);
  if (!situationBytes.ok) return fail([situationBytes.error]);
  const file = readSituation(situationBytes.value);
  if (!file.ok) return file;
  const judgeBytes = await readInput(context, options.judgePath);
  if (!judgeBytes.ok) return fail([judgeBytes.error]);
  const json = parseJson(judgeBytes.value);
  const judge = json.ok ? parseJudge(json.value) : json;
  if (!judge.ok) return judge;
  const lines = await readLines(context, options.gradedPath);
  if (!lines.ok) return fail([lines.error]);
  const graded = gradeJudge(judge.value.question, lines.value, file.value.situation);
  return graded.ok ? ok({ situation: file.value.situation, graded: graded.value }) : graded;
}

function renderGrading(graded: GradedJudge, sensor: JudgeSensor, outPath: string | null): readonly string[] {
  const answers = [...graded.document.question.answers, "none_of_these"];
  const counted = graded.document.calibration?.counts ?? [];
  const rows = sensor.rows.map(({ context, likelihood }) => {
    const row = counted.find((candidate) => candidate.context === context)?.answers ?? answers.map(() => 0);
    return [
      escapeForTerminal(context),
      ...answers.flatMap((_, index) => [String(row[index] ?? 0), percentText(likelihood[index] ?? 0)]),
    ];
  });
  return [
    `${escapeForTerminal(graded.document.question.id)} by ${escapeForTerminal(sensor.model)}: ${graded.rejected.length} lines rejected, ${graded.noAnswerCount} without an answer`,
    ...graded.rejected.map((line) => `  ${escapeForTerminal(describeRejectedLine(line))}`),
    ...columns(
      [["", ...answers.flatMap((answer) => [escapeForTerminal(answer), ""])], ...rows],
      ["left", ...answers.flatMap(() => ["right", "right"] as const)],
    ),
    outPath === null
      ? "nothing written: `--out FILE` writes the judge with its table"
      : `wrote ${escapeForTerminal(outPath)}`,
  ];
}
