import { isJsonArray, type JsonValue } from "./json-value.ts";
import { fail, ok, type Result } from "./result.ts";

/**
 * Splits a JSON Pointer (RFC 6901) into its unescaped tokens. `""` is the whole document and has no tokens.
 *
 * A text is refused if it is not empty and does not begin with `/`, or if it holds a `~` that `0` or `1` does not
 * follow.
 */
export function parsePointer(text: string): Result<readonly string[], string> {
  const known = parsedPointers.get(text);
  if (known !== undefined) return known;
  const parsed = splitPointer(text);
  if (parsedPointers.size < parsedPointerCountMax) parsedPointers.set(text, parsed);
  return parsed;
}

/**
 * Pointers already split. Every reading repeats the few hundred of a pack. Bounded, because an input can hold any
 * pointer.
 */
const parsedPointers = new Map<string, Result<readonly string[], string>>();
const parsedPointerCountMax = 4_096;

function splitPointer(text: string): Result<readonly string[], string> {
  if (text === "") return ok([]);
  if (!text.startsWith("/")) return fail("a JSON Pointer is empty or begins with `/`");
  if (/~(?![01])/.test(text)) return fail("in a JSON Pointer `~` is followed by `0` or `1`");
  return ok(text.slice(1).split("/").map(unescapeToken));
}

/** Writes tokens as a JSON Pointer: the inverse of `parsePointer`. */
export function formatPointer(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${escapeToken(token)}`).join("");
}

/** The pointer to a child. */
export function childPointer(pointer: string, token: string | number): string {
  return `${pointer}/${escapeToken(token)}`;
}

/**
 * The value that the tokens of a pointer lead to, or `undefined` when there is none. Only own fields are followed. An
 * array index has no leading zeros, and `-` (past the end) leads nowhere.
 */
export function getAtPointer(document: JsonValue, tokens: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const token of tokens) {
    value = value === undefined ? undefined : getChild(value, token);
  }
  return value;
}

function getChild(value: JsonValue, token: string): JsonValue | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (isJsonArray(value)) return /^(?:0|[1-9][0-9]*)$/.test(token) ? value[Number(token)] : undefined;
  return Object.hasOwn(value, token) ? value[token] : undefined;
}

function escapeToken(token: string | number): string {
  return typeof token === "number" ? String(token) : token.replaceAll("~", "~0").replaceAll("/", "~1");
}

// `~1` comes first. In the other order `~01` would become `/` (RFC 6901, section 4).
function unescapeToken(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
