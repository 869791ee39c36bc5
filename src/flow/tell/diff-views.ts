import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { childPointer } from "../../core/value/pointer.ts";

/** A place where two documents differ; `null` stands for a side that has nothing there. */
export interface Difference {
  readonly pointer: string;
  readonly then: JsonValue;
  readonly now: JsonValue;
}

/** Every place where two documents differ, in the order of their keys. Arrays are compared item by item. */
export function diffViews(then: JsonValue, now: JsonValue, pointer = ""): readonly Difference[] {
  const [left, right] = [childrenOf(then), childrenOf(now)];
  if (left === null || right === null || isJsonArray(then) !== isJsonArray(now))
    return Object.is(then, now) ? [] : [{ pointer, then, now }];
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  return keys.flatMap((key) => diffViews(left.get(key) ?? null, right.get(key) ?? null, childPointer(pointer, key)));
}

function childrenOf(value: JsonValue): ReadonlyMap<string, JsonValue> | null {
  if (isJsonArray(value)) return new Map(value.map((item, index) => [String(index), item]));
  return isJsonObject(value) ? new Map(Object.entries(value)) : null;
}
