import { type Problem, problem } from "./codes.ts";
import { invariant } from "./invariant.ts";
import { isExactNumber } from "./json-number.ts";
import type { JsonValue } from "./json-value.ts";
import { type DocumentLimits, documentLimits, limits } from "./limits.ts";
import { formatPointer } from "./pointer.ts";
import { fail, ok, type Result } from "./result.ts";
import { quote } from "./text.ts";
import { markName, unreadable, unreadableKey } from "./unreadable.ts";
import { decodeUtf8, decodeUtf8Leniently, utf8SizeBytes } from "./utf8.ts";

/** Keys that some reader may take for the machinery of the object itself (prototype pollution). */
export const forbiddenKeys: readonly string[] = ["__proto__", "constructor", "prototype"];

/**
 * Reads one JSON document (RFC 8259) and refuses everything that two readers could understand differently.
 *
 * JSON.parse keeps the last of two equal keys and rounds numbers. What runs would then not be what a person reviewed.
 * Codes: `E_JSON_SIZE` (bytes, before decoding), `E_JSON_UNICODE` (not UTF-8, byte order mark, lone surrogate),
 * `E_JSON_DEPTH`, `E_JSON_DUPLICATE_KEY`, `E_JSON_KEY_FORBIDDEN`, `E_JSON_NUMBER` (see `isExactNumber`), and
 * `E_JSON_INVALID` for everything that the grammar refuses.
 *
 * A document of a wrong size or encoding is not read at all. Otherwise problems are in the order of the text. A
 * violation of the grammar or of the depth ends the reading; the other problems are collected, at most
 * `limits.problemsCountMax` of them.
 *
 * Cost: O(n); about 3 times JSON.parse for a proposal (`node bench/json.ts`). The stack holds at most `depthLevelsMax`
 * levels.
 */
export function parseJson(
  input: string | Uint8Array,
  within: DocumentLimits = documentLimits,
): Result<JsonValue, readonly Problem[]> {
  // Only this limit bounds the recursion, so it must stay far below what the stack can hold.
  invariant(within.depthLevelsMax <= 256, "the depth limit stays within the stack");
  const text = decodeDocument(input, within.bytesMax);
  if (!text.ok) return fail([text.error]);
  const reader = new Reader(text.value, within.depthLevelsMax, null);
  return reader.read();
}

/**
 * Reads the JSON that a system of the world answered. Such an answer is evidence and no instruction, and most of it is
 * read by nobody. So only what RFC 8259 itself does not permit is refused. A part that our canonical bytes cannot hold
 * becomes a marker (`unreadable.ts`), and is refused where a pointer leads to it:
 *
 * - a number that no double holds exactly; a text with half a surrogate pair, or with bytes that are not UTF-8;
 * - the value of a key that stands twice; a key that `parseJson` forbids, and the one that markers use;
 * - what is nested deeper than `depthLevelsMax`.
 *
 * A byte order mark is passed over, as section 8.1 permits, and a negative zero is read as zero, which it equals.
 *
 * Codes: `E_JSON_SIZE`, and `E_JSON_INVALID` for everything that the grammar refuses.
 */
export function parseAnswer(
  input: string | Uint8Array,
  within: DocumentLimits = documentLimits,
): Result<JsonValue, Problem> {
  invariant(within.depthLevelsMax <= 256, "the depth limit stays within the stack");
  if (isLarger(input, within.bytesMax)) return fail(tooLarge(within.bytesMax));
  const { text, isLossy } = typeof input === "string" ? { text: input, isLossy: false } : decodeUtf8Leniently(input);
  const document = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const read = new Reader(document, within.depthLevelsMax, { isLossy }).read();
  // What ends the reading is always reported.
  return read.ok ? read : fail(read.error[0] ?? problem("E_JSON_INVALID", "", "the answer is no JSON"));
}

