import canonicalize from "canonicalize";
import { InvariantError, invariant } from "./invariant.ts";
import type { JsonValue } from "./json.ts";
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
 * Only what `parseJson` can give is accepted. The library drops `undefined` and calls `toJSON`, so that two different
 * values could share a hash; here `undefined`, functions, non-finite numbers, lone surrogates, cycles and objects that
 * are not plain data throw `InvariantError`: such a value is a defect of ours, never input.
 *
 * Cost: O(n log n) in the number of keys, one check and one writing pass.
 */
export function canonicalText(value: PlainData): string {
  requirePlainData(value, []);
  const text = canonicalize(value);
  invariant(text !== undefined, "plain data has a canonical text");
  return text;
}

/** The canonical text as UTF-8: the bytes that are hashed and signed. */
export function canonicalBytes(value: PlainData): Uint8Array {
  return encodeUtf8(canonicalText(value));
}

function requirePlainData(value: unknown, ancestors: readonly unknown[]): void {
  switch (typeof value) {
    case "boolean": return;
    case "string": return requireWellFormed(value);
    case "number": return invariant(Number.isFinite(value), "a hashed number is finite");
    case "object": return value === null ? undefined : requirePlainContainer(value, ancestors);
    // The types say this cannot be; a cast somewhere might still have let it through.
    default: throw new InvariantError(`broken invariant: a hashed value is plain data, not ${typeof value}`);
  }
}

function requirePlainContainer(value: object, ancestors: readonly unknown[]): void {
  invariant(!ancestors.includes(value), "a hashed value holds no cycle");
  const below = [...ancestors, value];
  if (Array.isArray(value)) {
    // Not forEach: it would step over holes.
    for (let index = 0; index < value.length; index += 1) requirePlainData(value[index], below);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  invariant(prototype === null || prototype === Object.prototype, "a hashed object is plain data");
  for (const [key, child] of Object.entries(value)) {
    requireWellFormed(key);
    requirePlainData(child, below);
  }
}

function requireWellFormed(text: string): void {
  invariant(text.isWellFormed(), "a hashed text holds no lone surrogate");
}
