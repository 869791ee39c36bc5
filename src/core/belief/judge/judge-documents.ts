import type { Problem } from "../../value/codes.ts";
import { parseJson } from "../../value/json.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { anyJson, integer, listOf, name, oneOf, parseWith, refine, refuseAt, text } from "../../value/shape.ts";
import { documentOf, object, optional, taggedBy, withDefault } from "../../value/shape-object.ts";
import { quote, suggestName } from "../../value/text.ts";
import type { Situation } from "../situation/situation.ts";
import { type JudgeAnswer, type JudgeCalibration, type JudgeQuestion, offListAnswer } from "./judge.ts";

/**
 * A judge as a file holds it (`interlock.judge/1`): its question, and what was measured of it; `null` if it never was.
 */
export interface JudgeDocument {
  readonly format: "interlock.judge/1";
  readonly question: JudgeQuestion;
  readonly calibration: JudgeCalibration | null;
}

const answerText = text({ charsMin: 1, charsMax: 200 });
const question = object({
  id: name(),
  question: text({ charsMin: 1 }),
  answers: listOf(answerText, { itemsMin: 2, itemsMax: 20 }),
});
const identity = {
  question: name(),
  model: text({ charsMin: 1, charsMax: 200 }),
  promptDigest: text({ charsMin: 1, charsMax: 100 }),
};

const calibration = documentOf("interlock.judge-calibration/1", {
  ...identity,
  counts: listOf(object({ context: name(), answers: listOf(integer({ min: 0, max: 1e9 }), { itemsMax: 21 }) }), {
    itemsMax: 32,
  }),
});

const judge = documentOf("interlock.judge/1", {
  question,
  calibration: withDefault<JudgeCalibration | null>(
    (value, at) => (value === null ? null : calibration(value, at)),
    null,
  ),
});

const answer = taggedBy("kind", {
  answered: object({ kind: oneOf(["answered"]), ...identity, answer: answerText }),
  no_answer: object({ kind: oneOf(["no_answer"]), ...identity, reason: text() }),
});

/** Only the answer of a record is used here. Its digests and token counts are for the log. */
const record = documentOf("interlock.judge-answer/1", {
  answer,
  requestDigest: optional(anyJson()),
  replyDigest: optional(anyJson()),
  tokenCounts: optional(anyJson()),
});

/** Reads a judge from its document. */
export function parseJudge(value: JsonValue): Result<JudgeDocument, readonly Problem[]> {
  return parseWith(judge, value);
}

/** Reads the record of one answer (`interlock.judge-answer/1`). */
export function parseJudgeAnswer(value: JsonValue): Result<JudgeAnswer, readonly Problem[]> {
  const read = parseWith(record, value);
  return read.ok ? ok(read.value.answer) : read;
}

/** The judge with its new table, and the lines that could not be used. */
export interface GradedJudge {
  readonly document: JudgeDocument;
  readonly rejected: readonly { readonly lineNumber: number; readonly problems: readonly Problem[] }[];
  /** How often the judge had no answer. The table leaves these out, because silence says nothing about the context. */
  readonly noAnswerCount: number;
}

/**
 * Measures a judge: counts its answers by the contexts that people named when they closed the incidents. Each line is
 * `{ "context": …, "record": <interlock.judge-answer/1> }`.
 *
 * The table is for one model and one wording, those of the first answer. A line with another model or wording is
 * rejected.
 */
export function gradeJudge(
  asked: JudgeQuestion,
  lines: Iterable<string>,
  situation: Situation,
): Result<GradedJudge, readonly Problem[]> {
  const contexts = situation.contexts.map((context) => context.id);
  const counts = new Map(contexts.map((context) => [context, [...asked.answers, offListAnswer].map(() => 0)]));
  const rejected: { lineNumber: number; problems: readonly Problem[] }[] = [];
  let measured: JudgeAnswer | null = null;
  let noAnswerCount = 0;
  let lineNumber = 0;
  for (const line of lines) {
    lineNumber += 1;
    if (line.trim() === "") continue;
    const graded = readGraded(line, { asked, contexts, measured });
    if (!graded.ok) {
      rejected.push({ lineNumber, problems: graded.error });
      continue;
    }
    const { context, record: heard } = graded.value;
    measured ??= heard.answer;
    if (heard.answer.kind === "no_answer") {
      noAnswerCount += 1;
      continue;
    }
    const row = counts.get(context) ?? [];
    const known = asked.answers.indexOf(heard.answer.answer);
    const index = known >= 0 ? known : asked.answers.length;
    row[index] = (row[index] ?? 0) + 1;
  }
  if (measured === null) return fail(rejected.flatMap((one) => one.problems));
  const table: JudgeCalibration = {
    format: "interlock.judge-calibration/1",
    question: asked.id,
    model: measured.model,
    promptDigest: measured.promptDigest,
    counts: contexts
      .map((context) => ({ context, answers: counts.get(context) ?? [] }))
      .filter((row) => row.answers.some((count) => count > 0)),
  };
  return ok({
    document: { format: "interlock.judge/1", question: asked, calibration: table },
    rejected,
    noAnswerCount,
  });
}

interface Grading {
  readonly asked: JudgeQuestion;
  readonly contexts: readonly string[];
  readonly measured: JudgeAnswer | null;
}

function readGraded(line: string, { asked, contexts, measured }: Grading) {
  const json = parseJson(line);
  if (!json.ok) return json;
  const known = refine(name(), (value, at) =>
    contexts.includes(value)
      ? value
      : refuseAt(
          at,
          "E_INCIDENT_INVALID",
          `the situation has no context ${quote(value)}`,
          suggestName(value, contexts),
        ),
  );
  const ofThisJudge = refine(record, (value, at) => {
    const { question: id, model, promptDigest } = value.answer;
    if (id !== asked.id)
      return refuseAt(at, "E_INCIDENT_INVALID", `the answer is to ${quote(id)}, not to ${quote(asked.id)}`);
    if (measured !== null && (model !== measured.model || promptDigest !== measured.promptDigest))
      return refuseAt(
        at,
        "E_INCIDENT_INVALID",
        `the answer is by another model or to another wording than the first one, ${quote(measured.model)}`,
      );
    return value;
  });
  return parseWith(object({ context: known, record: ofThisJudge }), json.value);
}
