import { type Problem, problem } from "../../value/codes.ts";
import { fail, ok, type Result } from "../../value/result.ts";
import { compareNames } from "../situation/canonical-order.ts";
import { type Context, unknownContext } from "../situation/situation.ts";
import { dirichletMean, updateDirichlet } from "../statistics/dirichlet.ts";

/**
 * A language model as a sensor: a fixed question with a closed list of answers, asked before there is a plan.
 *
 * An answer is an observation, read through a *measured* confusion table. What a model says about its own certainty is
 * only text and never becomes a probability. Anyone who can write into the evidence can steer the answer, so it counts
 * as external whatever the table says.
 */
export interface JudgeQuestion {
  readonly id: string;
  readonly question: string;
  /** The answers offered, in order. Anything else the model says is `none_of_these`. */
  readonly answers: readonly string[];
}

/**
 * What an answer off the list counts as. The table counts it like the others, because how often a model strays can be
 * measured.
 */
export const offListAnswer = "none_of_these";

/** What was measured of one judge: how often it gave each answer in incidents whose context a person named. */
export interface JudgeCalibration {
  readonly format: "interlock.judge-calibration/1";
  readonly question: string;
  /** The model that was measured, exactly as its provider names it. */
  readonly model: string;
  /** The digest of the instructions, question and answers it was measured with. Another wording is another sensor. */
  readonly promptDigest: string;
  /** The counts of answers in each context, in the order of the question's answers and then `none_of_these`. */
  readonly counts: readonly { readonly context: string; readonly answers: readonly number[] }[];
}

/**
 * One answer of one judge, as recorded. `no_answer` is a timeout, a refusal or an error, and says nothing about the
 * world.
 */
export type JudgeAnswer =
  | {
      readonly kind: "answered";
      readonly question: string;
      readonly model: string;
      readonly promptDigest: string;
      readonly answer: string;
    }
  | {
      readonly kind: "no_answer";
      readonly question: string;
      readonly model: string;
      readonly promptDigest: string;
      readonly reason: string;
    };

/** A judge that may be listened to: P(answer | context), one row for each context in the order of the situation. */
export interface JudgeSensor {
  readonly question: JudgeQuestion;
  readonly model: string;
  readonly promptDigest: string;
  readonly rows: readonly { readonly context: string; readonly likelihood: readonly number[] }[];
}

/** How many answers must be measured in every named context before a judge counts as calibrated. */
const judgeSamplesMin = 10;

/**
 * Half a pseudo-count for every answer (Jeffreys' prior). An answer never seen in a context is unlikely then, not
 * impossible.
 */
const pseudoCount = 0.5;

/**
 * Turns a measured table into a sensor, or says why the judge must not be listened to.
 *
 * @param calibration - `null` when the judge was never measured
 * @returns every reason at once: not measured, too few answers, another model or wording, contexts the situation does
 *   not have
 */
export function calibrateJudge(
  question: JudgeQuestion,
  calibration: JudgeCalibration | null,
  measured: { readonly contexts: readonly Context[]; readonly model: string; readonly promptDigest: string },
): Result<JudgeSensor, readonly Problem[]> {
  const listProblems = questionProblems(question);
  if (listProblems.length > 0) return fail(listProblems);
  if (calibration === null) return fail([uncalibrated("", `the judge \`${question.id}\` was never measured`)]);
  const problems = [
    ...identityProblems(question, calibration, measured),
    ...countProblems(question, calibration, measured.contexts),
  ];
  if (problems.length > 0) return fail(problems);
  const answerCount = question.answers.length + 1;
  const flat = { concentrations: Array.from({ length: answerCount }, () => pseudoCount) };
  const rows = measured.contexts.map((context) => {
    const counted = calibration.counts.find((row) => row.context === context.id);
    // Nobody can measure `unknown`, so every answer is equally likely under it.
    const likelihood = dirichletMean(counted === undefined ? flat : updateDirichlet(flat, counted.answers));
    return { context: context.id, likelihood };
  });
  return ok({ question, model: measured.model, promptDigest: measured.promptDigest, rows });
}

function questionProblems(question: JudgeQuestion): readonly Problem[] {
  const problems: Problem[] = [];
  if (question.answers.length < 2)
    problems.push(
      problem("E_JUDGE_QUESTION", "/answers", `the question \`${question.id}\` offers fewer than two answers`),
    );
  if (new Set(question.answers).size !== question.answers.length)
    problems.push(problem("E_JUDGE_QUESTION", "/answers", `the question \`${question.id}\` offers an answer twice`));
  if (question.answers.includes(offListAnswer))
    problems.push(
      problem("E_JUDGE_QUESTION", "/answers", `\`${offListAnswer}\` is always possible and must not be declared`),
    );
  return problems;
}

