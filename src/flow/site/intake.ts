/**
 * Turns what a caller hands to the door into values of our own, before anything is done with them. The door is called
 * from JavaScript too, where types promise nothing and an object can change between two looks at it.
 *
 * A taker reads each field once, checks it and copies it. Only the copy goes on, and it is frozen. A value that
 * cannot be taken, or that throws when it is read, is a problem with a place.
 */
import { type Code, type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { forbiddenKeys } from "../../core/value/json.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { limits } from "../../core/value/limits.ts";
import { childPointer } from "../../core/value/pointer.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { closestName, quote } from "../../core/value/text.ts";

/** What one request has led to so far. */
export interface Intake {
  readonly problems: Problem[];
  /** How many more values may be copied. This also stops values whose shared parts would be copied for ever. */
  valueCountLeft: number;
  /** Lends a callback of the caller's to the flow. `isWaitedFor`: the flow goes on only with its answer. */
  readonly lend: (callback: Callback, options: { readonly isWaitedFor: boolean }) => Callback;
}

/** A function of the caller's, already bound to the object that it came with. */
export type Callback = (...given: readonly unknown[]) => unknown;

/** Takes a value, or reports why not and returns `undefined`. */
export type Taker<T> = (given: unknown, at: Spot) => T | undefined;

/** Where a value stands in what was given. */
export interface Spot {
  readonly pointer: string;
  readonly depth: number;
  /** What holds the value: a callback is called as a method of it. */
  readonly holder: object | undefined;
  readonly intake: Intake;
}

/** A field that may be left out; `undefined` counts as left out. */
export interface OptionalTaker<T> {
  readonly isOptional: true;
  readonly taker: Taker<T>;
}

/** The fields of an object, one for one: the compiler refuses a missing one and one too many. */
export type TakerFields<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? OptionalTaker<Exclude<T[K], undefined>> : Taker<T[K]>;
};

const valueCountMax = 1_000_000;

/** Takes one argument of a method: our copy of it, or every problem. */
export function take<T>(taker: Taker<T>, given: unknown, lend: Intake["lend"]): Result<T, readonly Problem[]> {
  const intake: Intake = { problems: [], valueCountLeft: valueCountMax, lend };
  const spot: Spot = { pointer: "", depth: 0, holder: undefined, intake };
  const value = guarded(taker)(given, spot);
  if (value !== undefined && intake.problems.length === 0) return ok(value);
  if (intake.problems.length === 0) refuse(spot, "cannot be read");
  return fail(intake.problems.slice(0, limits.problemsCountMax));
}

// ------------------------------------------------------------------------------------------------------------- scalars

/** A text that is well-formed Unicode. Every text has a limit. */
export function text(charsMax: number = limits.proseCharsMax): Taker<string> {
  return (given, at) => {
    if (typeof given !== "string") return expected("a text", given, at);
    if (given.length > charsMax)
      return refuse(at, `expected a text of at most ${charsMax} characters, found ${given.length}`);
    return given.isWellFormed() ? given : refuse(at, "expected a text, found half of a surrogate pair in one");
  };
}

/** A path, or another name of a file. It holds no NUL, because no system accepts one in a path. */
export function path(): Taker<string> {
  const read = text(limits.pathCharsMax);
  return (given, at) => {
    const taken = read(given, at);
    return taken?.includes("\0") === true ? refuse(at, "expected a path, found a NUL character in it") : taken;
  };
}

/** A name that is shown everywhere: one line of visible text, not empty. */
export function label(charsMax: number = limits.nameCharsMax): Taker<string> {
  const read = text(charsMax);
  return (given, at) => {
    const taken = read(given, at);
    if (taken === undefined) return undefined;
    if (taken.trim() === "") return refuse(at, "expected a name, found an empty text");
    return unshowable.test(taken) ? refuse(at, `expected a name that can be shown, found ${quote(taken)}`) : taken;
  };
}

/** Control characters, lone surrogates, line separators, and characters that reorder the text around them. */
const unshowable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u;

/** A finite number. */
export function number(): Taker<number> {
  return (given, at) => (typeof given === "number" && Number.isFinite(given) ? given : expected("a number", given, at));
}

/** `true` or `false`. */
export function boolean(): Taker<boolean> {
  return (given, at) => (typeof given === "boolean" ? given : expected("a boolean", given, at));
}

/** One of a few words. */
export function word<const T extends string>(words: readonly T[], what: string): Taker<T> {
  return (given, at) => {
    if (typeof given !== "string") return expected("a text", given, at);
    const known = words.find((candidate) => candidate === given);
    return known ?? refuse(at, `${quote(given)} is not a ${what}`, `use one of ${words.map(quote).join(", ")}`);
  };
}

