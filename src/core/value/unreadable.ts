import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { limits } from "./limits.ts";
import { quote } from "./text.ts";

/**
 * The one key of a marker: what stands where an answer held something that our canonical bytes cannot hold. Beside
 * other keys it lists names of the same object that could not be kept. No answer can imitate it: a key of that name in
 * an answer is itself one that is not kept (`parseAnswer`).
 */
export const unreadableKey = "$unreadable";

/**
 * Something that an answer held and that was not kept. `number`: no double holds it exactly. `text`: half a surrogate
 * pair, or bytes that are not UTF-8. `twice`: its key stands twice. `deep`: nested too deep. `document`: a whole body
 * that is not what it should be. `name`: a key that cannot be kept.
 */
export interface Unreadable {
  readonly kind: "number" | "text" | "twice" | "deep" | "document" | "name";
  /** The number as it was written, the text, the key, or the reason. */
  readonly detail: string;
}

/** A marker in the place of a value. */
export function unreadable(kind: Exclude<Unreadable["kind"], "name">, detail: string): JsonObject {
  return { [unreadableKey]: `${kind} ${detail.toWellFormed()}` };
}

/** Notes on an object that one of its names was not kept. */
export function markName(object: Record<string, JsonValue>, name: string): void {
  const names = namesIn(object);
  const written = name.toWellFormed();
  if (names.length < namesMax && !names.includes(written)) object[unreadableKey] = [...names, written];
}

/** Names that are noted on one object. A hostile answer could hold any number. */
const namesMax = 20;

/** The marker in the place of a value, taken apart; `null` for any other value. */
export function readUnreadable(value: JsonValue | undefined): Unreadable | null {
  const written = value !== undefined && isJsonObject(value) ? value[unreadableKey] : undefined;
  if (typeof written !== "string") return null;
  const [kind = ""] = written.split(" ", 1);
  const detail = written.slice(kind.length + 1);
  // A connector of the caller's may have made another marker than ours.
  return isKind(kind) ? { kind, detail } : { kind: "document", detail: quote(written) };
}

/** What was there, in words that go after "found". */
export function describeUnreadable({ kind, detail }: Unreadable): string {
  return described[kind](detail);
}

const described: Readonly<Record<Unreadable["kind"], (detail: string) => string>> = {
  number: (detail) => `the number ${quote(detail)}, which no double holds exactly`,
  text: (detail) => `the text ${quote(detail)}, which is not well-formed Unicode`,
  twice: (detail) => `the key ${quote(detail)} twice`,
  deep: () => `a value that is nested deeper than ${limits.depthLevelsMax} levels`,
  document: (detail) => `a body that cannot be read: ${detail}`,
  name: (detail) => `the key ${quote(detail)}, which is not accepted`,
};

function isKind(kind: string): kind is Unreadable["kind"] {
  return Object.hasOwn(described, kind);
}

/**
 * What keeps the tokens of a pointer from leading to a value that was kept whole: a marker on the way, in its place or
 * inside it. `null` if nothing does, and where the pointer leads to nothing.
 *
 * Cost: linear in the value that it leads to.
 */
export function findUnreadable(document: JsonValue, tokens: readonly string[]): Unreadable | null {
  let value: JsonValue | undefined = document;
  for (const token of tokens) {
    const marker = readUnreadable(value);
    if (marker !== null) return marker;
    if (value === undefined || value === null || typeof value !== "object") return null;
    if (isJsonArray(value)) {
      value = /^(?:0|[1-9][0-9]*)$/.test(token) ? value[Number(token)] : undefined;
    } else {
      if (token === unreadableKey || namesIn(value).includes(token)) return { kind: "name", detail: token };
      value = Object.hasOwn(value, token) ? value[token] : undefined;
    }
  }
  return value === undefined ? null : findInside(value);
}

function findInside(value: JsonValue): Unreadable | null {
  if (value === null || typeof value !== "object") return null;
  const marker = readUnreadable(value);
  if (marker !== null) return marker;
  if (!isJsonArray(value)) {
    const [name] = namesIn(value);
    if (name !== undefined) return { kind: "name", detail: name };
  }
  for (const child of isJsonArray(value) ? value : Object.values(value)) {
    const found = findInside(child);
    if (found !== null) return found;
  }
  return null;
}

function namesIn(object: JsonObject): readonly string[] {
  const names = Object.hasOwn(object, unreadableKey) ? object[unreadableKey] : undefined;
  return names !== undefined && isJsonArray(names) ? names.filter((name) => typeof name === "string") : [];
}
