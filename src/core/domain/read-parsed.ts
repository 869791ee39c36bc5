import { isJsonArray } from "../value/json-value.ts";
import { anyJson, oneOf, type Parser, refuseKind } from "../value/shape.ts";
import { objectOf, taggedBy } from "../value/shape-object.ts";
import { anyList, anyNumber, anyText, nullOr, wholeNumber } from "../value/shape-stored.ts";
import { charsets } from "../value/text-type.ts";
import type { FactExtraction, FactType, FactValue, OutcomeDeclaration, OutputField, ValueType } from "./domain.ts";

/*
 * Reads parts of a domain in their parsed form, in which a plan pins them. `parse-domain.ts` and its neighbours read
 * the form that people write.
 */

type KindOf<T extends { readonly kind: string }, Kind extends T["kind"]> = Extract<T, { readonly kind: Kind }>;

const factTypes = {
  boolean: objectOf<KindOf<FactType, "boolean">>({ kind: oneOf(["boolean"]) }),
  values: objectOf<KindOf<FactType, "values">>({ kind: oneOf(["values"]), values: anyList(anyText()) }),
  integer: objectOf<KindOf<FactType, "integer">>({ kind: oneOf(["integer"]), min: anyNumber(), max: anyNumber() }),
  string: objectOf<KindOf<FactType, "string">>({
    kind: oneOf(["string"]),
    lengthMax: wholeNumber(),
    charset: oneOf(charsets),
  }),
  releases: objectOf<KindOf<FactType, "releases">>({ kind: oneOf(["releases"]), values: anyList(anyText()) }),
  version: objectOf<KindOf<FactType, "version">>({ kind: oneOf(["version"]), scheme: oneOf(["semver"]) }),
  decimal: objectOf<KindOf<FactType, "decimal">>({
    kind: oneOf(["decimal"]),
    min: anyNumber(),
    max: anyNumber(),
    step: anyNumber(),
    thresholds: anyList(anyNumber()),
  }),
  instant: objectOf<KindOf<FactType, "instant">>({ kind: oneOf(["instant"]), thresholds: anyList(anyText()) }),
} satisfies { readonly [Kind in FactType["kind"]]: Parser<KindOf<FactType, Kind>> };

/** The type of a fact. */
export const parsedFactType: Parser<FactType> = taggedBy("kind", factTypes);

/** The type of an argument or an output. */
// A function, because a list and a record have types inside.
export const parsedValueType: Parser<ValueType> = (value, at) => valueTypes(value, at);

const valueTypes: Parser<ValueType> = taggedBy("kind", {
  ...factTypes,
  number: objectOf<KindOf<ValueType, "number">>({ kind: oneOf(["number"]), min: anyNumber(), max: anyNumber() }),
  object: objectOf<KindOf<ValueType, "object">>({ kind: oneOf(["object"]), of: anyText() }),
  path: objectOf<KindOf<ValueType, "path">>({ kind: oneOf(["path"]), lengthMax: wholeNumber() }),
  url: objectOf<KindOf<ValueType, "url">>({ kind: oneOf(["url"]), hosts: anyList(anyText()) }),
  list: objectOf<KindOf<ValueType, "list">>({ kind: oneOf(["list"]), of: parsedValueType, countMax: wholeNumber() }),
  record: objectOf<KindOf<ValueType, "record">>({
    kind: oneOf(["record"]),
    fields: anyList(
      objectOf<KindOf<ValueType, "record">["fields"][number]>({ name: anyText(), type: parsedValueType }),
    ),
  }),
} satisfies { readonly [Kind in ValueType["kind"]]: Parser<KindOf<ValueType, Kind>> });

/** The value of a fact. */
export const factValue: Parser<FactValue> = (value, at) =>
  value === null || isJsonArray(value) || typeof value === "object"
    ? refuseKind(at, "the value of a fact", value)
    : value;

/** Where a fact is in an output. */
export const factExtractionFields = {
  fact: anyText(),
  pointer: anyText(),
  map: nullOr(anyList(objectOf<NonNullable<FactExtraction["map"]>[number]>({ from: anyJson(), to: factValue }))),
  atLeast: nullOr(anyNumber()),
};

/** A part of an output that references may read. */
export const outputField: Parser<OutputField> = objectOf<OutputField>({
  name: anyText(),
  pointer: anyText(),
  type: parsedValueType,
});

/** One outcome of a probe. */
export const parsedOutcome: Parser<OutcomeDeclaration> = objectOf<OutcomeDeclaration>({
  name: anyText(),
  when: anyText(),
});
