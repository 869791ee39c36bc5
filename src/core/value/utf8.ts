import { fail, ok, type Result } from "./result.ts";

// The codec of the Encoding Standard is pure and part of every engine, but not of ECMAScript's own types. We declare
// only what we use, which keeps the types of Node and of browsers out of the core.
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal: boolean; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/**
 * The UTF-8 bytes of a well-formed text. A lone surrogate would become U+FFFD, so callers check `isWellFormed` first.
 */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Decodes UTF-8 strictly: overlong forms, surrogates and truncated sequences are refused, and a byte order mark is
 * kept.
 */
export function decodeUtf8(bytes: Uint8Array): Result<string, "not_utf8"> {
  try {
    return ok(decoder.decode(bytes));
  } catch {
    // A fatal decoder throws only for malformed bytes.
    return fail("not_utf8");
  }
}

/**
 * Decodes UTF-8 with U+FFFD in place of what is malformed; `isLossy` says whether anything was. A byte order mark is
 * kept.
 */
export function decodeUtf8Leniently(bytes: Uint8Array): { readonly text: string; readonly isLossy: boolean } {
  const strict = decodeUtf8(bytes);
  return strict.ok ? { text: strict.value, isLossy: false } : { text: lenientDecoder.decode(bytes), isLossy: true };
}

/**
 * How many bytes a text takes in UTF-8, without encoding it. A lone surrogate counts 3, as its replacement would.
 *
 * Cost: O(n), without allocation.
 */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair counts 2, which makes the 4 bytes of the pair.
    sizeBytes += unit < 0x800 ? 1 : isPaired(text, index, unit) ? 1 : 2;
  }
  return sizeBytes;
}

function isPaired(text: string, index: number, unit: number): boolean {
  if (unit >= 0xd800 && unit < 0xdc00) return isBetween(text.charCodeAt(index + 1), 0xdc00, 0xdfff);
  if (unit >= 0xdc00 && unit < 0xe000) return index > 0 && isBetween(text.charCodeAt(index - 1), 0xd800, 0xdbff);
  return false;
}

function isBetween(unit: number, low: number, high: number): boolean {
  return unit >= low && unit <= high;
}