/** A SHA-256 digest, as `sha256:` and 64 hexadecimal digits. */
export function digestText(): Taker<Digest> {
  return (given, at) => {
    if (typeof given !== "string") return expected("a digest", given, at);
    // The same pattern as in `parseDigest`. Importing that would load the hashing, which opening a site does not need.
    return /^sha256:[0-9a-f]{64}$/.test(given)
      ? (given as Digest)
      : refuse(at, `expected a digest (sha256: and 64 hexadecimal digits), found ${quote(given)}`);
  };
}

// ----------------------------------------------------------------------------------------------- bytes, signals, calls

// The getters of the language itself: an object can have a `length` of its own, and a prototype that is not its own.
const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const kindOfTypedArray = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)?.get;
const lengthOfTypedArray = Object.getOwnPropertyDescriptor(typedArray, "length")?.get;

/** Bytes, copied. A value that only looks like a `Uint8Array` is refused. */
export function bytes(what = "bytes (a Uint8Array)"): Taker<Uint8Array> {
  return (given, at) => {
    if (!isBytes(given)) return expected(what, given, at);
    if (Number(lengthOfTypedArray?.call(given)) > limits.bodyBytesMax)
      return refuseWith("E_JSON_SIZE", at, `the document is larger than ${limits.bodyBytesMax} bytes`);
    // This constructor reads the bytes themselves and calls nothing of the caller's.
    return new Uint8Array(given);
  };
}

function isBytes(given: unknown): given is Uint8Array {
  return typeof given === "object" && kindOfTypedArray?.call(given) === "Uint8Array";
}

const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")?.get;

/** An abort signal. It is not copied, because it is there to be watched. */
export function signal(): Taker<AbortSignal> {
  return (given, at) => {
    if (!(given instanceof AbortSignal)) return expected("an AbortSignal", given, at);
    // Throws for an object that only inherits from `AbortSignal`.
    isAborted?.call(given);
    return given;
  };
}

/** A callback that is told something. What it returns or throws changes nothing; if it throws, that is reported. */
export function tells<T extends (...given: never[]) => unknown>(): Taker<T> {
  return callback<T>({ isWaitedFor: false });
}

/** A callback that the flow waits for, and whose answer says nothing. */
export function waits<T extends (...given: never[]) => unknown>(): Taker<T> {
  return callback<T>({ isWaitedFor: true });
}

/**
 * A callback whose answer the flow waits for and goes on with. The answer is taken like a request; `otherwise` says
 * what the flow gets where it cannot be.
 */
export function asks<A, T extends (...given: never[]) => Promise<A>>(
  answer: Taker<A>,
  otherwise: (problems: readonly Problem[]) => A,
): Taker<T> {
  const takeCallback = callback<(...given: readonly unknown[]) => unknown>({ isWaitedFor: true });
  return (given, at) => {
    const asked = takeCallback(given, at);
    if (asked === undefined) return undefined;
    const { pointer, intake } = at;
    const asking = async (...args: readonly unknown[]): Promise<A> => {
      const taken = take(answer, await asked(...args), intake.lend);
      if (taken.ok) return taken.value;
      return otherwise(taken.error.map((found) => ({ ...found, pointer, message: `of the answer, ${found.message}` })));
    };
    // It takes whatever `given` takes, and answers as T does.
    return asking as unknown as T;
  };
}

function callback<T extends (...given: never[]) => unknown>(options: { readonly isWaitedFor: boolean }): Taker<T> {
  return (given, at) => {
    if (typeof given !== "function") return expected("a function", given, at);
    const { holder, intake } = at;
    const bound: Callback = (...args) => Reflect.apply(given, holder, args);
    // Nobody can look at what a function takes; `asks` checks what it answers.
    return intake.lend(bound, options) as unknown as T;
  };
}

// ---------------------------------------------------------------------------------------------------------- structures

/** What a taker reads, or `null`. */
export function nullOr<T>(taker: Taker<T>): Taker<T | null> {
  return (given, at) => {
    if (given === null) return null;
    const before = at.intake.problems.length;
    const taken = taker(given, at);
    const { problems } = at.intake;
    const [first] = problems.slice(before);
    // "expected a text, found a number" becomes "expected a text or null, found a number".
    if (taken === undefined && first?.pointer === at.pointer)
      problems[before] = {
        ...first,
        message: first.message.replace(/^expected (.*), found/, "expected $1 or null, found"),
      };
    return taken;
  };
}

/** The first of two takers that fits; `isFirst` tells by a look at the value. */
export function either<A, B>(isFirst: (given: unknown) => boolean, first: Taker<A>, second: Taker<B>): Taker<A | B> {
  return (given, at) => (isFirst(given) ? first(given, at) : second(given, at));
}

