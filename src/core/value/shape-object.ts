import { isJsonObject, type JsonObject, type JsonValue } from "./json-value.ts";
import { type Parsed, type Parser, type Place, placeBelow, refuseAt, refuseKind } from "./shape.ts";
import { closestName, quote, suggestName } from "./text.ts";

/** A field that may be missing. The result then has no such field. */
export interface OptionalField<T> {
  readonly kind: "optional";
  readonly parser: Parser<T>;
  /** The first version of the document's format that may have it; `null` where every version may. */
  readonly since: FormatTag | null;
}

/** A format and its version, such as `interlock.plan/2`. */
export type FormatTag = `${string}/${number}`;

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
  return { kind: "optional", parser, since: null };
}

/** As `optional`, for a field that came with a version of the format: in an earlier version it is an unknown field. */
export function optionalSince<T>(since: FormatTag, parser: Parser<T>): OptionalField<T> {
  return { kind: "optional", parser, since };
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
  const entries = Object.entries(fields);
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    const isExact = refuseUnknown(value, names, at);
    const parsed: Record<string, unknown> = {};
    let isComplete = true;
    for (const [name, field] of entries) {
      const read = parseField(field, { name, in: value }, at);
      if (read === refused) isComplete = false;
      else if (read !== undefined) parsed[name] = read;
    }
    // Each field was read by its own parser, which is what `ParsedFields` states.
    return isExact && isComplete ? (parsed as ParsedFields<F>) : undefined;
  };
}

/** The fields of an object of type `T`, one for one: those that `T` may lack are optional, all others are not. */
export type FieldsOf<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? OptionalField<Exclude<T[K], undefined>> : Parser<T[K]>;
};

/**
 * As `object`, tied to a type in both directions: the compiler refuses a field that the type has and the parser does
 * not read, and one that the type does not have.
 */
export function objectOf<T>(fields: FieldsOf<T>): Parser<T> {
  // `FieldsOf` has one parser for each field of T, and `object` gives what these read and nothing else.
  return object(fields as Fields) as Parser<T>;
}

/**
 * As `objectOf`, for what another process says of itself: a field that this release does not know is left out. Only for
 * what is shown, never for what is decided by.
 */
export function openObjectOf<T>(fields: FieldsOf<T>): Parser<T> {
  const closed = objectOf<T>(fields);
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    return closed(Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(fields, name))), at);
  };
}

/** As `documentOf`, tied to a type in both directions like `objectOf`. The tags are in order, the newest last. */
export function documentOfType<T extends { readonly format: FormatTag }>(
  tags: readonly [T["format"], ...T["format"][]],
  fields: FieldsOf<Omit<T, "format">>,
): Parser<T> {
  // As for `objectOf`; the format is one of T's.
  return documentOf(tags, fields as Fields) as unknown as Parser<T>;
}

/**
 * The tag of a document, such as `interlock.plan/1`, or one of several, the newest last. Another version of the same
 * format is `E_SCHEMA_VERSION`.
 */
export function formatTag<const T extends FormatTag>(...tags: readonly [T, ...T[]]): Parser<T> {
  const tag = tags.at(-1) ?? tags[0];
  const format = tag.slice(0, tag.indexOf("/"));
  return (value, at) => {
    if (typeof value !== "string") return refuseKind(at, `the text ${quote(tag)}`, value);
    const read = tags.find((known) => known === value);
    if (read !== undefined) return read;
    const isKnownFormat = value.slice(0, value.indexOf("/")) === format && value.includes("/");
    return isKnownFormat
      ? refuseAt(at, "E_SCHEMA_VERSION", `this release does not read ${quote(value)}`, `write ${quote(tag)}`)
      : refuseAt(at, "E_SCHEMA", `expected the format ${quote(tag)}, found ${quote(value)}`, `write ${quote(tag)}`);
  };
}

/**
 * A document that names its format: an object with `format` and exactly these fields. Where several versions are read,
 * the newest is the last of the tags.
 *
 * If the format is another one, nothing else is reported. The fields may be right in that other version.
 */
export function documentOf<const T extends FormatTag, const F extends Fields>(
  tags: T | readonly [T, ...T[]],
  fields: F,
): Parser<{ readonly format: T } & ParsedFields<F>> {
  const known = typeof tags === "string" ? ([tags] as const) : tags;
  const readTag = formatTag(...known);
  const readRest = object(fields);
  return (value, at) => {
    if (!isJsonObject(value)) return refuseKind(at, "an object", value);
    const given = value["format"];
    if (given === undefined)
      return refuseAt(at, "E_SCHEMA_MISSING_FIELD", "the field `format` is missing", `add "format": "${known.at(-1)}"`);
    const format = readTag(given, placeBelow(at, "format"));
    if (format === undefined) return undefined;
    const rest = readRest(withoutField(value, "format"), { ...at, format });
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

/** Stands for a field that was refused. No parser returns it. */
const refused = Symbol("refused");

/** A field's value, `undefined` if it is absent and may be, or `refused`. */
function parseField(
  field: Fields[string],
  from: { readonly name: string; readonly in: JsonObject },
  at: Place,
): unknown {
  const given = Object.hasOwn(from.in, from.name) ? from.in[from.name] : undefined;
  if (given === undefined) return absentField(field, from.name, at);
  if (typeof field !== "function" && field.kind === "optional" && !isInFormat(field.since, at.format)) {
    const said = `the field ${quote(from.name)} came with ${quote(field.since ?? "")}`;
    refuseAt(placeBelow(at, from.name), "E_SCHEMA_UNKNOWN_FIELD", said);
    return refused;
  }
  const read = (typeof field === "function" ? field : field.parser)(given, placeBelow(at, from.name));
  return read === undefined ? refused : read;
}

function absentField(field: Fields[string], name: string, at: Place): unknown {
  if (typeof field !== "function") return field.kind === "optional" ? undefined : field.value;
  refuseAt(at, "E_SCHEMA_MISSING_FIELD", `the field ${quote(name)} is missing`, `add the field ${quote(name)}`);
  return refused;
}

/** Whether a document of a format may have what came with a version of it. */
function isInFormat(since: FormatTag | null, format: string | null): boolean {
  if (since === null) return true;
  return (
    format?.slice(0, format.indexOf("/")) === since.slice(0, since.indexOf("/")) &&
    versionOf(format) >= versionOf(since)
  );
}

function versionOf(tag: string): number {
  return Number(tag.slice(tag.indexOf("/") + 1));
}

function refuseUnknown(value: JsonObject, names: readonly string[], at: Place): boolean {
  const keys = Object.keys(value);
  if (keys.every((key) => names.includes(key))) return true;
  // Sorted, so that the problems do not depend on the order of the input.
  const unknown = keys.filter((key) => !names.includes(key)).sort();
  const missing = names.filter((known) => !Object.hasOwn(value, known));
  for (const key of unknown) {
    const closest = closestName(key, missing);
    const hint =
      closest === undefined
        ? `remove the field; known are ${names.map(quote).join(", ")}`
        : `did you mean ${quote(closest)}?`;
    refuseAt(placeBelow(at, key), "E_SCHEMA_UNKNOWN_FIELD", `the field ${quote(key)} is unknown`, hint);
  }
  return false;
}

function withoutField(value: JsonObject, name: string): JsonObject {
  const rest: Record<string, JsonValue> = Object.create(null);
  for (const [key, child] of Object.entries(value)) {
    if (key !== name) rest[key] = child;
  }
  return rest;
}
