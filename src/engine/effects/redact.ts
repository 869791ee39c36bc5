import type { Reply } from "../../core/run/words/input.ts";
import type { Problem } from "../../core/value/codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { SecretSearch, secretCharsMin } from "./secret-search.ts";

/** Stands where a secret stood. */
const taken = "[secret]";

/**
 * Replaces the secrets of a call wherever its reply repeats them, plain or in one of the usual encodings. Targets echo
 * headers, programs print their environment, and a reply is recorded for ever (I9).
 */
export function redactReply(reply: Reply, secrets: readonly string[]): Reply {
  const search = new SecretSearch(secrets);
  if (search.secrets.length === 0) return reply;
  const inText = (text: string): string => redactCut(redactText(text, search), search);
  if (reply.kind === "applied") {
    const { output, outcome } = reply;
    return { ...reply, output: redactValue(output, search), outcome: outcome === null ? null : inText(outcome) };
  }
  const redacted = { ...reply, problem: redactProblem(reply.problem, inText) };
  if (!("output" in redacted) || redacted.output === undefined) return redacted;
  return { ...redacted, output: redactValue(redacted.output, search) };
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

function redactValue(value: JsonValue, search: SecretSearch): JsonValue {
  // A `…` at the end says that what a program printed was cut there, which may have cut a secret in two.
  if (typeof value === "string") {
    const redacted = redactText(value, search);
    return redacted.endsWith("…") ? redactCut(redacted, search) : redacted;
  }
  if (typeof value === "number") return isSecret(value, search) ? taken : value;
  if (isJsonArray(value) && isSecretList(value, search)) return taken;
  if (isJsonArray(value)) return value.map((item) => redactValue(item, search));
  if (!isJsonObject(value)) return value;
  // `{"0": 115, "1": 51}` is how JSON writes an array of bytes.
  if (isSecretList(Object.values(value), search)) return taken;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactText(key, search), redactValue(item, search)]),
  );
}

/** A target that parses a secret of digits repeats it as a number. */
function isSecret(value: number, { secrets }: SecretSearch): boolean {
  return secrets.some((secret) => Number(secret) === value);
}

/** The bytes or the characters of a secret, one number each. */
function isSecretList(value: readonly JsonValue[], search: SecretSearch): boolean {
  if (value.length < secretCharsMin || !value.every((item) => typeof item === "number")) return false;
  const found = search.find(value.join(","), null);
  return found === null || found.length > 0;
}

function redactText(text: string, search: SecretSearch, cutMin: number | null = null): string {
  const found = search.find(text, cutMin);
  // A text that was made to keep the search busy holds nothing that anybody needs.
  if (found === null) return taken;
  if (found.length === 0) return text;
  const pieces: string[] = [];
  let at = 0;
  for (const { from, to } of found) {
    pieces.push(text.slice(at, from), taken);
    at = to;
  }
  return pieces.join("") + text.slice(at);
}

/** Redacts what a message quotes of a target. A `…` may have cut a secret in two: then its beginning goes too. */
function redactCut(text: string, search: SecretSearch): string {
  const [first = "", ...rest] = text.split("…");
  if (rest.length === 0) return text;
  const redacted = [first, ...rest.slice(0, -1)].map((part) => redactText(part, search, secretCharsMin));
  return [...redacted, rest.at(-1) ?? ""].join("…");
}