function identityProblems(
  question: JudgeQuestion,
  calibration: JudgeCalibration,
  measured: { readonly model: string; readonly promptDigest: string },
): readonly Problem[] {
  const problems: Problem[] = [];
  if (calibration.question !== question.id)
    problems.push(
      uncalibrated(
        "/question",
        `the table is for the question \`${calibration.question}\`, not for \`${question.id}\``,
      ),
    );
  if (calibration.model !== measured.model)
    problems.push(
      uncalibrated("/model", `the table is for the model \`${calibration.model}\`, not for \`${measured.model}\``),
    );
  if (calibration.promptDigest !== measured.promptDigest)
    problems.push(
      uncalibrated("/promptDigest", `the question \`${question.id}\` was worded differently when it was measured`),
    );
  return problems;
}

function countProblems(
  question: JudgeQuestion,
  calibration: JudgeCalibration,
  contexts: readonly Context[],
): readonly Problem[] {
  const problems: Problem[] = [];
  calibration.counts.forEach((row, index) => {
    const pointer = `/counts/${index}`;
    if (!contexts.some((context) => context.id === row.context))
      problems.push(uncalibrated(pointer, `the situation has no context \`${row.context}\``));
    if (calibration.counts.findIndex((other) => other.context === row.context) !== index)
      problems.push(uncalibrated(pointer, `the context \`${row.context}\` is counted twice`));
    if (row.answers.length !== question.answers.length + 1)
      problems.push(
        uncalibrated(
          `${pointer}/answers`,
          `\`${row.context}\` counts ${row.answers.length} answers, the question has ${question.answers.length} ` +
            `and \`${offListAnswer}\``,
        ),
      );
    if (row.answers.some((count) => !Number.isSafeInteger(count) || count < 0))
      problems.push(uncalibrated(`${pointer}/answers`, "counts are whole numbers from 0"));
  });
  for (const context of contexts) {
    if (context.id === unknownContext) continue;
    const total =
      calibration.counts.find((row) => row.context === context.id)?.answers.reduce((sum, count) => sum + count, 0) ?? 0;
    if (total < judgeSamplesMin)
      problems.push(
        uncalibrated(
          "/counts",
          `${total} answers measured under \`${context.id}\`, at least ${judgeSamplesMin} are needed`,
        ),
      );
  }
  return problems;
}

function uncalibrated(pointer: string, message: string): Problem {
  return problem("E_JUDGE_UNCALIBRATED", pointer, message);
}

/** What one answer says about each context. */
export interface JudgeEvidence {
  readonly question: string;
  readonly answer: string;
  /** Always external: the author of the evidence that a model reads can choose among its answers. */
  readonly integrity: "external";
  /** P(this answer | context), in the order of the situation; all 1 when there was no answer. */
  readonly likelihoodByContext: readonly number[];
}

/**
 * Reads one answer through its measured table.
 *
 * @returns the evidence, or `E_JUDGE_UNCALIBRATED` if the answer is to another question, or by another model or in
 *   another wording than was measured
 */
export function judgeEvidence(sensor: JudgeSensor, answer: JudgeAnswer): Result<JudgeEvidence, readonly Problem[]> {
  const { question, model, promptDigest, rows } = sensor;
  if (answer.question !== question.id || answer.model !== model || answer.promptDigest !== promptDigest) {
    return fail([
      uncalibrated(
        "",
        `the answer to \`${answer.question}\` by \`${answer.model}\` is not from the judge that was measured`,
      ),
    ]);
  }
  if (answer.kind === "no_answer") {
    return ok({
      question: question.id,
      answer: "no_answer",
      integrity: "external",
      likelihoodByContext: rows.map(() => 1),
    });
  }
  const known = question.answers.indexOf(answer.answer);
  const index = known >= 0 ? known : question.answers.length;
  return ok({
    question: question.id,
    answer: known >= 0 ? answer.answer : offListAnswer,
    integrity: "external",
    likelihoodByContext: rows.map((row) => row.likelihood[index] ?? 0),
  });
}

/**
 * The contexts of a situation with their priors after its judges were heard. Each question counts once: a second answer
 * to it is not independent of the first, and counting both would let a model talk itself into certainty.
 *
 * @param evidence - in any order; it is sorted by question, so the order changes nothing
 * @returns `E_JUDGE_REPEATED` when a question was answered twice; `E_JUDGE_UNCALIBRATED` when no context explains the
 *   answers
 */
export function hearJudges(
  contexts: readonly Context[],
  evidence: readonly JudgeEvidence[],
): Result<readonly Context[], readonly Problem[]> {
  const sorted = evidence.toSorted((left, right) => compareNames(left.question, right.question));
  const repeated = sorted.filter((one, index) => index > 0 && sorted[index - 1]?.question === one.question);
  if (repeated.length > 0)
    return fail(
      repeated.map((one) => problem("E_JUDGE_REPEATED", "", `the question \`${one.question}\` was answered twice`)),
    );
  const joint = contexts.map((context, index) =>
    sorted.reduce((weight, one) => weight * (one.likelihoodByContext[index] ?? 0), context.prior),
  );
  const total = joint.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return fail([problem("E_JUDGE_UNCALIBRATED", "", "no context explains the judges' answers")]);
  return ok(contexts.map((context, index) => ({ id: context.id, prior: (joint[index] ?? 0) / total })));
}
