import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../src/core/value/json-value.ts";
import { childPointer } from "../../src/core/value/pointer.ts";

/** A document with one fault. */
export interface Damaged {
  /** What was done, and where. */
  readonly name: string;
  readonly kind: "unknown field" | "missing field" | "another type";
  /** The place that a reader has to report: the object without the field, or the value itself. */
  readonly pointer: string;
  readonly document: JsonValue;
}

/**
 * Every document that differs from this one in one extra field, one missing field, or one value of another type, at any
 * depth.
 *
 * @param isFree - places that may hold any JSON, where nothing is damaged
 */
export function* damagesOf(
  document: JsonValue,
  isFree: (pointer: string) => boolean = () => false,
): Generator<Damaged> {
  yield* damagesAt(document, "", isFree, (changed) => changed);
}

function* damagesAt(
  value: JsonValue,
  pointer: string,
  isFree: (pointer: string) => boolean,
  rebuild: (changed: JsonValue) => JsonValue,
): Generator<Damaged> {
  if (isFree(pointer)) return;
  yield {
    name: `another type at ${pointer}`,
    kind: "another type",
    pointer,
    document: rebuild(isJsonObject(value) ? [] : {}),
  };
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries())
      yield* damagesAt(item, childPointer(pointer, index), isFree, (changed) => rebuild(value.with(index, changed)));
  } else if (isJsonObject(value)) {
    const unknown = childPointer(pointer, "later");
    yield {
      name: `unknown field ${unknown}`,
      kind: "unknown field",
      pointer: unknown,
      document: rebuild({ ...value, later: null }),
    };
    for (const [key, child] of Object.entries(value)) {
      const below = childPointer(pointer, key);
      yield { name: `missing field ${below}`, kind: "missing field", pointer, document: rebuild(without(value, key)) };
      yield* damagesAt(child, below, isFree, (changed) => rebuild({ ...value, [key]: changed }));
    }
  }
}

function without(value: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

/**
 * A type without optional fields, at any depth. A sample of this type has every field, and no longer compiles when a
 * field is added.
 */
export type Full<T> = JsonValue extends T
  ? T
  : T extends string | number | boolean | null
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Full<Item>[]
      : { readonly [K in keyof T]-?: Full<Exclude<T[K], undefined>> };
