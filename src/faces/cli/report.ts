import { type Code, codes, type Problem } from "../../core/value/codes.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { type ScreenText, screen, sentence } from "../../core/value/screen.ts";
import { escapeJsonForTerminal } from "../../core/value/text.ts";
import type { CliContext } from "./context.ts";
import { type Starter, wordNext } from "./word-next.ts";

/** The exit code of a refusal is that of its first problem. Problems are in the order in which they would be met. */
export function exitCodeOf(problems: readonly Problem[]): number {
  const [first] = problems;
  return first === undefined ? 0 : codes[first.code].exitCode;
}

/** Prints problems to stderr for a person: code, place and message, then what to do next. Input in them is escaped. */
export function reportProblems(context: CliContext, problems: readonly Problem[]): number {
  const { red, bold, dim } = context.colors;
  for (const found of problems) {
    const { code, pointer, message } = found;
    const place = pointer === "" || !isPlaced(code) ? "" : screen` ${dim(pointer)}`;
    context.err(screen`${red(bold(code))}${place} ${sentence(message)}\n`);
    context.err(screen`  ${dim("→")} ${adviceText(context, found)}\n`);
  }
  return exitCodeOf(problems);
}

/** Whether the pointer leads into a document that a person wrote. Elsewhere it is for programs: `--json` has it. */
function isPlaced(code: Code): boolean {
  const { stage } = codes[code];
  return code !== "E_USAGE" && stage !== "approve" && stage !== "apply" && stage !== "store";
}

/** What to do about something: a hint, and the next step where there is one. */
export interface Advice {
  readonly hint: string;
  readonly next?: NextStep | null;
}

/** Advice for a document: the hint, and the command for its next step if there is one. */
export function adviceOf(starter: Starter, { hint, next }: Advice): string {
  return next === undefined || next === null ? hint : `${hint}; next: ${wordNext(starter, next)}`;
}

/** Advice for a screen. The hint is a sentence of ours, and the command may repeat what was typed. */
export function adviceText(starter: Starter, { hint, next }: Advice): ScreenText {
  const what = sentence(hint);
  return next === undefined || next === null ? what : screen`${what}; next: ${wordNext(starter, next)}`;
}

/**
 * Prints one JSON document on stdout. Every document begins with its format. What a terminal would obey, reorder or
 * hide is a JSON escape in it.
 */
export function printDocument<T extends { readonly format: `interlock.${string}/${number}` }>(
  context: CliContext,
  document: T,
): void {
  context.data(`${escapeJsonForTerminal(JSON.stringify(document, null, 2))}\n`);
}

/** Prints one line of a stream of JSON, as `printDocument` prints a document. */
export function printLine(context: CliContext, item: object): void {
  context.data(`${escapeJsonForTerminal(JSON.stringify(item))}\n`);
}

/** Prints a refusal for scripts or for people, and returns the exit code. */
export function refuse(context: CliContext, problems: readonly Problem[], options: { readonly json: boolean }): number {
  if (!options.json) return reportProblems(context, problems);
  printDocument(context, { format: "interlock.refusal/1", ok: false, problems });
  return exitCodeOf(problems);
}
