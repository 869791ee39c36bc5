import { InvariantError, invariant } from "./invariant.ts";
import type { JsonValue } from "./json-value.ts";
import { encodeUtf8 } from "./utf8.ts";

/**
 * What can be hashed. An interface of ours has no index signature, so the compiler cannot see that it is a `JsonValue`;
 * that every part of it is plain data is asserted at run time instead.
 */
export type PlainData = JsonValue | object;

/**
 * The one canonical text of a value (JSON Canonicalization Scheme, RFC 8785): keys sorted by UTF-16 code unit, no
 * space, numbers in ECMAScript's shortest form.
 *
 * Only what `parseJson` can give is accepted: `undefined`, functions, non-finite numbers, lone surrogates, cycles and objects
 * that are not plain data throw `InvariantError`. Such a value is a defect of ours, never input, and a serializer that drops
 * it would give two different values one hash.
 *
 * Written out by hand, in one pass that checks and writes, because it runs for every event: `bench/canonical.ts` holds it
 * beside the `canonicalize` library, which is its oracle in the tests.
 *
 * Cost: O(n) and the sorting of each object's keys, once per value.
 */
export function canonicalText(value: PlainData): string {
  return writeValue(value, []);
}

/** The canonical text as UTF-8: the bytes that are hashed and signed. */
export function canonicalBytes(value: PlainData): Uint8Array {
  return encodeUtf8(canonicalText(value));
}

function writeValue(value: unknown, ancestors: object[]): string {
  switch (typeof value) {
    case "string":
      return writeText(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      invariant(Number.isFinite(value), "a hashed number is finite");
      // ECMAScript's own form is the one RFC 8785 section 3.2.2.3 asks for; minus zero becomes `0` in both.
      return `${value}`;
    case "object":
      return value === null ? "null" : writeContainer(value, ancestors);
    // The types say this cannot be; a cast somewhere might still have let it through.
    default:
      throw new InvariantError(`broken invariant: a hashed value is plain data, not ${typeof value}`);
  }
}

function writeContainer(value: object, ancestors: object[]): string {
  invariant(!ancestors.includes(value), "a hashed value holds no cycle");
  ancestors.push(value);
  const text = Array.isArray(value) ? writeList(value, ancestors) : writeObject(value, ancestors);
  ancestors.pop();
  return text;
}

function writeList(list: readonly unknown[], ancestors: object[]): string {
  let text = "[";
  // By index, because an iteration method would step over holes.
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) text += ",";
    text += writeValue(list[index], ancestors);
  }
  return `${text}]`;
}

function writeObject(value: object, ancestors: object[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  invariant(prototype === Object.prototype || prototype === null, "a hashed object is plain data");
  const keys = sortInPlace(Object.keys(value));
  let text = "{";
  for (let index = 0; index < keys.length; index += 1) {
    // Both indexes are in range: `keys` holds the object's own keys.
    const key = keys[index] as string;
    if (index > 0) text += ",";
    text += writeKey(key);
    text += writeValue((value as Readonly<Record<string, unknown>>)[key], ancestors);
  }
  return `${text}}`;
}

/** Keys already written, since the same few hundred come again in every event. Bounded: keys of inputs are anybody's. */
const writtenKeys = new Map<string, string>();
const writtenKeyCountMax = 4_096;

function writeKey(key: string): string {
  const known = writtenKeys.get(key);
  if (known !== undefined) return known;
  const written = `${writeText(key)}:`;
  if (writtenKeys.size < writtenKeyCountMax) writtenKeys.set(key, written);
  return written;
}

/** Printable ASCII without quote and backslash, which stands for itself: nearly every text we hash, and every key. */
const literalText = /^[ !#-[\]-~]*$/;

/** One text in canonical form, quotes included. */
export function writeText(text: string): string {
  if (literalText.test(text)) return `"${text}"`;
  invariant(text.isWellFormed(), "a hashed text holds no lone surrogate");
  // For well-formed text exactly the escapes of RFC 8785 section 3.2.2.2.
  return JSON.stringify(text);
}

/** By UTF-16 code unit, as `<` compares. Insertion sort: our objects have few keys, and most are nearly in order. */
function sortInPlace(keys: string[]): string[] {
  if (keys.length > 32) return keys.sort();
  for (let end = 1; end < keys.length; end += 1) {
    // In range: 0 ≤ place < end < length.
    const key = keys[end] as string;
    let place = end;
    for (; place > 0 && (keys[place - 1] as string) > key; place -= 1) keys[place] = keys[place - 1] as string;
    keys[place] = key;
  }
  return keys;
}
