import { describeRejectedLine, type RejectedLine } from "../../core/belief/calibrate/incident.ts";
import { columns, percentText } from "../../core/belief/figures.ts";
import { calibrateJudge, type JudgeSensor } from "../../core/belief/judge/judge.ts";
import {
  type GradedJudge,
  gradeJudge,
  type JudgeDocument,
  parseJudge,
} from "../../core/belief/judge/judge-documents.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { Problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import { promptDigestOf } from "../../investigate/judge/index.ts";
import { readSituation } from "../../packs/read-situation.ts";

/** Which judge is measured, and on what. */
export interface CalibrateJudgeRequest {
  /** The bytes of the situation's file. */
  readonly situation: Uint8Array;
  /** The bytes of the judge's file (`interlock.judge/1`). */
  readonly judge: Uint8Array;
  /** Graded answers: `{ context, record }`, one JSON object a line. */
  readonly graded: readonly string[];
}

/** A judge with its measured table. */
export interface CalibratedJudge {
  /** The judge's file, with its table in it. */
  readonly judgeText: string;
  readonly document: JudgeGrading;
  /** The grading for people, line by line. */
  readonly lines: readonly string[];
}

/** The grading for scripts (`interlock.judge-grading/1`). */
export interface JudgeGrading {
  readonly format: "interlock.judge-grading/1";
  /** The judge, with its table in it. */
  readonly judge: JudgeDocument;
  /** P(answer | context): one row for each context, in the order of the question's answers and then `none_of_these`. */
  readonly likelihoods: readonly { readonly context: string; readonly likelihood: readonly number[] }[];
  /** Lines that could not be used, with every reason. */
  readonly rejected: readonly RejectedLine[];
  /** How often the judge had no answer. The table does not count these. */
  readonly noAnswerCount: number;
}

/** Measures a judge on closed incidents. Refused if the judge stays uncalibrated. */
export async function calibrateJudgeOn(
  request: CalibrateJudgeRequest,
): Promise<Result<CalibratedJudge, readonly Problem[]>> {
  const inputs = readInputs(request);
  if (!inputs.ok) return inputs;
  const { situation, graded } = inputs.value;
  const { calibration, question } = graded.document;
  const sensor = calibrateJudge(question, calibration, {
    contexts: situation.contexts,
    model: calibration?.model ?? "",
    promptDigest: promptDigestOf(question),
  });
  if (!sensor.ok) return fail([...graded.rejected.flatMap((line) => line.problems), ...sensor.error]);
  return ok({
    judgeText: `${JSON.stringify(graded.document, null, 2)}\n`,
    document: {
      format: "interlock.judge-grading/1",
      judge: graded.document,
      likelihoods: sensor.value.rows,
      rejected: graded.rejected,
      noAnswerCount: graded.noAnswerCount,
    },
    lines: renderGrading(graded, sensor.value),
  });
}

function readInputs(
  request: CalibrateJudgeRequest,
): Result<{ readonly situation: Situation; readonly graded: GradedJudge }, readonly Problem[]> {
  const file = readSituation(request.situation);
  if (!file.ok) return file;
  const json = parseJson(request.judge);
  const judge = json.ok ? parseJudge(json.value) : json;
  if (!judge.ok) return judge;
  const { situation } = file.value;
  const graded = gradeJudge(judge.value.question, request.graded, situation);
  return graded.ok ? ok({ situation, graded: graded.value }) : graded;
}

function renderGrading(graded: GradedJudge, sensor: JudgeSensor): readonly string[] {
  const answers = [...graded.document.question.answers, "none_of_these"];
  const judge = `${escapeForTerminal(graded.document.question.id)} by ${escapeForTerminal(sensor.model)}`;
  const counted = graded.document.calibration?.counts ?? [];
  const rows = sensor.rows.map(({ context, likelihood }) => {
    const row = counted.find((candidate) => candidate.context === context)?.answers ?? answers.map(() => 0);
    return [
      escapeForTerminal(context),
      ...answers.flatMap((_, index) => [String(row[index] ?? 0), percentText(likelihood[index] ?? 0)]),
    ];
  });
  return [
    `${judge}: ${graded.rejected.length} lines rejected, ${graded.noAnswerCount} without an answer`,
    ...graded.rejected.map((line) => `  ${escapeForTerminal(describeRejectedLine(line))}`),
    ...columns(
      [["", ...answers.flatMap((answer) => [escapeForTerminal(answer), ""])], ...rows],
      ["left", ...answers.flatMap(() => ["right", "right"] as const)],
    ),
  ];
}
