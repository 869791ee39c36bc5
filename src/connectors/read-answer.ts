import { parseAnswer } from "../core/value/json.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { limits } from "../core/value/limits.ts";
import { fail, type Result } from "../core/value/result.ts";
import { unreadable } from "../core/value/unreadable.ts";
import { decodeUtf8Leniently } from "../core/value/utf8.ts";

/**
 * Reads the JSON that a system answered, of whatever size it was taken. Parts that the log cannot hold become markers
 * (`core/value/unreadable.ts`).
 *
 * @returns the value, or why it is no JSON
 */
export function readAnsweredJson(bytes: Buffer): Result<JsonValue, string> {
  const read = parseAnswer(bytes, { bytesMax: bytes.length, depthLevelsMax: limits.depthLevelsMax });
  return read.ok ? read : fail(read.error.message);
}

/** A text that a system answered. Bytes that are not UTF-8 make a marker of it, so that nothing takes it for a text. */
export function readAnsweredText(bytes: Buffer): JsonValue {
  const { text, isLossy } = decodeUtf8Leniently(bytes);
  return isLossy ? unreadable("text", text) : text;
}

/** A value, or a marker in its place that says why there is none. No acknowledgement depends on it. */
export function orUnreadable(read: Result<JsonValue, string>): JsonValue {
  return read.ok ? read.value : unreadable("document", read.error);
}
