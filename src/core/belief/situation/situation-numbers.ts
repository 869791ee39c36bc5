import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";
import { type Parser, type Place, placeBelow, refuseAt, refuseKind } from "../../value/shape.ts";
import { quote, suggestName } from "../../value/text.ts";
import { sumByName } from "./canonical-order.ts";

/** A row is taken as written if its sum differs from 1 by at most this, as sums of decimals like 0.1 + 0.2 + 0.7 do. */
const rowSumExact = 1e-12;

/**
 * Up to this difference a row is rescaled to sum to 1, such as thirds written with seven digits. Beyond it the row is
 * refused.
 */
const rowSumTolerance = 1e-6;

/** Reads a finite number. JSON holds no NaN and no infinity, but a caller of the library can pass one. */
export function finiteNumber(): Parser<number> {
  return (value, at) => {
    if (typeof value !== "number") return refuseKind(at, "a number", value);
    return Number.isFinite(value)
      ? value
      : refuseAt(at, "E_SITUATION_NUMBER", `expected a finite number, found ${value}`);
  };
}

/** Reads a probability: a number from 0 to 1. */
export function probability(): Parser<number> {
  const read = finiteNumber();
  return (value, at) => {
    const number = read(value, at);
    if (number === undefined) return undefined;
    if (number >= 0 && number <= 1) return number;
    return refuseAt(at, "E_SITUATION_PROBABILITY", `expected a probability from 0 to 1, found ${number}`);
  };
}

/**
 * Reads something that is given per context: an object from context to item, in which `"*"` stands for the contexts not
 * named, or, when `isScalar` holds for the value, one item for all contexts. A context without an item gets `null`.
 */
export function byContext<T>(
  contextIds: readonly string[],
  item: Parser<T>,
  isScalar: (value: JsonValue) => boolean,
): Parser<readonly (T | null)[]> {
  return (value, at) => {
    if (isScalar(value)) {
      const one = item(value, at);
      return one === undefined ? undefined : contextIds.map(() => one);
    }
    if (!isJsonObject(value)) return refuseKind(at, "a value for every context or an object by context", value);
    const unknownNames = Object.keys(value)
      .filter((key) => key !== "*" && !contextIds.includes(key))
      .sort();
    for (const name of unknownNames) refuseUnknownName(placeBelow(at, name), "context", name, contextIds);
    let isComplete = unknownNames.length === 0;
    const readAt = (key: string): T | null => {
      const given = Object.hasOwn(value, key) ? value[key] : undefined;
      if (given === undefined) return null;
      const parsed = item(given, placeBelow(at, key));
      if (parsed === undefined) isComplete = false;
      return parsed ?? null;
    };
    const others = readAt("*"); // read once, so that a problem in it is reported once
    const items = contextIds.map((id) => (Object.hasOwn(value, id) ? readAt(id) : others));
    return isComplete ? items : undefined;
  };
}

/** Reads a number per context; a single number stands for all contexts. */
export function numbersByContext(
  contextIds: readonly string[],
  item: Parser<number>,
): Parser<readonly (number | null)[]> {
  return byContext(contextIds, item, (value) => typeof value === "number");
}

/** Reads a row of probabilities that sums to 1, one for each name. */
export function probabilityRow(names: readonly string[]): Parser<readonly number[]> {
  const item = probability();
  return (value, at) => {
    if (!isJsonArray(value)) return refuseKind(at, "a list of probabilities", value);
    if (value.length !== names.length) {
      return refuseAt(
        at,
        "E_SITUATION_ROW_LENGTH",
        `expected ${names.length} probabilities (${names.map(quote).join(", ")}), found ${value.length}`,
      );
    }
    const row = value.map((child, index) => item(child, placeBelow(at, index)));
    return row.every((p) => p !== undefined) ? normaliseRow(names, row, at) : undefined;
  };
}

/** The row as written, or rescaled to sum to 1; refuses a sum that rounding does not explain. */
export function normaliseRow(
  names: readonly string[],
  row: readonly number[],
  at: Place,
): readonly number[] | undefined {
  const sum = sumByName(names, row);
  const excess = Math.abs(sum - 1);
  if (excess <= rowSumExact) return row;
  if (excess <= rowSumTolerance) return row.map((p) => p / sum);
  return refuseAt(
    at,
    "E_SITUATION_ROW_SUM",
    `the probabilities of ${names.map(quote).join(", ")} sum to ${Number(sum.toPrecision(9))}, not to 1`,
  );
}

/** Reports a name that is not declared, with a hint to the name that was probably meant. */
export function refuseUnknownName(at: Place, what: string, name: string, known: readonly string[]): undefined {
  return refuseAt(at, "E_SITUATION_NAME_UNKNOWN", `${quote(name)} is not a declared ${what}`, suggestName(name, known));
}

/**
 * Reports every name that occurs again and returns whether none does. `placeOf` gives the place of the name at an
 * index.
 */
export function refuseDuplicates(what: string, names: readonly string[], placeOf: (index: number) => Place): boolean {
  let isDistinct = true;
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return;
    isDistinct = false;
    refuseAt(placeOf(index), "E_SITUATION_NAME_DUPLICATE", `the ${what} ${quote(name)} is declared twice`);
  });
  return isDistinct;
}
