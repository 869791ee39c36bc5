import { fail, ok, type Result } from "./result.ts";

// The Encoding Standard's codec is pure, and every engine has it, but ECMAScript's own types do not know it.
// Declaring exactly what we use keeps Node's and the browser's types out of the core.
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a well-formed text; a lone surrogate would become U+FFFD, so callers check `isWellFormed` first. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Strictly decodes UTF-8: overlong forms, surrogates and truncated sequences are refused, a byte order mark is kept. */
export function decodeUtf8(bytes: Uint8Array): Result<string, "not_utf8"> {
  try {
    return ok(decoder.decode(bytes));
  } catch {
    // A fatal decoder throws for one reason only.
    return fail("not_utf8");
  }
}

/**
 * How many bytes the text takes in UTF-8, without encoding it; a lone surrogate counts 3, as its replacement would.
 *
 * Cost: O(n), no allocation.
 */
export function utf8SizeBytes(text: string): number {
  let sizeBytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair adds one byte to its own unit: 2 + 2 = 4.
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
