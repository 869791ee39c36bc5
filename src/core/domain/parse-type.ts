import { isIdentifier, isRootName } from "../guard/formula.ts";
import { decimalLimits, isOnStep, isStep } from "../value/decimal.ts";
import { readInstant } from "../value/instant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../value/json-value.ts";
import { limits } from "../value/limits.ts";
import {
  integer,
  listOf,
  number,
  oneOf,
  type Parser,
  type Place,
  placeBelow,
  refine,
  refuseAt,
  refuseKind,
  text,
} from "../value/shape.ts";
import { object, withDefault } from "../value/shape-object.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import { quote, suggestName } from "../value/text.ts";
import { charsets } from "../value/text-type.ts";
import type { FactType, ValueType } from "./domain.ts";

const word = text({ charsMin: 1, charsMax: limits.nameCharsMax });
const host = text({ charsMin: 1, charsMax: 253, pattern: /^[a-z0-9.:[\]-]+$/, says: "a host in lower case" });
const wholeNumber = integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const anyNumber = number({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
const count = integer({ min: 1, max: limits.listItemsMax });
const length = integer({ min: 1, max: limits.valueBytesMax });
const nestingMax = 8;

/**
 * Reads a type as a pack writes it: `boolean`, a list of words, or an object whose one key is the kind, such as
 * `{integer: [0, 10]}`, `{releases: ["1.9", "1.10"]}`, `{version: semver}`, `{number: [0, 1]}`,
 * `{string: {max: 200, charset: line}}`, `{object: host}`, `{path: 200}`, `{url: [example.org]}`,
 * `{list: {of: …, max: 10}}`, `{record: {name: …}}`.
 */
export function valueType(): Parser<ValueType> {
  return (value, at) => {
    const type = readType(value, at, 0);
    const isOrdered = type?.kind === "decimal" || type?.kind === "instant";
    if (!isOrdered || type.thresholds.length === 0) return type;
    return refuseAt(placeBelow(placeBelow(at, type.kind), "thresholds"), "E_SCHEMA", "only a fact has thresholds");
  };
}

/** Reads the type of a fact. Guards compare facts, so a list or a record is none. */
export function factType(): Parser<FactType> {
  return (value, at) => {
    const parsed = readType(value, at, 0);
    if (parsed === undefined) return undefined;
    switch (parsed.kind) {
      case "boolean":
      case "values":
      case "integer":
      case "releases":
      case "version":
      case "decimal":
      case "instant":
        return parsed;
      case "string":
        return parsed.lengthMax <= limits.factCharsMax ? parsed : refuseLength(parsed.lengthMax, at);
      case "number":
      case "object":
      case "path":
      case "url":
      case "list":
      case "record":
        return refuseAt(at, "E_SCHEMA", `a fact cannot be of the type \`${parsed.kind}\``, factTypesHint);
    }
  };
}

const factTypesHint =
  "use `boolean`, a list of words, `{integer: [min, max]}`, `{string: {max, charset}}`, " +
  "`{releases: [oldest, …, newest]}`, `{version: semver}`, `{decimal: {min, max, step}}` or `instant`";

function refuseLength(lengthMax: number, at: Place): undefined {
  const claim = `a fact has at most ${limits.factCharsMax} characters, found ${lengthMax}`;
  return refuseAt(placeBelow(placeBelow(at, "string"), "max"), "E_SCHEMA", claim);
}

/** The name of a fact, an argument or a field: what a guard can say behind a point without quotes. */
export function identifier(): Parser<string> {
  const says = "a name of ASCII letters, digits and `_` that begins with a letter";
  const written = text({
    charsMin: 1,
    charsMax: limits.nameCharsMax,
    pattern: /^[A-Za-z][A-Za-z0-9_]*$/,
    says,
    code: "E_NAME_CHARSET",
  });
  return refine(written, (value, at) =>
    isIdentifier(value)
      ? value
      : refuseAt(at, "E_NAME_CHARSET", `${quote(value)} is a word of the guards`, "choose another name"),
  );
}

/** Reads the name of a type. Guards begin paths with it, so it may not be one of the roots that guards already have. */
export function typeName(): Parser<string> {
  return refine(identifier(), (value, at) =>
    isRootName(value) && !guardRoots.includes(value)
      ? value
      : refuseAt(at, "E_NAME_CHARSET", `${quote(value)} is a word of the guards`, "choose another name"),
  );
}

const guardRoots: readonly string[] = ["self", "arg", "input", "inventory"];

function readType(value: JsonValue, at: Place, depth: number): ValueType | undefined {
  if (depth > nestingMax) return refuseAt(at, "E_SCHEMA", `types are nested deeper than ${nestingMax} levels`);
  if (value === "boolean") return { kind: "boolean" };
  if (value === "instant") return { kind: "instant", thresholds: [] };
  if (isJsonArray(value)) return readValues(value, at);
  if (!isJsonObject(value))
    return refuseKind(at, "a type: `boolean`, a list of words, or `{integer: [0, 10]}` and the like", value);
  const kinds = Object.keys(value);
  const kind = kinds[0];
  if (kind === undefined || kinds.length > 1)
    return refuseAt(at, "E_SCHEMA", "a type is written with one key, its kind");
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  if (read === undefined)
    return refuseAt(at, "E_SCHEMA", `${quote(kind)} is not a kind of type`, suggestName(kind, Object.keys(readers)));
  // The one listed key has a value.
  return read(value[kind] as JsonValue, placeBelow(at, kind), depth + 1);
}

function readValues(value: JsonValue, at: Place): ValueType | undefined {
  const values = listOf(word, { itemsMin: 1, itemsMax: 256 })(value, at);
  if (values === undefined) return undefined;
  const twice = values.find((item, index) => values.indexOf(item) !== index);
  return twice === undefined ? { kind: "values", values } : refuseAt(at, "E_SCHEMA", `${quote(twice)} stands twice`);
}

type TypeReader = (value: JsonValue, at: Place, depth: number) => ValueType | undefined;

const stringRule = object({ max: withDefault(length, 200), charset: withDefault(oneOf(charsets), "line" as const) });

const readers: Readonly<Record<string, TypeReader>> = {
  values: readValues,
  releases: (value, at) => {
    const read = readValues(value, at);
    return read?.kind === "values" ? { kind: "releases", values: read.values } : undefined;
  },
  decimal: readDecimal,
  instant: (value, at) => {
    const rule = instantRule(value, at);
    return rule && { kind: "instant", thresholds: sortedUnique(rule.thresholds) };
  },
  version: (value, at) => {
    const scheme = oneOf(["semver"])(value, at);
    return scheme && { kind: "version", scheme };
  },
  integer: (value, at) => readRange("integer", { value, at, bound: wholeNumber }),
  number: (value, at) => readRange("number", { value, at, bound: anyNumber }),
  string: (value, at) => {
    const rule = stringRule(value, at);
    return rule && { kind: "string", lengthMax: rule.max, charset: rule.charset };
  },
  object: (value, at) => {
    const of = identifier()(value, at);
    return of === undefined ? undefined : { kind: "object", of };
  },
  path: (value, at) => {
    const lengthMax = length(value, at);
    return lengthMax === undefined ? undefined : { kind: "path", lengthMax };
  },
  url: (value, at) => {
    const hosts = listOf(host, { itemsMin: 1, itemsMax: 100 })(value, at);
    return hosts && { kind: "url", hosts: [...hosts].sort() };
  },
  list: (value, at, depth) => {
    const rule = object({ of: (inner, place) => readType(inner, place, depth), max: count })(value, at);
    return rule && { kind: "list", of: rule.of, countMax: rule.max };
  },
  record: readRecord,
};

const magnitude = number({ min: -decimalLimits.magnitudeMax, max: decimalLimits.magnitudeMax });
const thresholdsMax = 64;
const decimalRule = object({
  min: magnitude,
  max: magnitude,
  step: number({ min: decimalLimits.stepMin, max: decimalLimits.magnitudeMax }),
  thresholds: withDefault(listOf(magnitude, { itemsMax: thresholdsMax }), []),
});

const instantRule = object({
  thresholds: withDefault(
    listOf(
      refine(
        text({ charsMin: 1, charsMax: 64 }),
        (value, at) => readInstant(value) ?? refuseKind(at, "an instant such as `2026-11-30T17:00:00Z`", value),
      ),
      { itemsMax: thresholdsMax },
    ),
    [],
  ),
});

function readDecimal(value: JsonValue, at: Place): ValueType | undefined {
  const rule = decimalRule(value, at);
  if (rule === undefined) return undefined;
  const { min, max, step } = rule;
  const range = { min: -decimalLimits.magnitudeMax, max: decimalLimits.magnitudeMax, step };
  if (!isStep(step))
    return refuseAt(placeBelow(at, "step"), "E_SCHEMA", `a step is a whole number of millionths, found ${step}`);
  if (min > max) return refuseAt(at, "E_SCHEMA", `the range from ${min} to ${max} is empty`);
  const off = [min, max, ...rule.thresholds].find((each) => !isOnStep(each, range) || each < min || each > max);
  if (off !== undefined)
    return refuseAt(at, "E_SCHEMA", `${off} is no multiple of the step ${step} from ${min} to ${max}`);
  const thresholds = [...new Set(rule.thresholds)].sort((left, right) => left - right);
  return { kind: "decimal", min, max, step, thresholds };
}

function readRange(
  kind: "integer" | "number",
  from: { readonly value: JsonValue; readonly at: Place; readonly bound: Parser<number> },
): ValueType | undefined {
  const { value, at, bound } = from;
  const range = listOf(bound, { itemsMin: 2, itemsMax: 2 })(value, at);
  if (range === undefined) return undefined;
  const [min = 0, max = 0] = range;
  return min <= max ? { kind, min, max } : refuseAt(at, "E_SCHEMA", `the range from ${min} to ${max} is empty`);
}

function readRecord(value: JsonValue, at: Place, depth: number): ValueType | undefined {
  if (!isJsonObject(value)) return refuseKind(at, "an object of fields", value);
  const fields = Object.keys(value)
    .sort()
    .map((name) => {
      const below = placeBelow(at, name);
      const known = identifier()(name, below);
      const type = readType(value[name] as JsonValue, below, depth);
      return known === undefined || type === undefined ? undefined : { name: known, type };
    });
  const complete = fields.filter((field) => field !== undefined);
  return complete.length === fields.length ? { kind: "record", fields: complete } : undefined;
}