/** A text never has fewer UTF-8 bytes than code units, so a huge one is refused without being walked. */
function isLarger(input: string | Uint8Array, bytesMax: number): boolean {
  if (input.length > bytesMax) return true;
  return typeof input === "string" && utf8SizeBytes(input) > bytesMax;
}

function tooLarge(bytesMax: number): Problem {
  return problem("E_JSON_SIZE", "", `the document is larger than ${bytesMax} bytes`);
}

function decodeDocument(input: string | Uint8Array, bytesMax: number): Result<string, Problem> {
  if (isLarger(input, bytesMax)) return fail(tooLarge(bytesMax));
  const decoded = typeof input === "string" ? ok(input) : decodeUtf8(input);
  if (!decoded.ok) return fail(problem("E_JSON_UNICODE", "", "the document is not well-formed UTF-8"));
  if (decoded.value.charCodeAt(0) === 0xfeff) {
    return fail(
      problem("E_JSON_UNICODE", "", "the document begins with a byte order mark", "save the file as UTF-8 without BOM"),
    );
  }
  return decoded;
}

/** A number of an answer, or a marker in its place. Minus zero equals zero, so it is read as that. */
function markNumber(token: string, value: number): JsonValue {
  if (isExactNumber(token, value)) return value;
  const isZero = value === 0 && token.startsWith("-") && isExactNumber(token.slice(1), 0);
  return isZero ? 0 : unreadable("number", token);
}

/** Ends the reading. It never leaves this file. */
class Stop extends Error {}

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

// A class, because it lives for one reading and keeps its position, its path and the problems found.
class Reader {
  readonly #text: string;
  readonly #depthLevelsMax: number;
  /** How an answer is read; `null` for a document that is refused where it is not exact. */
  readonly #answer: { readonly isLossy: boolean } | null;
  readonly #path: (string | number)[] = [];
  readonly #problems: Problem[] = [];
  #index = 0;

  constructor(text: string, depthLevelsMax: number, answer: { readonly isLossy: boolean } | null) {
    this.#text = text;
    this.#depthLevelsMax = depthLevelsMax;
    this.#answer = answer;
  }

