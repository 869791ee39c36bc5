import type { CelInput } from "@bufbuild/cel";
import { isJsonArray, type JsonValue } from "../../core/value/json-value.ts";
import { iterationsOf } from "./classifier-cost.ts";

/** Source text is capped: a classifier fits a line. */
const sourceCharsMax = 500;

/** Outputs larger than this are not classified: a probe that returns so much is no probe. */
const outputCharsMax = 100_000;

/** At about 6 µs each, the whole list of outcomes stays far below a second. */
const iterationsMax = 20_000;

/**
 * Maps a probe's raw output to the first declared outcome whose CEL expression over `output` is true; any error,
 * anything too large and anything too costly is `none_of_these`. Full CEL runs here, in a driver, and nowhere in the
 * core.
 */
export async function classifyOutput(
  outcomes: readonly { readonly name: string; readonly when: string }[],
  output: JsonValue,
): Promise<string> {
  if (JSON.stringify(output).length > outputCharsMax) return "none_of_these";
  // 106 ms to import: only runs that probe pay for it.
  const { celEnv, parse, plan } = await import("@bufbuild/cel");
  const input = { output: toCel(output) };
  for (const { name, when } of outcomes) {
    if (when.length > sourceCharsMax || iterationsOf(when, output) > iterationsMax) return "none_of_these";
    try {
      const result: unknown = plan(celEnv(), parse(when))(input);
      if (result === true) return name;
      // An error is a value here too: an outcome that cannot be judged hides which of the later ones would be the
      // first.
      if (result !== false) return "none_of_these";
    } catch {
      return "none_of_these";
    }
  }
  return "none_of_these";
}

/** CEL knows integers and doubles: whole numbers of JSON become integers, so that `output.status == 200` holds. */
function toCel(value: JsonValue): CelInput {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isJsonArray(value)) return value.map(toCel);
  return new Map(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
}
