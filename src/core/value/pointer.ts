import { isJsonArray, type JsonValue } from "./json-value.ts";
import { fail, ok, type Result } from "./result.ts";

/**
 * Splits a JSON Pointer (RFC 6901) into its unescaped tokens; `""` is the whole document and has none.
 *
 * Refused: text that is neither empty nor begins with `/`, and a `~` not followed by `0` or `1`.
 */
export function parsePointer(text: string): Result<readonly string[], string> {
  const known = parsedPointers.get(text);
  if (known !== undefined) return known;
  const parsed = splitPointer(text);
  if (parsedPointers.size < parsedPointerCountMax) parsedPointers.set(text, parsed);
  return parsed;
}

/** Pointers already split, since the same few hundred of a pack come again with every reading. Bounded: others are anybody's. */
const parsedPointers = new Map<string, Result<readonly string[], string>>();
const parsedPointerCountMax = 4_096;

function splitPointer(text: string): Result<readonly string[], string> {
  if (text === "") return ok([]);
  if (!text.startsWith("/")) return fail("a JSON Pointer is empty or begins with `/`");
  if (/~(?![01])/.test(text)) return fail("in a JSON Pointer `~` is followed by `0` or `1`");
  return ok(text.slice(1).split("/").map(unescapeToken));
}

/** Writes tokens as a JSON Pointer, the inverse of `parsePointer`. */
export function formatPointer(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${escapeToken(token)}`).join("");
}

/** The pointer one level below. */
export function childPointer(pointer: string, token: string | number): string {
  return `${pointer}/${escapeToken(token)}`;
}

/**
 * The value a pointer's tokens lead to, or `undefined` when there is none. Only own fields are followed, and an array
 * index is written without leading zeros; `-` (past the end) leads nowhere.
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

// `~1` first: the other way round `~01` would end as `/` (RFC 6901, section 4).
function unescapeToken(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