/** Marks a field that may be left out. */
export function optional<T>(taker: Taker<T>): OptionalTaker<T> {
  return { isOptional: true, taker };
}

/** A list without holes. */
export function listOf<T>(item: Taker<T>, countMax: number = limits.listItemsMax): Taker<readonly T[]> {
  const takeItem = guarded(item);
  return (given, at) => {
    if (!Array.isArray(given)) return expected("a list", given, at);
    const count = given.length;
    if (count > countMax) return refuse(at, `expected a list of at most ${countMax} items, found ${count}`);
    const taken: T[] = [];
    for (let index = 0; index < count; index += 1) {
      if (!spend(at)) return undefined;
      const below = spotBelow(at, String(index), given);
      // A hole is not a value, even if the list inherits one at that index.
      const value: unknown = Object.hasOwn(given, index) ? Reflect.get(given, index) : undefined;
      const copy = takeItem(value, below);
      if (copy !== undefined) taken.push(copy);
    }
    return taken.length === count ? Object.freeze(taken) : undefined;
  };
}

/** A request: an object with exactly these fields as its own. */
export function record<T extends object>(fields: TakerFields<T>): Taker<T> {
  const takeFields = fieldsTaker(fields);
  return (given, at) => {
    if (!isObject(given)) return expected("an object", given, at);
    if (!isPlain(given)) return refuse(at, "expected a plain object, found one with a prototype of its own");
    const names = Object.keys(given);
    refuseUnknown(names, Object.keys(fields), at);
    return takeFields(given, at, (name) => (Object.hasOwn(given, name) ? Reflect.get(given, name) : undefined));
  };
}

/** An object of the caller's own that may have more to it, and inherit: a signer, a person to ask. */
export function port<T extends object>(fields: TakerFields<T>): Taker<T> {
  const takeFields = fieldsTaker(fields);
  return (given, at) =>
    isObject(given) ? takeFields(given, at, (name) => Reflect.get(given, name)) : expected("an object", given, at);
}

/** As `port`, but an unknown field of the object's own is refused as a typing error. */
export function portOnly<T extends object>(fields: TakerFields<T>): Taker<T> {
  const takePort = port(fields);
  return (given, at) => {
    if (isObject(given)) refuseUnknown(Object.keys(given), Object.keys(fields), at);
    return takePort(given, at);
  };
}

/** A request whose field `tag` says which of several shapes it has. */
export function choice<T extends object>(
  tag: string,
  variants: Readonly<Record<string, Taker<T>>>,
  what: string,
): Taker<T> {
  return (given, at) => {
    if (!isObject(given)) return expected("an object", given, at);
    const chosen: unknown = Object.hasOwn(given, tag) ? Reflect.get(given, tag) : undefined;
    const variant = typeof chosen === "string" && Object.hasOwn(variants, chosen) ? variants[chosen] : undefined;
    const below = spotBelow(at, tag, given);
    if (variant !== undefined) return variant(given, at);
    if (typeof chosen !== "string") return expected("a text", chosen, below);
    const known = Object.keys(variants).map(quote).join(", ");
    return refuse(below, `${quote(chosen)} is not a ${what}`, `use one of ${known}`);
  };
}

/** A map from names to texts, such as the environment. Names with the value `undefined` are left out. */
export function textMap(): Taker<Readonly<Record<string, string | undefined>>> {
  // A variable may hold a whole key.
  const read = text(limits.bodyBytesMax);
  return (given, at) => {
    if (!isObject(given)) return expected("an object", given, at);
    const taken: Record<string, string | undefined> = Object.create(null);
    for (const name of Object.keys(given)) {
      if (!spend(at)) return undefined;
      const below = spotBelow(at, name, given);
      const value = guarded<unknown>((holder) => Reflect.get(Object(holder), name) ?? null)(given, below);
      if (value !== null && value !== undefined) taken[name] = read(value, below);
    }
    return Object.freeze(taken);
  };
}

/** Plain data, copied: values that JSON can express, and nothing else. */
export function json(): Taker<JsonValue> {
  return (given, at) => jsonValue(given, { ...at, depth: 0 });
}

const jsonValue: Taker<JsonValue> = (given, at) => {
  if (!spend(at)) return undefined;
  if (at.depth > limits.depthLevelsMax) return refuse(at, `is nested deeper than ${limits.depthLevelsMax} levels`);
  if (given === null || typeof given === "boolean") return given;
  if (typeof given === "string") return jsonText(given, at);
  if (typeof given === "number") return jsonNumber(given, at);
  // The rest exists in JavaScript but not in JSON.
  if (typeof given !== "object") return expected("plain data", given, at);
  return Array.isArray(given) ? jsonList(given, at) : jsonObject(given, at);
};

