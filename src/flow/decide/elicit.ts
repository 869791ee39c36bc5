import type { DocumentEdit } from "../../core/belief/calibrate/edits.ts";
import { checkSanity, type SanityCheck, sanityQuestions } from "../../core/belief/calibrate/indifference.ts";
import { percentText, utilityText } from "../../core/belief/figures.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { editSituationText, writeSituationText } from "../../packs/edit-yaml.ts";
import { readSituation } from "../../packs/read-situation.ts";
import { interviewSituation } from "./interview.ts";
import { askChoice, askNumber, type Interviewer, InterviewLeft } from "./interviewer.ts";

/** The result of an interview: a situation's file, or that the person left and nothing is to be written. */
export type Elicited = { readonly kind: "elicited"; readonly situationText: string } | { readonly kind: "left" };

/**
 * Interviews a person for a situation and questions the answers. Writes nothing.
 *
 * @param request.situation - a situation whose numbers are only questioned, or `null` to ask for a new one
 */
export async function elicit(
  request: { readonly situation: Uint8Array | null },
  interviewer: Interviewer,
): Promise<Result<Elicited, readonly Problem[]>> {
  try {
    const begun = checked(
      request.situation === null
        ? writeSituationText(await interviewSituation(interviewer))
        : new TextDecoder().decode(request.situation),
    );
    if (!begun.ok) return begun;
    return ok({ kind: "elicited", situationText: await questionAnswers(interviewer, begun.value) });
  } catch (error) {
    if (!(error instanceof InterviewLeft)) throw error;
    return ok({ kind: "left" });
  }
}

function checked(text: string): Result<string, readonly Problem[]> {
  const file = readSituation(new TextEncoder().encode(text));
  return file.ok ? ok(text) : file;
}

/**
 * Asks "at what P(…) would you act?" about every context, shows what contradicts the numbers, and lets the person
 * correct them.
 */
async function questionAnswers(interviewer: Interviewer, text: string): Promise<string> {
  let current = text;
  const asked = new Set<string>();
  for (;;) {
    const situation = situationIn(current);
    const question = sanityQuestions(situation).find((candidate) => !asked.has(candidate.context));
    if (question === undefined) return current;
    asked.add(question.context);
    const percent = await askNumber(
      interviewer,
      `how sure of ${question.context} must you be, in percent, to do ${question.act} rather than ${question.instead}?`,
      { min: 0, max: 100 },
    );
    const check = checkSanity(situation, question, percent / 100);
    interviewer.tell(describeCheck(check));
    if (!check.isContradiction) continue;
    const edits = await correct(interviewer, situation, check);
    if (edits.length > 0) current = editSituationText(current, edits);
  }
}

function situationIn(text: string): Situation {
  const file = readSituation(new TextEncoder().encode(text));
  if (!file.ok) throw new Error(`an edited situation is refused: ${JSON.stringify(file.error)}`);
  return file.value.situation;
}

const keep = "keep the numbers";
const change = "change a utility";

/** Lets the person set one utility of the response again. Which one is the person's choice, never ours. */
async function correct(
  interviewer: Interviewer,
  situation: Situation,
  { question }: SanityCheck,
): Promise<readonly DocumentEdit[]> {
  if ((await askChoice(interviewer, "what do you want to do?", [keep, change])) === keep) return [];
  const context = await askChoice(
    interviewer,
    `under which context is the utility of ${question.act} not what you mean?`,
    situation.contexts.map((one) => one.id),
  );
  const responseIndex = situation.responses.findIndex((response) => response.id === question.act);
  const utilities = situation.responses[responseIndex]?.utilityByContext ?? [];
  const contextIndex = situation.contexts.findIndex((one) => one.id === context);
  const utility = await askNumber(interviewer, `${question.act} under ${context} is worth`, {
    min: -1e9,
    max: 1e9,
    initial: utilities[contextIndex] ?? 0,
  });
  const all = situation.contexts.map(
    (one, index) => [one.id, index === contextIndex ? utility : (utilities[index] ?? 0)] as const,
  );
  return [{ kind: "put", path: ["responses", responseIndex, "utility"], value: Object.fromEntries(all) }];
}

/** What an answer says about the numbers, in one or two sentences. */
function describeCheck({ question, stated, implied, isContradiction, worthElsewhere }: SanityCheck): string {
  const says =
    implied.kind === "at"
      ? `from P(${question.context}) = ${percentText(implied.probability)} on`
      : implied.kind === "always"
        ? "at any probability"
        : "never";
  const numbers = `by your numbers ${question.act} beats ${question.instead} ${says}`;
  if (!isContradiction) return `${numbers}: that agrees`;
  const verdict = `${numbers}, you said ${percentText(stated)}: one of the two is not what you mean`;
  if (worthElsewhere === null) return verdict;
  const [needed, declared] = [utilityText(worthElsewhere.needed), utilityText(worthElsewhere.declared)];
  const right = `${question.act} were worth ${needed} when it is not ${question.context}, and you said ${declared}`;
  return `${verdict}; your answer would be right if ${right}`;
}
