import { mangle } from "../../src/connectors/mangle-json.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import type { RngCursor } from "../../src/core/value/rng.ts";

/** Pieces of text that readers disagree about, or that cost more than they look. */
const pieces: readonly string[] = [
  "__proto__",
  "constructor",
  '{"__proto__":1}',
  "\u0000",
  "\ufeff",
  "\u2028",
  "\u202e",
  "\\ud800",
  "1e999",
  "-0",
  "-0.0",
  "9007199254740993",
  "0.1000000000000000055",
  "NaN",
  "null",
  "true",
  '""',
  "[]",
  "{}",
  "[".repeat(200),
  '{"a":'.repeat(60),
  "&a [*a]",
  "<<: *a",
  "!!js/function x",
  "? ",
  "- ",
  "\t",
  "\r",
  "\n",
  "\n---\n",
  "#",
  "%YAML 1.1",
  "'",
  '"',
  "\\",
  "$secret",
  "{ $arg: x }",
  "sha256:",
  "sha256:".padEnd(71, "0"),
  "x".repeat(5_000),
];

/** The text with one to four changes, most of which leave the rest readable. */
export function mutateText(rng: RngCursor, text: string): string {
  let changed = text;
  for (let left = 1 + rng.below(4); left > 0; left -= 1) changed = changeOnce(rng, changed);
  return changed;
}

function changeOnce(rng: RngCursor, text: string): string {
  const at = rng.below(text.length + 1);
  const length = 1 + rng.below(rng.below(3) === 0 ? 200 : 8);
  switch (rng.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + (pieces[rng.below(pieces.length)] ?? "") + text.slice(at);
    case 2:
      return text.slice(0, at) + (pieces[rng.below(pieces.length)] ?? "") + text.slice(at + length);
    case 3:
      return text.slice(0, at) + text.slice(at, at + length).repeat(2) + text.slice(at + length);
    case 4:
      return text.slice(0, at) + String.fromCharCode(rng.below(0x250)) + text.slice(at + 1);
    case 5:
      return text.slice(0, at);
    default:
      return swapped(text, at, rng.below(text.length + 1), length);
  }
}

function swapped(text: string, left: number, right: number, length: number): string {
  const [from, to] = left < right ? [left, right] : [right, left];
  const size = Math.min(length, to - from);
  return (
    text.slice(0, from) +
    text.slice(to, to + size) +
    text.slice(from + size, to) +
    text.slice(from, from + size) +
    text.slice(to + size)
  );
}

/** A document like this one: a value in it was changed, or its text was, or its bytes are no longer UTF-8. */
export function mutateDocument(rng: RngCursor, document: JsonValue): Buffer {
  const value = rng.below(2) === 0 ? mangle(rng, document) : document;
  const text = JSON.stringify(value);
  const bytes = Buffer.from(rng.below(2) === 0 ? mutateText(rng, text) : text);
  if (rng.below(8) !== 0 || bytes.length === 0) return bytes;
  bytes[rng.below(bytes.length)] = rng.below(256);
  return bytes;
}