const jsonText = text(limits.bodyBytesMax);
const jsonNumber = number();
const jsonList = listOf(jsonValue);

function jsonObject(given: object, at: Spot): JsonValue | undefined {
  if (!isPlain(given)) return expected("plain data", given, at);
  const names = Object.keys(given);
  if (names.length > limits.recordEntriesMax)
    return refuse(at, `expected at most ${limits.recordEntriesMax} fields, found ${names.length}`);
  const taken: Record<string, JsonValue> = {};
  const takeValue = guarded(jsonValue);
  let isComplete = true;
  for (const name of names) {
    const below = spotBelow(at, name, given);
    const isKey = name.isWellFormed() && !forbiddenKeys.includes(name);
    const value = isKey ? takeValue(Reflect.get(given, name), below) : refuse(below, "is no name for a field");
    if (value === undefined) isComplete = false;
    else taken[name] = value;
  }
  return isComplete ? Object.freeze(taken) : undefined;
}

// ------------------------------------------------------------------------------------------------------------- helpers

/** As the taker, where a value that throws when it is read is a problem too. Its error is not quoted. */
export function guarded<T>(taker: Taker<T>): Taker<T> {
  return (given, at) => {
    try {
      return taker(given, at);
    } catch {
      return refuse(at, "cannot be read: it threw an error");
    }
  };
}

/** Reports what was expected at a place, and what was found. */
export function expected(what: string, found: unknown, at: Spot): undefined {
  return refuse(at, `expected ${what}, found ${kindOf(found)}`);
}

/** Reports a problem at a place. */
export function refuse(at: Spot, message: string, hint?: string): undefined {
  return refuseWith("E_USAGE", at, message, hint);
}

function refuseWith(code: Code, at: Spot, message: string, hint?: string): undefined {
  at.intake.problems.push(problem(code, at.pointer, message, hint));
}

/** What kind of value this is, in words. Throws nothing. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "number") return Number.isFinite(value) ? "a number" : String(value);
  if (typeof value !== "object") return `a ${typeof value === "string" ? "text" : typeof value}`;
  try {
    if (Array.isArray(value)) return "a list";
    return isBytes(value) ? "bytes" : "an object";
  } catch {
    return "an object that throws";
  }
}

function isObject(given: unknown): given is object {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

/** Whether an object inherits nothing; it may come from another realm, such as a test runner's. */
function isPlain(given: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function fieldsTaker<T extends object>(
  fields: TakerFields<T>,
): (given: object, at: Spot, read: (name: string) => unknown) => T | undefined {
  // `TakerFields` has a taker for each field of T, marked where T may lack it.
  const list = Object.entries(fields) as [string, Taker<unknown> | OptionalTaker<unknown>][];
  const takers = list.map(([name, field]) =>
    typeof field === "function"
      ? { name, isOptional: false, taker: field }
      : { name, isOptional: true, taker: field.taker },
  );
  return (given, at, read) => {
    const before = at.intake.problems.length;
    const taken: Record<string, unknown> = {};
    for (const { name, isOptional, taker } of takers) {
      const readAndTake: Taker<unknown> = (_, below) => {
        const value = read(name);
        return isOptional && value === undefined ? undefined : taker(value, below);
      };
      const value = guarded(readAndTake)(undefined, spotBelow(at, name, given));
      if (value !== undefined) taken[name] = value;
    }
    // Without a problem each field was read by its own taker, which is what T says.
    return at.intake.problems.length === before ? (Object.freeze(taken) as T) : undefined;
  };
}

function refuseUnknown(names: readonly string[], known: readonly string[], at: Spot): void {
  const unknown = names.filter((name) => !known.includes(name)).slice(0, limits.problemsCountMax);
  const missing = known.filter((name) => !names.includes(name));
  for (const name of unknown) {
    const closest = closestName(name, missing);
    const message = `there is no option ${quote(name)}`;
    refuse(
      spotBelow(at, name, undefined),
      message,
      closest === undefined ? undefined : `did you mean ${quote(closest)}?`,
    );
  }
}

/** The place of a part of a value. */
export function spotBelow(at: Spot, token: string, holder: object | undefined): Spot {
  return { pointer: childPointer(at.pointer, token), depth: at.depth + 1, holder, intake: at.intake };
}

/** Counts a value that is copied. Refused once, where there are too many. */
function spend({ intake, pointer }: Spot): boolean {
  intake.valueCountLeft -= 1;
  if (intake.valueCountLeft === -1)
    intake.problems.push(problem("E_USAGE", pointer, `more than ${valueCountMax} values were given`));
  return intake.valueCountLeft >= 0;
}
