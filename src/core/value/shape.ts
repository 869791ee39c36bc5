import { type Code, codes, type Problem, problem } from "./codes.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "./json-value.ts";
import { limits } from "./limits.ts";
import { childPointer } from "./pointer.ts";
import { fail, ok, type Result } from "./result.ts";
import { quote, suggestName } from "./text.ts";

/** A place in a document, and where problems with it are reported. */
export interface Place {
  readonly pointer: string;
  /** Collects the problems of one `parseWith`. Nothing else here is mutable. */
  readonly problems: Problem[];
  /** The format of the document around it, such as `interlock.plan/2`; `null` outside of a document with a format. */
  readonly format: string | null;
}

/**
 * Turns a JSON value into a typed one, or reports why it cannot and returns `undefined`.
 *
 * A parser that returns `undefined` has reported at least one problem. It reads its other parts first, so that all
 * problems are reported at once.
 */
export type Parser<T> = (value: JsonValue, at: Place) => T | undefined;

/** The type that a parser returns. */
export type Parsed<P> = P extends Parser<infer T> ? T : never;

/** Parses a whole document: the typed value, or every problem found, in the order of the parser's fields. */
export function parseWith<T>(parser: Parser<T>, value: JsonValue): Result<T, readonly Problem[]> {
  const problems: Problem[] = [];
  const parsed = parser(value, { pointer: "", problems, format: null });
  if (problems.length === 0 && parsed !== undefined) return ok(parsed);
  return fail(
    problems.length > 0
      ? problems.slice(0, limits.problemsCountMax)
      : [problem("E_SCHEMA", "", "the document does not parse")],
  );
}

/** The place of a child. */
export function placeBelow(at: Place, token: string | number): Place {
  return new Below(at, token);
}

/**
 * A place that words its pointer only where something is reported: a large plan has a million places. It is a class
 * because an object with a getter of its own takes five times as long.
 */
class Below implements Place {
  readonly problems: Problem[];
  readonly format: string | null;
  readonly #parent: Place;
  readonly #token: string | number;

  constructor(parent: Place, token: string | number) {
    this.problems = parent.problems;
    this.format = parent.format;
    this.#parent = parent;
    this.#token = token;
  }

  get pointer(): string {
    return childPointer(this.#parent.pointer, this.#token);
  }
}

/** Reports a problem at a place and returns `undefined`, so that a parser can return the call. */
export function refuseAt(at: Place, code: Code, message: string, hint: string = codes[code].hint): undefined {
  at.problems.push(problem(code, at.pointer, message, hint));
}

/** What a text must satisfy. */
export interface TextRule {
  readonly charsMax?: number;
  readonly charsMin?: number;
  /** One of our own patterns, anchored at both ends, that matches in linear time. */
  readonly pattern?: RegExp;
  /** What the pattern asks for in words, such as "lower-case letters". */
  readonly says?: string;
  readonly code?: Code;
  /** What is found may hold a secret, such as the password in an address, so no message quotes it. */
  readonly mayHoldSecret?: true;
}

/**
 * A text that satisfies a rule. It has at most `limits.proseCharsMax` code units unless the rule sets another limit.
 */
export function text(rule: TextRule = {}): Parser<string> {
  const { charsMax = limits.proseCharsMax, charsMin = 0, pattern, says = "another form", code = "E_SCHEMA" } = rule;
  const { mayHoldSecret = false } = rule;
  return (value, at) => {
    if (typeof value !== "string") return refuseKind(at, "a text", value);
    if (value.length > charsMax)
      return refuseAt(at, "E_SCHEMA", `expected at most ${charsMax} characters, found ${value.length}`);
    if (value.length < charsMin)
      return refuseAt(at, "E_SCHEMA", `expected at least ${charsMin} characters, found ${value.length}`);
    if (pattern !== undefined && !pattern.test(value))
      return refuseAt(at, code, `expected ${says}, found ${mayHoldSecret ? "another text" : quote(value)}`);
    return value;
  };
}

/** A name: ASCII letters, digits, `_`, `-` and `.`, beginning with a letter or a digit. */
export function name(): Parser<string> {
  const says = "a name of ASCII letters, digits, `_`, `-` and `.`";
  return text({
    charsMin: 1,
    charsMax: limits.nameCharsMax,
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    says,
    code: "E_NAME_CHARSET",
  });
}

/** A whole number within bounds that are included. */
export function integer(within: { readonly min: number; readonly max: number }): Parser<number> {
  return (value, at) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return refuseKind(at, "a whole number", value);
    return checkRange(value, within, at);
  };
}

