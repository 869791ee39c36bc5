/** How an interview asks. Every answer is `null` if the person leaves. Tests pass a scripted one. */
export interface Interviewer {
  readonly text: (
    question: string,
    options: { readonly initial?: string; readonly check: (answer: string) => string | null },
  ) => Promise<string | null>;
  readonly choose: (question: string, options: readonly string[]) => Promise<string | null>;
  readonly tell: (text: string) => void;
}

/**
 * The person left: the interview ends and nothing is written. It is thrown because any of some forty questions may be
 * the last, and is caught in one place, `elicit`.
 */
export class InterviewLeft extends Error {
  override readonly name = "InterviewLeft";
}

/** A number between two bounds. */
export async function askNumber(
  interviewer: Interviewer,
  question: string,
  { min, max, initial }: { readonly min: number; readonly max: number; readonly initial?: number },
): Promise<number> {
  const check = (answer: string): string | null => {
    const number = Number(answer.replace(",", "."));
    return answer.trim() !== "" && number >= min && number <= max ? null : `a number from ${min} to ${max}`;
  };
  const answer = await interviewer.text(question, {
    check,
    ...(initial === undefined ? {} : { initial: String(initial) }),
  });
  if (answer === null) throw new InterviewLeft();
  return Number(answer.replace(",", "."));
}

/** Names separated by commas, without duplicates. A name has letters, digits, `_`, `-` and `.`. */
export async function askNames(
  interviewer: Interviewer,
  question: string,
  { countMin, taken = [] }: { readonly countMin: number; readonly taken?: readonly string[] },
): Promise<readonly string[]> {
  const split = (answer: string): readonly string[] =>
    answer
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  const check = (answer: string): string | null => {
    const names = split(answer);
    if (names.length < countMin) return `at least ${countMin} names, separated by commas`;
    const bad = names.find((name) => !/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name) || taken.includes(name));
    if (bad !== undefined) return `${bad} is not a free name of letters, digits, _, - and .`;
    return new Set(names).size === names.length ? null : "each name once";
  };
  const answer = await interviewer.text(question, { check });
  if (answer === null) throw new InterviewLeft();
  return split(answer);
}

/** A line of prose. It may be empty. */
export async function askText(interviewer: Interviewer, question: string, initial: string): Promise<string> {
  const answer = await interviewer.text(question, {
    initial,
    check: (given) => (given.length <= 200 ? null : "at most 200 characters"),
  });
  if (answer === null) throw new InterviewLeft();
  return answer.trim();
}

/** One of several choices. */
export async function askChoice(
  interviewer: Interviewer,
  question: string,
  options: readonly string[],
): Promise<string> {
  const answer = await interviewer.choose(question, options);
  if (answer === null) throw new InterviewLeft();
  return answer;
}
