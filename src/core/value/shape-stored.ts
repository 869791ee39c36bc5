import { type Digest, parseDigest } from "./digest.ts";
import { listOf, type Parser, refine, refuseAt, refuseKind, text } from "./shape.ts";

/*
 * Parts of documents that Interlock itself has written. Their sizes were limited when they were made, so a reader sets
 * no limits of its own: what one release wrote, every later one reads.
 */

/** Any text. */
export function anyText(): Parser<string> {
  return (value, at) => (typeof value === "string" ? value : refuseKind(at, "a text", value));
}

/** A list of any length. */
export function anyList<T>(item: Parser<T>): Parser<readonly T[]> {
  return listOf(item, { itemsMax: Number.MAX_SAFE_INTEGER });
}

/** A list of any length with at least one item: an optional field is absent when it would be empty. */
export function someList<T>(item: Parser<T>): Parser<readonly T[]> {
  return listOf(item, { itemsMin: 1, itemsMax: Number.MAX_SAFE_INTEGER });
}

/** A count, a size or a time: a whole number from 0 on. */
export function wholeNumber(): Parser<number> {
  return (value, at) =>
    typeof value === "number" && Number.isInteger(value) && value >= 0
      ? value
      : refuseKind(at, "a whole number from 0 on", value);
}

/** Any number. */
export function anyNumber(): Parser<number> {
  return (value, at) => (typeof value === "number" ? value : refuseKind(at, "a number", value));
}

/** What another parser reads, or `null`. */
export function nullOr<T>(parser: Parser<T>): Parser<T | null> {
  return (value, at) => (value === null ? null : parser(value, at));
}

/** A digest written in full. */
export function digestText(): Parser<Digest> {
  return refine(text({ charsMax: 71 }), (value, at) => {
    const read = parseDigest(value);
    return read.ok ? read.value : refuseAt(at, "E_SCHEMA", read.error);
  });
}