/** A number within bounds that are included. */
export function number(within: { readonly min: number; readonly max: number }): Parser<number> {
  return (value, at) => (typeof value === "number" ? checkRange(value, within, at) : refuseKind(at, "a number", value));
}

/** `true` or `false`. */
export function boolean(): Parser<boolean> {
  return (value, at) => (typeof value === "boolean" ? value : refuseKind(at, "true or false", value));
}

/** Any JSON value, unchanged. */
export function anyJson(): Parser<JsonValue> {
  return (value) => value;
}

/** One of a list of words. */
export function oneOf<const T extends string>(words: readonly T[]): Parser<T> {
  return (value, at) => {
    if (typeof value !== "string") return refuseKind(at, "a text", value);
    const word = words.find((candidate) => candidate === value);
    return word ?? refuseAt(at, "E_SCHEMA", `${quote(value)} is not a known word`, suggestName(value, words));
  };
}

/** A list. One parser reads all its items. */
export function listOf<T>(
  item: Parser<T>,
  size: { readonly itemsMax?: number; readonly itemsMin?: number } = {},
): Parser<readonly T[]> {
  const { itemsMax = limits.listItemsMax, itemsMin = 0 } = size;
  return (value, at) => {
    if (!isJsonArray(value)) return refuseKind(at, "a list", value);
    if (value.length > itemsMax)
      return refuseAt(at, "E_SCHEMA", `expected at most ${itemsMax} items, found ${value.length}`);
    if (value.length < itemsMin)
      return refuseAt(at, "E_SCHEMA", `expected at least ${itemsMin} items, found ${value.length}`);
    const parsed = value.map((child, index) => item(child, placeBelow(at, index)));
    return parsed.every((child) => child !== undefined) ? parsed : undefined;
  };
}

/**
 * A map from names to values that one parser reads. The result has sorted keys, whatever their order in the input, and
 * no prototype.
 */
export function recordOf<T>(
  item: Parser<T>,
  options: { readonly key?: Parser<string>; readonly entriesMax?: number } = {},
): Parser<Readonly<Record<string, T>>> {
  const { key: keyParser = name(), entriesMax = limits.recordEntriesMax } = options;
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    const keys = Object.keys(value).sort();
    if (keys.length > entriesMax)
      return refuseAt(at, "E_SCHEMA", `expected at most ${entriesMax} entries, found ${keys.length}`);
    const record: Record<string, T> = Object.create(null);
    let isComplete = true;
    for (const key of keys) {
      const below = placeBelow(at, key);
      const parsedKey = keyParser(key, below);
      // Every listed key has a value.
      const parsed = item(value[key] as JsonValue, below);
      if (parsedKey === undefined || parsed === undefined) isComplete = false;
      else record[parsedKey] = parsed;
    }
    return isComplete ? record : undefined;
  };
}

/** Reads with one parser and converts the value. `convert` may refuse the value, and then reports why. */
export function refine<T, U>(parser: Parser<T>, convert: (value: T, at: Place) => U | undefined): Parser<U> {
  return (value, at) => {
    const parsed = parser(value, at);
    return parsed === undefined ? undefined : convert(parsed, at);
  };
}

/** Reports what was expected at a place and what was found. */
export function refuseKind(at: Place, expected: string, value: JsonValue): undefined {
  // A file that is one text or one number need not be meant as ours: it may be a key that was named by mistake.
  const found = at.pointer === "" ? kindOfJson(value) : describeJson(value);
  return refuseAt(at, "E_SCHEMA", `expected ${expected}, found ${found}`);
}

function kindOfJson(value: JsonValue): string {
  if (typeof value === "string") return "a text";
  return typeof value === "number" ? "a number" : describeJson(value);
}

/** A value in words for a message: `the text "web"`, `the number 3`, `an object`. */
export function describeJson(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return `the text ${quote(value)}`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return isJsonArray(value) ? "a list" : "an object";
}

function checkRange(
  value: number,
  within: { readonly min: number; readonly max: number },
  at: Place,
): number | undefined {
  if (value >= within.min && value <= within.max) return value;
  return refuseAt(at, "E_SCHEMA", `expected ${within.min} to ${within.max}, found ${value}`);
}
