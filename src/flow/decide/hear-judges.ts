import { calibrateJudge, hearJudges, type JudgeEvidence, judgeEvidence } from "../../core/belief/judge/judge.ts";
import { type JudgeDocument, parseJudge, parseJudgeAnswer } from "../../core/belief/judge/judge-documents.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { parseJson } from "../../core/value/json.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { promptDigestOf } from "../../investigate/judge/index.ts";

/** Judges whose answers are used before the plan. */
export interface HeardJudges {
  /** The situation, with the judges' answers in its priors. */
  readonly situation: Situation;
  readonly evidence: readonly JudgeEvidence[];
}

/**
 * Reads judges (`interlock.judge/1`) and their recorded answers (`interlock.judge-answer/1`), and weighs each answer by
 * its judge's measured table. An answer is refused if its judge was never measured, or was measured with another
 * wording or model.
 */
export function hearJudgeFiles(
  files: { readonly judges: readonly Uint8Array[]; readonly heard: readonly Uint8Array[] },
  situation: Situation,
): Result<HeardJudges, readonly Problem[]> {
  if (files.heard.length === 0) return ok({ situation, evidence: [] });
  const judges: JudgeDocument[] = [];
  for (const bytes of files.judges) {
    const judge = readDocument(bytes, parseJudge);
    if (!judge.ok) return judge;
    judges.push(judge.value);
  }
  const evidence: JudgeEvidence[] = [];
  for (const bytes of files.heard) {
    const answer = readDocument(bytes, parseJudgeAnswer);
    if (!answer.ok) return answer;
    const judge = judges.find((candidate) => candidate.question.id === answer.value.question);
    if (judge === undefined)
      return fail([problem("E_JUDGE_UNCALIBRATED", "", `no judge given asks ${quote(answer.value.question)}`)]);
    // The wording is the one that would be sent today. A table that was measured with another wording belongs to
    // another sensor.
    const sensor = calibrateJudge(judge.question, judge.calibration, {
      contexts: situation.contexts,
      model: answer.value.model,
      promptDigest: promptDigestOf(judge.question),
    });
    if (!sensor.ok) return sensor;
    const heard = judgeEvidence(sensor.value, answer.value);
    if (!heard.ok) return heard;
    evidence.push(heard.value);
  }
  const contexts = hearJudges(situation.contexts, evidence);
  return contexts.ok ? ok({ situation: { ...situation, contexts: contexts.value }, evidence }) : contexts;
}

function readDocument<T>(
  bytes: Uint8Array,
  parse: (value: JsonValue) => Result<T, readonly Problem[]>,
): Result<T, readonly Problem[]> {
  const json = parseJson(bytes);
  return json.ok ? parse(json.value) : json;
}
