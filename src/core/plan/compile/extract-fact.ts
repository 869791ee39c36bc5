import type { FactExtraction, FactType, FactValue } from "../../domain/domain.ts";
import { describeType } from "../../domain/value-type.ts";
import { isOfType, spellValue } from "../../guard/guard-type.ts";
import { canonicalText } from "../../value/canonical.ts";
import { roundToStep } from "../../value/decimal.ts";
import { isExactNumber } from "../../value/json-number.ts";
import { isJsonObject, type JsonValue } from "../../value/json-value.ts";
import { describeJson } from "../../value/shape.ts";
import { quote } from "../../value/text.ts";
import { findFactTextFlaw } from "../../value/text-type.ts";
import { describeUnreadable, type Unreadable } from "../../value/unreadable.ts";

/** What became of a fact: its value, or `null` and, where something else was found, what that is. */
export interface Extracted {
  readonly value: FactValue | null;
  readonly why?: string;
}

/**
 * Reads one fact from what its pointer leads to. What is not of the fact's type is no value, and never a default.
 *
 * @param raw - `undefined` where the pointer leads to nothing
 * @param from - `isTyped` is false for a part of the output whose format knows texts alone; `marker` is what keeps the
 *   pointer from leading to a value that was kept whole
 */
export function extractFact(
  extraction: FactExtraction & { readonly type: FactType },
  raw: JsonValue | undefined,
  from: { readonly isTyped: boolean; readonly marker: Unreadable | null },
): Extracted {
  const { type, map, atLeast, pointer } = extraction;
  if (from.marker !== null) {
    const value = atLeast === null ? roundMarked(type, map, from.marker) : compareMarked(from.marker, atLeast);
    if (value !== null) return { value: atLeast === null ? value : inDomain(type, value) };
    return { value, why: `found ${describeUnreadable(from.marker)}, at ${quote(pointer)}` };
  }
  if (raw === undefined) return { value: null };
  const typed = from.isTyped ? raw : readText(raw, atLeast === null ? type : null);
  const value = map === null ? valueOf(type, atLeast, typed) : mapped(type, map, raw);
  // Most systems write null where there is no value.
  if (value !== null || raw === null) return { value };
  const found = `found ${from.isTyped ? describeJson(raw) : describeUntyped(raw)} at ${quote(pointer)}`;
  if (map !== null) return { value, why: `${found}, which \`map\` does not list` };
  const flaw = type.kind === "string" && typeof typed === "string" ? findFactTextFlaw(type, typed) : null;
  const expected = `expected ${atLeast === null ? describeType(type) : "a number"}`;
  return { value, why: flaw === null ? `${found}, ${expected}` : `${found}, which ${flaw}; ${expected}` };
}

/** A text that programs read in different ways stands in its place as an object, whose author says why. */
function describeUntyped(raw: JsonValue): string {
  const { text, disputed } = isJsonObject(raw) ? raw : {};
  return typeof text === "string" && typeof disputed === "string"
    ? `${describeJson(text)}, which programs read in different ways (${disputed}),`
    : describeJson(raw);
}

function valueOf(type: FactType, atLeast: number | null, value: JsonValue): FactValue | null {
  if (atLeast === null) return inDomain(type, value);
  return typeof value === "number" ? inDomain(type, value >= atLeast) : null;
}

/**
 * Compares a number that no double holds with a threshold; `null` if it is not one. Rounding never passes over a
 * double, so the nearest double is on the same side of the threshold as the number, or on it: then nobody knows.
 */
function compareMarked({ kind, detail }: Unreadable, atLeast: number): boolean | null {
  const nearest = Number(detail);
  return kind !== "number" || nearest === atLeast || Number.isNaN(nearest) ? null : nearest > atLeast;
}

/** A number that no double holds, such as one of 20 digits, still has a step that is nearest to it. */
function roundMarked(type: FactType, map: FactExtraction["map"], { kind, detail }: Unreadable): number | null {
  return type.kind === "decimal" && map === null && kind === "number" ? roundToStep(detail, type) : null;
}

function mapped(type: FactType, map: NonNullable<FactExtraction["map"]>, raw: JsonValue): FactValue | null {
  const text = canonicalText(raw);
  const entry = map.find(({ from }) => canonicalText(from) === text);
  return entry === undefined ? null : inDomain(type, entry.to);
}

function inDomain(type: FactType, value: JsonValue): FactValue | null {
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  if (!isPlain) return null;
  if (type.kind === "decimal") return typeof value === "number" ? roundToStep(String(value), type) : null;
  return isOfType(value, type) ? spellValue(value, type) : null;
}

/**
 * The value that a text stands for in a format that knows texts alone. Of a fact only the spelling counts that an edit
 * would write: a value that is put back is then the text that was there. `type` is `null` for a measurement.
 */
function readText(raw: JsonValue, type: FactType | null): JsonValue {
  if (typeof raw !== "string") return raw;
  if (type?.kind === "boolean") return raw === "true" ? true : raw === "false" ? false : raw;
  const isText = type !== null && type.kind !== "integer" && type.kind !== "decimal";
  if (isText || !decimal.test(raw)) return raw;
  // How a decimal is spelt does not count: what is put back is the step nearest to it.
  if (type?.kind === "decimal") return roundToStep(raw, type) ?? raw;
  const number = Number(raw);
  return (type === null ? isExactNumber(raw, number) : String(number) === raw) ? number : raw;
}

const decimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
