import { InvariantError, invariant } from "./invariant.ts";
import type { JsonValue } from "./json-value.ts";

/**
 * What can be hashed. Our interfaces have no index signature, so the compiler cannot see that they are a `JsonValue`.
 * That every part is plain data is asserted at run time instead.
 */
export type PlainData = JsonValue | object;

/**
 * The one canonical text of a value (JSON Canonicalization Scheme, RFC 8785): keys sorted by UTF-16 code unit, no
 * spaces, and numbers in ECMAScript's shortest form.
 *
 * Only plain data is accepted. `undefined`, functions, numbers that are not finite, lone surrogates, cycles and
 * instances of classes throw `InvariantError`. Such a value is a defect of ours and never input. A serializer that
 * dropped it would give two different values the same hash.
 *
 * The writer is our own and checks and writes in one pass, because it runs for every event. `bench/canonical.ts`
 * compares it with the `canonicalize` library, which is its oracle in the tests.
 *
 * Cost: O(n), and the sorting of the keys of each object.
 */
export function canonicalText(value: PlainData): string {
  return writeValue(value, 0);
}

function writeValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeText(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      invariant(Number.isFinite(value), "a hashed number is finite");
      // RFC 8785, section 3.2.2.3, asks for ECMAScript's own form. Minus zero becomes `0` in both.
      return `${value}`;
    case "object":
      return value === null ? "null" : writeContainer(value, depth);
    // The types exclude this, but a cast may have let it through.
    default:
      throw new InvariantError(`broken invariant: a hashed value is plain data, not ${typeof value}`);
  }
}

function writeContainer(value: object, depth: number): string {
  if (depth === cycleSuspectedAt) invariant(!holdsCycle(value, []), "a hashed value holds no cycle");
  return Array.isArray(value) ? writeList(value, depth + 1) : writeObject(value, depth + 1);
}

/** Deeper than anything that is read. What goes on from here is searched for a cycle, once for each path to it. */
const cycleSuspectedAt = 256;

function holdsCycle(value: unknown, ancestors: readonly unknown[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (ancestors.includes(value)) return true;
  const above = [...ancestors, value];
  return Object.values(value).some((part) => holdsCycle(part, above));
}

function writeList(list: readonly unknown[], depth: number): string {
  let text = "[";
  // By index, because the iteration methods skip holes.
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) text += ",";
    text += writeValue(list[index], depth);
  }
  return `${text}]`;
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  invariant(prototype === Object.prototype || prototype === null, "a hashed object is plain data");
  const keys = sortInPlace(Object.keys(value));
  let text = "{";
  for (let index = 0; index < keys.length; index += 1) {
    // Both indexes are in range: `keys` holds the object's own keys.
    const key = keys[index] as string;
    if (index > 0) text += ",";
    text += writeKey(key);
    text += writeValue((value as Readonly<Record<string, unknown>>)[key], depth);
  }
  return `${text}}`;
}

/**
 * Keys already written. Every event repeats the same few hundred. The number is bounded, because an input can hold any
 * key.
 */
const writtenKeys = new Map<string, string>();
const writtenKeyCountMax = 4_096;

function writeKey(key: string): string {
  const known = writtenKeys.get(key);
  if (known !== undefined) return known;
  const written = `${writeText(key)}:`;
  if (writtenKeys.size < writtenKeyCountMax) writtenKeys.set(key, written);
  return written;
}

/**
 * Printable ASCII without quotes and backslashes needs no escapes. Nearly every text we hash is like this, and every
 * key.
 */
const literalText = /^[ !#-[\]-~]*$/;

/** A text in canonical form, with its quotes. */
export function writeText(text: string): string {
  if (literalText.test(text)) return `"${text}"`;
  invariant(text.isWellFormed(), "a hashed text holds no lone surrogate");
  // For well-formed text these are exactly the escapes of RFC 8785, section 3.2.2.2.
  return JSON.stringify(text);
}

/**
 * Sorts by UTF-16 code unit, as `<` compares. An insertion sort, because our objects have few keys, mostly in order
 * already.
 */
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