  read(): Result<JsonValue, readonly Problem[]> {
    try {
      const value = this.#readValue(0);
      this.#skipSpace();
      if (this.#index < this.#text.length) this.#refuseSyntax("the end of the document");
      return this.#problems.length === 0 ? ok(value) : fail(this.#problems);
    } catch (error) {
      if (error instanceof Stop) return fail(this.#problems);
      throw error;
    }
  }

  #readValue(depth: number): JsonValue {
    this.#skipSpace();
    const unit = this.#text.charCodeAt(this.#index);
    switch (unit) {
      case 0x7b:
        return this.#isTooDeep(depth + 1) ? this.#skipDeep() : this.#readObject(depth + 1);
      case 0x5b:
        return this.#isTooDeep(depth + 1) ? this.#skipDeep() : this.#readArray(depth + 1);
      case 0x22:
        return this.#markText(this.#readString());
      case 0x74:
        return this.#readWord("true", true);
      case 0x66:
        return this.#readWord("false", false);
      case 0x6e:
        return this.#readWord("null", null);
      // This switches over characters and not over a tag. Everything else is a number or an error.
      default:
        return this.#readNumber(unit);
    }
  }

  #readObject(depth: number): JsonValue {
    this.#enter(depth);
    const object: Record<string, JsonValue> = Object.create(null);
    if (this.#skipOver(0x7d)) return object;
    do {
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#index) !== 0x22) this.#refuseSyntax("a key in double quotes");
      const keyIndex = this.#index;
      const key = this.#readString();
      this.#path.push(key);
      if (this.#answer === null) this.#checkKey(object, { key, keyIndex });
      if (!this.#skipOver(0x3a)) this.#refuseSyntax("`:`");
      const value = this.#readValue(depth);
      if (this.#answer === null) object[key] = value;
      else this.#keep(object, key, value);
      this.#path.pop();
    } while (this.#skipOver(0x2c));
    if (!this.#skipOver(0x7d)) this.#refuseSyntax("`,` or `}`");
    return object;
  }

  #readArray(depth: number): JsonValue {
    this.#enter(depth);
    const array: JsonValue[] = [];
    if (this.#skipOver(0x5d)) return array;
    do {
      this.#path.push(array.length);
      array.push(this.#readValue(depth));
      this.#path.pop();
    } while (this.#skipOver(0x2c));
    if (!this.#skipOver(0x5d)) this.#refuseSyntax("`,` or `]`");
    return array;
  }

  #enter(depth: number): void {
    if (depth > this.#depthLevelsMax) {
      this.#report(
        "E_JSON_DEPTH",
        this.#index,
        `arrays and objects are nested deeper than ${this.#depthLevelsMax} levels`,
      );
      throw new Stop();
    }
    this.#index += 1;
  }

  #isTooDeep(depth: number): boolean {
    return this.#answer !== null && depth > this.#depthLevelsMax;
  }

  /** Keeps a field of an answer, as far as it can be kept. */
  #keep(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
    if (forbiddenKeys.includes(key) || key === unreadableKey || this.#isSpoilt(key)) markName(object, key);
    else object[key] = key in object ? unreadable("twice", key) : value;
  }

  /** Passes over what is nested too deep. A list of what is still open takes the place of recursion. */
  #skipDeep(): JsonValue {
    const open: number[] = [];
    for (;;) {
      this.#skipSpace();
      const unit = this.#text.charCodeAt(this.#index);
      if (unit === 0x7b || unit === 0x5b) {
        this.#index += 1;
        // `}` and `]` stand two places behind `{` and `[`.
        open.push(unit + 2);
        if (!this.#skipOver(unit + 2)) {
          if (unit === 0x7b) this.#skipName();
          continue;
        }
        open.pop();
      } else this.#readValue(0);
      let end = open.at(-1);
      for (; end !== undefined && this.#skipOver(end); end = open.at(-1)) open.pop();
      if (end === undefined) return unreadable("deep", "");
      if (!this.#skipOver(0x2c)) this.#refuseSyntax(end === 0x7d ? "`,` or `}`" : "`,` or `]`");
      if (end === 0x7d) this.#skipName();
    }
  }

  #skipName(): void {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#index) !== 0x22) this.#refuseSyntax("a key in double quotes");
    this.#readString();
    if (!this.#skipOver(0x3a)) this.#refuseSyntax("`:`");
  }

  #checkKey(object: Record<string, JsonValue>, at: { readonly key: string; readonly keyIndex: number }): void {
    const { key, keyIndex } = at;
    if (forbiddenKeys.includes(key))
      this.#report("E_JSON_KEY_FORBIDDEN", keyIndex, `the key ${quote(key)} is not permitted`);
    // The object has no prototype, so `in` finds only what was read, and a forbidden key is an ordinary key.
    else if (key in object) this.#report("E_JSON_DUPLICATE_KEY", keyIndex, `the key ${quote(key)} occurs twice`);
  }

  #readString(): string {
    const start = this.#index + 1;
    let isSuspect = false;
    for (let index = start; ; index += 1) {
      const unit = this.#text.charCodeAt(index);
      if (unit === 0x22) {
        this.#index = index + 1;
        return this.#finishString(this.#text.slice(start, index), { start, isSuspect });
      }
      if (unit === 0x5c) return this.#readEscapedString(start, index);
      // Past the end the unit is NaN, which fails this comparison too.
      if (!(unit >= 0x20)) this.#refuseInString(index);
      if (unit >= 0xd800 && unit < 0xe000) isSuspect = true;
    }
  }

  #readEscapedString(start: number, firstEscape: number): string {
    const parts = [this.#text.slice(start, firstEscape)];
    let index = firstEscape;
    let from = firstEscape;
    for (;;) {
      const unit = this.#text.charCodeAt(index);
      if (unit !== 0x22 && unit !== 0x5c) {
        if (!(unit >= 0x20)) this.#refuseInString(index);
        index += 1;
        continue;
      }
      parts.push(this.#text.slice(from, index));
      if (unit === 0x22) break;
      const character = this.#decodeEscape(index);
      parts.push(character);
      index += this.#text[index + 1] === "u" ? 6 : 2;
      from = index;
    }
    this.#index = index + 1;
    return this.#finishString(parts.join(""), { start, isSuspect: true });
  }

  #decodeEscape(index: number): string {
    const letter = this.#text[index + 1] ?? "";
    if (letter === "u") {
      const hex = this.#text.slice(index + 2, index + 6);
      if (/^[0-9a-fA-F]{4}$/.test(hex)) return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character !== undefined) return character;
    this.#index = index;
    return this.#refuseSyntax('one of the escapes `\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX`');
  }

  /** A text of an answer, or a marker in its place. */
  #markText(text: string): JsonValue {
    return this.#isSpoilt(text) ? unreadable("text", text) : text;
  }

  /** Whether a text of an answer is not what the target wrote, or cannot be written. */
  #isSpoilt(text: string): boolean {
    if (this.#answer === null) return false;
    return (this.#answer.isLossy && text.includes("\ufffd")) || !text.isWellFormed();
  }

  #finishString(value: string, read: { readonly start: number; readonly isSuspect: boolean }): string {
    if (this.#answer === null && read.isSuspect && !value.isWellFormed()) {
      this.#report("E_JSON_UNICODE", read.start - 1, "the text holds half of a surrogate pair");
    }
    return value;
  }

  #refuseInString(index: number): never {
    this.#index = index;
    return this.#refuseSyntax(index < this.#text.length ? "control characters written as `\\uXXXX`" : 'a closing `"`');
  }

  #readNumber(firstUnit: number): JsonValue {
    const start = this.#index;
    const isNumber = firstUnit === 0x2d || (firstUnit >= 0x30 && firstUnit <= 0x39);
    numberPattern.lastIndex = start;
    if (!isNumber || !numberPattern.test(this.#text)) return this.#refuseSyntax("a value");
    this.#index = numberPattern.lastIndex;
    const token = this.#text.slice(start, this.#index);
    const value = Number(token);
    if (this.#answer !== null) return markNumber(token, value);
    if (!isExactNumber(token, value)) {
      this.#report(
        "E_JSON_NUMBER",
        start,
        // A document that is one number need not be meant as JSON.
        this.#path.length === 0
          ? "this number has no double that stands for it alone and exactly"
          : `the number ${quote(token)} has no double that stands for it alone and exactly`,
      );
    }
    return value;
  }

  #readWord<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#index)) this.#refuseSyntax("a value");
    this.#index += word.length;
    return value;
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#index);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.#index += 1;
    }
  }

  #skipOver(unit: number): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#index) !== unit) return false;
    this.#index += 1;
    return true;
  }

  #refuseSyntax(expected: string): never {
    this.#report("E_JSON_INVALID", this.#index, `expected ${expected}, ${describeFound(this.#text, this.#index)}`);
    throw new Stop();
  }

  #report(code: Problem["code"], index: number, claim: string): void {
    const before = this.#text.slice(0, index);
    const line = before.split("\n").length;
    const column = index - before.lastIndexOf("\n");
    this.#problems.push(problem(code, formatPointer(this.#path), `line ${line}, column ${column}: ${claim}`));
    if (this.#problems.length >= limits.problemsCountMax) throw new Stop();
  }
}

/**
 * What stands where the grammar wants something else. Only JSON's own punctuation is quoted: what is not JSON may be
 * anything, such as a key that somebody named by mistake, and the refusal is recorded.
 */
function describeFound(text: string, index: number): string {
  const character = text.charAt(index);
  if (character === "") return "the document ends";
  if ('{}[]:,"'.includes(character)) return `found ${quote(character)}`;
  return /[A-Za-z0-9_$+.-]/.test(character) ? "found a word" : "found another character";
}
