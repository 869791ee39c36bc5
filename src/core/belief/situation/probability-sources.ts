import { isJsonArray, type JsonValue } from "../../value/json-value.ts";
import { boolean, type Parser, type Place, placeBelow, refuseAt, text } from "../../value/shape.ts";
import { object, optional, withDefault } from "../../value/shape-object.ts";
import { sumByName } from "./canonical-order.ts";
import type { NumberSource } from "./situation.ts";
import { finiteNumber, normaliseRow, probability } from "./situation-numbers.ts";

/** What each cell of a row of counts starts with (Jeffreys' prior), so that a count of 0 makes nothing impossible. */
export const countPrior = 0.5;

/** How opinion enters: counted with the incidents, or taken out to see how far the decision rests on it. */
export type OpinionUse = "counted" | "removed";

/** How rows of numbers become probabilities. */
export interface RowRules {
  readonly opinion: OpinionUse;
  /** The most incidents that the opinion in one row may count for. */
  readonly opinionCap: number;
}

/** A row of probabilities and where it came from; the source of a plain list is `null`. */
export interface SourcedRow {
  readonly row: readonly number[];
  readonly source: NumberSource | null;
}

/**
 * Reads a row in one of three forms: a list of probabilities; `{ probabilities, source, opinion: true }`; or `{ counts,
 * opinion, source }`, which holds closed incidents and pseudo-counts of opinion. Opinion is scaled down to the cap.
 *
 * The probability of a cell with n counts and o pseudo-counts is (n + o + ½) / Σ. With opinion removed, a row that
 * rested on opinion alone is uniform.
 */
export function sourcedRow(
  names: readonly string[],
  rules: RowRules,
  readList: (item: Parser<number>) => Parser<readonly number[]>,
): Parser<SourcedRow> {
  const probabilities = readList(probability());
  const counts = readList(count());
  const declared = object({ probabilities, source: withDefault(text(), ""), opinion: withDefault(boolean(), false) });
  const counted = object({ counts: optional(counts), opinion: optional(counts), source: withDefault(text(), "") });
  return (value, at) => {
    if (isPlainRow(value)) {
      const row = probabilities(value, at);
      const normal = row === undefined ? undefined : normaliseRow(names, row, at);
      return normal === undefined ? undefined : { row: normal, source: null };
    }
    if (!hasField(value, "probabilities")) {
      const read = counted(value, at);
      return read === undefined ? undefined : fromCounts(names, rules, read, at);
    }
    const read = declared(value, at);
    const normal =
      read === undefined ? undefined : normaliseRow(names, read.probabilities, placeBelow(at, "probabilities"));
    if (read === undefined || normal === undefined) return undefined;
    const row = read.opinion && rules.opinion === "removed" ? uniform(names) : normal;
    return {
      row,
      source: {
        pointer: at.pointer,
        kind: "probabilities",
        counts: [],
        opinion: [],
        isOpinionOnly: read.opinion,
        source: read.source,
      },
    };
  };
}

/** Every name equally likely. */
export function uniform(names: readonly string[]): readonly number[] {
  return names.map(() => 1 / names.length);
}

interface CountedRow {
  readonly counts?: readonly number[];
  readonly opinion?: readonly number[];
  readonly source: string;
}

function fromCounts(names: readonly string[], rules: RowRules, read: CountedRow, at: Place): SourcedRow | undefined {
  if (read.counts === undefined && read.opinion === undefined) {
    return refuseAt(
      at,
      "E_SCHEMA_MISSING_FIELD",
      "a row needs `probabilities`, `counts` or `opinion`",
      "add one of them, or write the row as a list",
    );
  }
  const counts = read.counts ?? names.map(() => 0);
  const given = read.opinion ?? names.map(() => 0);
  const worth = sumByName(names, given);
  const scale = worth > rules.opinionCap ? rules.opinionCap / worth : 1;
  const opinion = given.map((pseudo) => pseudo * scale);
  const cells = counts.map((n, index) => n + (rules.opinion === "counted" ? (opinion[index] ?? 0) : 0) + countPrior);
  const total = sumByName(names, cells);
  const isOpinionOnly = sumByName(names, counts) === 0;
  return {
    row: cells.map((cell) => cell / total),
    source: {
      pointer: at.pointer,
      kind: "counts",
      counts,
      opinion: worth === 0 ? [] : opinion,
      isOpinionOnly,
      source: read.source,
    },
  };
}

function count(): Parser<number> {
  const read = finiteNumber();
  return (value, at) => {
    const number = read(value, at);
    if (number === undefined || number >= 0) return number;
    return refuseAt(
      at,
      "E_SITUATION_NUMBER",
      `expected a count of at least 0, found ${number}`,
      "counts are never negative",
    );
  };
}

function isPlainRow(value: JsonValue): boolean {
  return isJsonArray(value);
}

function hasField(value: JsonValue, name: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name);
}
