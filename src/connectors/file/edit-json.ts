import { parseAnswer } from "../../core/value/json.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { describeUnreadable, findUnreadable } from "../../core/value/unreadable.ts";

/**
 * Replaces the value at a pointer in the text of a JSON document and leaves every other byte as it is.
 *
 * @param text - a JSON document; whatever it holds beside the value stays, also what no reader here could keep
 * @returns the new text; refused when there is no value at the pointer, because an edit changes what is there, and when
 *   the pointer leads to something that could not be put back as it was
 */
export function editJson(
  text: string,
  change: { readonly pointer: readonly string[]; readonly value: JsonValue },
): Result<string, string> {
  const parsed = parseAnswer(text, { bytesMax: limits.outputBytesMax, depthLevelsMax: limits.depthLevelsMax });
  if (!parsed.ok) return fail(parsed.error.message);
  const marker = findUnreadable(parsed.value, change.pointer);
  if (marker !== null) return fail(`it leads to ${describeUnreadable(marker)}`);
  const span = change.pointer.reduce<Span | undefined>((outer, token) => outer && findChild(text, outer.start, token), {
    // A byte order mark is no part of the document, and stays.
    start: skipSpace(text, text.startsWith("\ufeff") ? 1 : 0),
    end: text.trimEnd().length,
  });
  if (span === undefined) return fail("there is no such value");
  return ok(`${text.slice(0, span.start)}${JSON.stringify(change.value)}${text.slice(span.end)}`);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

// The walks below trust the grammar: the text has been parsed.

function findChild(text: string, start: number, token: string): Span | undefined {
  if (text[start] !== "{" && text[start] !== "[") return undefined;
  const isObject = text[start] === "{";
  let at = skipSpace(text, start + 1);
  for (let index = 0; text[at] !== "}" && text[at] !== "]"; index += 1) {
    let key = `${index}`;
    if (isObject) {
      const keyEnd = endOfString(text, at);
      // A string of a parsed document is one.
      key = JSON.parse(text.slice(at, keyEnd)) as string;
      at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    }
    const end = endOfValue(text, at);
    if (key === token) return { start: at, end };
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return undefined;
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfString(text, start);
  if (text[start] !== "{" && text[start] !== "[") {
    let at = start;
    while (at < text.length && !/[\s,}\]]/.test(text[at] ?? "")) at += 1;
    return at;
  }
  let depth = 0;
  for (let at = start; ; at += 1) {
    const unit = text[at];
    if (unit === '"') at = endOfString(text, at) - 1;
    else if (unit === "{" || unit === "[") depth += 1;
    else if (unit === "}" || unit === "]") depth -= 1;
    if (depth === 0) return at + 1;
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (" \t\r\n".includes(text[at] ?? "x")) at += 1;
  return at;
}
