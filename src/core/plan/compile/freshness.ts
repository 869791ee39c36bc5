import type { Freshness } from "../../domain/domain.ts";
import { canonicalText } from "../../value/canonical.ts";
import { instantMs } from "../../value/instant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { getAtPointer, parsePointer } from "../../value/pointer.ts";
import { describeJson } from "../../value/shape.ts";
import { quote } from "../../value/text.ts";

/**
 * Why an output is no reading of how things are now, or `null` if it is one. What does not say when it was read is none
 * either: an instrument that is broken may leave that out first.
 *
 * @param nowMs - Unix milliseconds, as the reader's clock has them
 */
export function findStaleness(fresh: Freshness, output: JsonValue, nowMs: number): string | null {
  const tokens = parsePointer(fresh.pointer);
  const found = tokens.ok ? getAtPointer(output, tokens.value) : undefined;
  const place = quote(fresh.pointer);
  if (found === undefined) return `it is out of date: nothing stands at ${place}`;
  if (fresh.kind === "is")
    return canonicalText(found) === canonicalText(fresh.value)
      ? null
      : `it is out of date: ${place} is ${describeJson(found)}`;
  const atMs = timeOf(found);
  if (atMs === null) return `it is out of date: ${describeJson(found)} at ${place} is no time`;
  const ageMs = nowMs - atMs;
  return ageMs <= fresh.withinMs ? null : `it is out of date: it is ${Math.ceil(ageMs / 1_000)} s old, by ${place}`;
}

/** Numbers below this are seconds since 1970: as milliseconds they would lie before March 1973. */
const millisecondsMin = 100_000_000_000;

function timeOf(found: JsonValue): number | null {
  if (typeof found === "string") return instantMs(found);
  if (typeof found !== "number") return null;
  return found < millisecondsMin ? found * 1_000 : found;
}
