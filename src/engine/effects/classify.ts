import type { CelError, CelInput } from "@bufbuild/cel";
import { isJsonArray, type JsonValue } from "../../core/value/json-value.ts";
import { readUnreadable, unreadableKey } from "../../core/value/unreadable.ts";
import { iterationsOf } from "./classifier-cost.ts";

/** A classifier fits on a few lines. */
const sourceCharsMax = 500;

/** Outputs larger than this are not classified. */
const outputCharsMax = 100_000;

/** At about 6 µs each, the whole list of outcomes stays far below a second. */
const iterationsMax = 20_000;

/**
 * Maps a probe's raw output to the first declared outcome whose CEL expression over `output` is true. An error, an
 * output that is too large and an expression that costs too much give `none_of_these`. Full CEL runs only here, in a
 * driver, and nowhere in the core.
 */
export async function classifyOutput(
  outcomes: readonly { readonly name: string; readonly when: string }[],
  output: JsonValue,
): Promise<string> {
  if (JSON.stringify(output).length > outputCharsMax) return "none_of_these";
  // Importing the library takes 106 ms, so only runs that probe pay for it.
  const { celEnv, celError, parse, plan } = await import("@bufbuild/cel");
  const input = { output: toCel(output, celError("it could not be kept as the target wrote it")) };
  for (const { name, when } of outcomes) {
    if (when.length > sourceCharsMax || iterationsOf(when, output) > iterationsMax) return "none_of_these";
    try {
      const result: unknown = plan(celEnv(), parse(when))(input);
      if (result === true) return name;
      // The library returns errors as values. If one outcome cannot be judged, nobody knows which one is the first to
      // hold.
      if (result !== false) return "none_of_these";
    } catch {
      return "none_of_these";
    }
  }
  return "none_of_these";
}

/**
 * CEL has integers and doubles. Whole numbers become integers, so that `output.status == 200` holds. What was not kept
 * is an error as soon as an expression comes to it.
 */
function toCel(value: JsonValue, unkept: CelError): CelInput {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isJsonArray(value)) return value.map((item) => toCel(item, unkept));
  // The library's type leaves errors out. It takes one as it takes any other value, and gives it back when it is read.
  if (readUnreadable(value) !== null) return unkept as unknown as CelInput;
  return new Map(
    Object.entries(value).flatMap(([key, item]) => (key === unreadableKey ? [] : [[key, toCel(item, unkept)]])),
  );
}
