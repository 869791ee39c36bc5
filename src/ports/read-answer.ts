import { type Code, codes, type Problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { limits } from "../core/value/limits.ts";
import { isNextStep, type NextStep } from "../core/value/next-step.ts";
import { fail, type Result } from "../core/value/result.ts";
import { type Parser, parseWith, refine, refuseAt, text } from "../core/value/shape.ts";
import { objectOf, optional } from "../core/value/shape-object.ts";
import { copyPlain, type PlainLimits } from "./copy-plain.ts";

/** Reads a problem that a port gives: one of our codes, and texts that fit on a screen. */
export const problemParser: Parser<Problem> = objectOf<Problem>({
  code: refine(text(), (code, at) => (isCode(code) ? code : refuseAt(at, "E_SCHEMA", "it is no code of ours"))),
  pointer: text(),
  message: text({ charsMin: 1 }),
  hint: text(),
  next: optional(nextStep()),
});

/** What a problem may take up, and what stands around an answer. */
export const answerLimits: PlainLimits = { levelsMax: 8, unitsMax: 4 * limits.proseCharsMax };

/**
 * Reads what a port answered, strictly: plain data with exactly the fields of its type.
 *
 * @returns the answer as a copy, or what is wrong with it, to be put behind "it"
 */
export function readAnswer<T>(parser: Parser<T>, answer: unknown, within = answerLimits): Result<T, string> {
  const copy = copyPlain(answer, within);
  return copy.ok ? readPlain(parser, copy.value) : copy;
}

/** As `readAnswer`, for what is plain data already. */
export function readPlain<T>(parser: Parser<T>, answer: JsonValue): Result<T, string> {
  const parsed = parseWith(parser, answer);
  if (parsed.ok) return parsed;
  // Our words alone: what was found may be a secret.
  const [first] = parsed.error;
  return fail(`is not of its type${first === undefined || first.pointer === "" ? "" : ` at ${first.pointer}`}`);
}

/** Reads a problem that a port gives beside something else, or `null` where it gives none that can be read. */
export function problemIn(answer: unknown): Problem | null {
  const read = readAnswer(problemParser, answer);
  return read.ok ? read.value : null;
}

/** The field of an answer, if it is its own; reading it may throw. */
export function ownField(answer: unknown, name: string): unknown {
  return typeof answer === "object" && answer !== null && Object.hasOwn(answer, name)
    ? Reflect.get(answer, name)
    : undefined;
}

/** As `readAnswer`, for something that throws instead of answering too. */
export async function awaitAnswer<T>(
  ask: () => unknown,
  read: (answer: unknown) => Result<T, string>,
  onDefect: (error: unknown) => void,
): Promise<Result<T, string>> {
  try {
    return read(await ask());
  } catch (error) {
    onDefect(error);
    return fail(`threw ${nameOf(error)}`);
  }
}

/** The name of what was thrown: its text may quote a secret. */
export function nameOf(error: unknown): string {
  return error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : `a ${typeof error}`;
}

function isCode(code: string): code is Code {
  return Object.hasOwn(codes, code);
}

function nextStep(): Parser<NextStep> {
  return (value, at) => (isNextStep(value) ? value : refuseAt(at, "E_SCHEMA", "it is no next step of ours"));
}
