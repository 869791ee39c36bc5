import type { Reply } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";

/** A shorter secret occurs in ordinary text by chance, and protects nothing. */
const secretCharsMin = 6;

/**
 * Replaces the secrets of a call wherever its reply repeats them, plain or in one of the usual encodings. Targets echo
 * headers, programs print their environment, and a reply is recorded for ever (I9).
 */
export function redactReply(reply: Reply, secrets: readonly string[]): Reply {
  const forms = [...new Set(secrets.filter((secret) => secret.length >= secretCharsMin).flatMap(formsOf))]
    // Longest first, so that a form that contains another is replaced as a whole.
    .sort((left, right) => right.length - left.length);
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
  const texts = Object.values(next).filter((text) => text !== next.do);
  // A next step that repeats a secret is left out: with its text redacted it would say something else.
  return texts.some((text) => inText(text) !== text) ? redacted : { ...redacted, next };
}

function redactValue(value: JsonValue, forms: readonly string[]): JsonValue {
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
function isSecret(value: number, forms: readonly string[]): boolean {
  return forms.some((form) => Number(form) === value);
}

function redactText(text: string, forms: readonly string[]): string {
  return forms.reduce((redacted, form) => redacted.replaceAll(form, "[secret]"), text);
}

/** Redacts what a message quotes of a target. A `…` in it may have cut a secret in two: then its beginning goes too. */
function redactCut(text: string, forms: readonly string[]): string {
  const [first = "", ...rest] = text.split("…");
  const redacted = [first, ...rest.slice(0, -1)].map((part) => withoutBeginning(part, forms));
  return rest.length === 0 ? text : [...redacted, rest.at(-1) ?? ""].join("…");
}

/** Cuts off the beginning of a secret at the end of a text. */
function withoutBeginning(text: string, forms: readonly string[]): string {
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, text.length); length >= secretCharsMin; length -= 1) {
      if (text.endsWith(form.slice(0, length))) return `${text.slice(0, -length)}[secret]`;
    }
  }
  return text;
}

/**
 * The spellings in which a secret travels: as it is, percent-encoded, inside JSON, in hexadecimal and in both alphabets
 * of Base64.
 */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64Core(bytes, offset)),
  ];
}

/** The characters of a Base64 text that depend on the secret alone, if `offset` other bytes come before it. */
function base64Core(bytes: Buffer, offset: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .replaceAll("=", "");
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  const core = encoded.slice(from, to);
  return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}
