import { isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { type Parsed, type Parser, type Place, placeBelow, refuseAt, refuseKind } from "./shape.ts";
import { closestName, quote, suggestName } from "./text.ts";

/** A field that may be missing. The result then has no such field. */
export interface OptionalField<T> {
  readonly kind: "optional";
  readonly parser: Parser<T>;
}

/** A field that may be missing. The result then has the given value. */
export interface DefaultField<T> {
  readonly kind: "default";
  readonly parser: Parser<T>;
  readonly value: T;
}

/** The fields of an object. A bare parser stands for a required field. */
export type Fields = Readonly<Record<string, Parser<unknown> | OptionalField<unknown> | DefaultField<unknown>>>;

type FieldValue<F> =
  F extends Parser<infer T> ? T : F extends OptionalField<infer T> ? T : F extends DefaultField<infer T> ? T : never;
type OptionalName<F extends Fields> = { [K in keyof F]: F[K] extends OptionalField<unknown> ? K : never }[keyof F];

/** The type of the object that fields describe. */
export type ParsedFields<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalName<F>>]: FieldValue<F[K]> } & {
  readonly [K in OptionalName<F>]?: FieldValue<F[K]>;
};

/** Marks a field that may be missing. */
export function optional<T>(parser: Parser<T>): OptionalField<T> {
  return { kind: "optional", parser };
}

/** Marks a field that may be missing, with the value that stands for it. */
export function withDefault<T>(parser: Parser<T>, value: T): DefaultField<T> {
  return { kind: "default", parser, value };
}

/**
 * An object with exactly these fields. A missing or unknown field is refused, with a hint to the name that was probably
 * meant.
 */
export function object<const F extends Fields>(fields: F): Parser<ParsedFields<F>> {
  const names = Object.keys(fields);
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    const isExact = refuseUnknown(value, names, at);
    const parsed: Record<string, unknown> = {};
    let isComplete = true;
    for (const name of names) {
      // Every listed name has a field.
      const found = parseField(fields[name] as Fields[string], { name, in: value }, at);
      if (found.kind === "refused") isComplete = false;
      else if (found.kind === "parsed") parsed[name] = found.value;
    }
    // Each field was read by its own parser, which is what `ParsedFields` states.
    return isExact && isComplete ? (parsed as ParsedFields<F>) : undefined;
  };
}

/** The tag of a document, such as `interlock.plan/1`. Another version of the same format is `E_SCHEMA_VERSION`. */
export function formatTag<const T extends `${string}/${number}`>(tag: T): Parser<T> {
  const format = tag.slice(0, tag.indexOf("/"));
  return (value, at) => {
    if (typeof value !== "string") return refuseKind(at, `the text ${quote(tag)}`, value);
    if (value === tag) return tag;
    const isKnownFormat = value.slice(0, value.indexOf("/")) === format && value.includes("/");
    return isKnownFormat
      ? refuseAt(at, "E_SCHEMA_VERSION", `this release does not read ${quote(value)}`, `write ${quote(tag)}`)
      : refuseAt(at, "E_SCHEMA", `expected the format ${quote(tag)}, found ${quote(value)}`, `write ${quote(tag)}`);
  };
}

/**
 * A document that names its format: an object with `format` and exactly these fields.
 *
 * If the format is another one, nothing else is reported. The fields may be right in that other version.
 */
export function documentOf<const T extends `${string}/${number}`, const F extends Fields>(
  tag: T,
  fields: F,
): Parser<{ readonly format: T } & ParsedFields<F>> {
  const readTag = formatTag(tag);
  const readRest = object(fields);
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    const given = value["format"];
    if (given === undefined)
      return refuseAt(at, "E_SCHEMA_MISSING_FIELD", "the field `format` is missing", `add "format": "${tag}"`);
    const format = readTag(given, placeBelow(at, "format"));
    if (format === undefined) return undefined;
    const rest = readRest(withoutField(value, "format"), at);
    return rest === undefined ? undefined : { format, ...rest };
  };
}

/** A discriminated union. The field `tag` chooses the parser that reads the whole object. */
export function taggedBy<const V extends Readonly<Record<string, Parser<unknown>>>>(
  tag: string,
  variants: V,
): Parser<Parsed<V[keyof V]>> {
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    const given = value[tag];
    if (given === undefined) return refuseAt(at, "E_SCHEMA_MISSING_FIELD", `the field ${quote(tag)} is missing`);
    if (typeof given !== "string") return refuseKind(placeBelow(at, tag), "a text", given);
    const variant = Object.hasOwn(variants, given) ? variants[given] : undefined;
    // Some parser of V read it.
    if (variant !== undefined) return variant(value, at) as Parsed<V[keyof V]> | undefined;
    return refuseAt(
      placeBelow(at, tag),
      "E_SCHEMA",
      `${quote(given)} is not a known kind`,
      suggestName(given, Object.keys(variants)),
    );
  };
}

type Found =
  | { readonly kind: "parsed"; readonly value: unknown }
  | { readonly kind: "absent" }
  | { readonly kind: "refused" };

function parseField(field: Fields[string], from: { readonly name: string; readonly in: JsonObject }, at: Place): Found {
  const given = Object.hasOwn(from.in, from.name) ? from.in[from.name] : undefined;
  if (given !== undefined) {
    const parser = typeof field === "function" ? field : field.parser;
    const value = parser(given, placeBelow(at, from.name));
    return value === undefined ? { kind: "refused" } : { kind: "parsed", value };
  }
  if (typeof field !== "function")
    return field.kind === "optional" ? { kind: "absent" } : { kind: "parsed", value: field.value };
  refuseAt(
    at,
    "E_SCHEMA_MISSING_FIELD",
    `the field ${quote(from.name)} is missing`,
    `add the field ${quote(from.name)}`,
  );
  return { kind: "refused" };
}

function refuseUnknown(value: JsonObject, names: readonly string[], at: Place): boolean {
  // Sorted, so that the problems do not depend on the order of the input.
  const unknown = Object.keys(value)
    .filter((key) => !names.includes(key))
    .sort();
  const missing = names.filter((known) => !Object.hasOwn(value, known));
  for (const key of unknown) {
    const closest = closestName(key, missing);
    const hint =
      closest === undefined
        ? `remove the field; known are ${names.map(quote).join(", ")}`
        : `did you mean ${quote(closest)}?`;
    refuseAt(placeBelow(at, key), "E_SCHEMA_UNKNOWN_FIELD", `the field ${quote(key)} is unknown`, hint);
  }
  return unknown.length === 0;
}

function withoutField(value: JsonObject, name: string): JsonObject {
  const rest: Record<string, JsonValue> = Object.create(null);
  for (const [key, child] of Object.entries(value)) {
    if (key !== name) rest[key] = child;
  }
  return rest;
}
