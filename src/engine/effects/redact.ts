import type { Reply } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { findSpelled, type Wanted } from "./spellings.ts";

/** A shorter secret occurs in ordinary text by chance, and protects nothing. */
const secretCharsMin = 6;

/** A secret as it was given, and every form of it that is looked for in all spellings of its characters. */
interface Form {
  /** What a number that repeats the secret has as its digits; `null` for an encoded form. */
  readonly plain: string | null;
  readonly wanted: Wanted;
}

/**
 * Replaces the secrets of a call wherever its reply repeats them, plain or in one of the usual encodings. Targets echo
 * headers, programs print their environment, and a reply is recorded for ever (I9).
 */
export function redactReply(reply: Reply, secrets: readonly string[]): Reply {
  const forms = [...new Set(secrets)]
    .filter((secret) => secret.length >= secretCharsMin)
    .flatMap(formsOf)
    // Longest first, so that a form that contains another is replaced as a whole.
    .sort((left, right) => right.wanted.length - left.wanted.length);
  if (forms.length === 0) return reply;
  const inText = (text: string): string => redactCut(redactText(text, forms), forms);
  if (reply.kind === "applied") {
    const { output, outcome } = reply;
    return { ...reply, output: redactValue(output, forms), outcome: outcome === null ? null : inText(outcome) };
  }
  const redacted = { ...reply, problem: redactProblem(reply.problem, inText) };
  if (!("output" in redacted) || redacted.output === undefined) return redacted;
  return { ...redacted, output: redactValue(redacted.output, forms) };
}

/** Every text of a problem that its connector chose. Its code is one of ours. */
function redactProblem(given: Problem, inText: (text: string) => string): Problem {
  const { code, pointer, message, hint, next } = given;
  const redacted = { code, pointer: inText(pointer), message: inText(message), hint: inText(hint) };
  if (next === undefined) return redacted;
  const texts = Object.values(next)
    .flat()
    .filter((text) => text !== next.do);
  // A next step that repeats a secret is left out: with its text redacted it would say something else.
  return texts.some((text) => inText(text) !== text) ? redacted : { ...redacted, next };
}

function redactValue(value: JsonValue, forms: readonly Form[]): JsonValue {
  // A `…` at the end says that what a program printed was cut there, which may have cut a secret in two.
  if (typeof value === "string") {
    const redacted = redactText(value, forms);
    return redacted.endsWith("…") ? redactCut(redacted, forms) : redacted;
  }
  if (typeof value === "number") return isSecret(value, forms) ? "[secret]" : value;
  if (isJsonArray(value)) return value.map((item) => redactValue(item, forms));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactText(key, forms), redactValue(item, forms)]),
  );
}

/** A target that parses a secret of digits repeats it as a number. */
function isSecret(value: number, forms: readonly Form[]): boolean {
  return forms.some(({ plain }) => plain !== null && Number(plain) === value);
}

function redactText(text: string, forms: readonly Form[]): string {
  return forms.reduce((redacted, { wanted }) => replaceFound(redacted, wanted, null), text);
}

/** Redacts what a message quotes of a target. A `…` may have cut a secret in two: then its beginning goes too. */
function redactCut(text: string, forms: readonly Form[]): string {
  const [first = "", ...rest] = text.split("…");
  if (rest.length === 0) return text;
  const redacted = [first, ...rest.slice(0, -1)].map((part) =>
    forms.reduce((known, { wanted }) => replaceFound(known, wanted, secretCharsMin), part),
  );
  return [...redacted, rest.at(-1) ?? ""].join("…");
}

function replaceFound(text: string, wanted: Wanted, cutMin: number | null): string {
  const found = findSpelled(text, wanted, cutMin);
  // A text that was made to keep the search busy holds nothing that anybody needs.
  if (found === null) return "[secret]";
  if (found.length === 0) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const { from, to } of found) {
    pieces.push(text.slice(at, from), "[secret]");
    at = to;
  }
  return pieces.join("") + text.slice(at);
}

/**
 * What is looked for: the secret, its bytes in hexadecimal, and its bytes in both alphabets of Base64, which go
 * together in three ways, by how many bytes come before them. Each character of these counts in every spelling.
 */
function formsOf(secret: string): readonly Form[] {
  const bytes = Buffer.from(secret);
  const hex = [...bytes.toString("hex")].map((digit) => [...new Set([digit, digit.toUpperCase()])]);
  return [
    { plain: secret, wanted: [...secret].map((character) => [character]) },
    { plain: null, wanted: hex },
    ...[0, 1, 2].map((offset) => ({ plain: null, wanted: base64Core(bytes, offset) })),
  ];
}

/** The characters of a Base64 text that depend on the secret alone, if `offset` other bytes come before it. */
function base64Core(bytes: Buffer, offset: number): Wanted {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replaceAll("=", "");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  const otherOf: Readonly<Record<string, string>> = { "+": "-", "/": "_" };
  return [...encoded.slice(from, to)].map((character) => [character, otherOf[character] ?? []].flat());
}
