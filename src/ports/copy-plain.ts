import type { JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";

/** How large an answer may be. */
export interface PlainLimits {
  /** How deep lists and objects may be nested. */
  readonly levelsMax: number;
  /** Every value counts 1, every text and every key its UTF-16 code units. */
  readonly unitsMax: number;
}

interface Copying {
  readonly levelsMax: number;
  unitsLeft: number;
  flaw: string;
}

/**
 * Copies what a port answered, if it is plain data: something that can be sealed in the log. A port is code of others
 * and may be written in JavaScript, so its type proves nothing.
 *
 * Own fields alone are read, and each is read once. So a getter or a proxy cannot show one value to the check and
 * another to the engine, and a port that keeps its answer and changes it later changes nothing here.
 *
 * @returns the copy, or what is wrong, to be put behind "it"; never throws
 *
 * Cost: O(n). Allocates the copy.
 */
export function copyPlain(value: unknown, limits: PlainLimits): Result<JsonValue, string> {
  const copying: Copying = { levelsMax: limits.levelsMax, unitsLeft: limits.unitsMax, flaw: "" };
  try {
    const copy = copyValue(value, 0, copying);
    return copy === undefined ? fail(copying.flaw) : ok(copy);
  } catch {
    // Only foreign code runs in here that can throw: a getter, or the trap of a proxy.
    return fail("throws when it is read");
  }
}

function copyValue(value: unknown, level: number, copying: Copying): JsonValue | undefined {
  copying.unitsLeft -= 1;
  switch (typeof value) {
    case "string":
      copying.unitsLeft -= value.length;
      if (copying.unitsLeft < 0) return refuse(copying, tooLarge);
      return value.isWellFormed() ? value : refuse(copying, "holds a text with half a surrogate pair");
    case "number":
      return Number.isFinite(value) ? value : refuse(copying, "holds a number that is not finite");
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      // This ends a cycle too.
      if (level >= copying.levelsMax) return refuse(copying, "is nested too deep");
      if (copying.unitsLeft < 0) return refuse(copying, tooLarge);
      return Array.isArray(value) ? copyList(value, level, copying) : copyObject(value, level, copying);
    default:
      return refuse(copying, value === undefined ? "holds undefined" : `holds a ${typeof value}`);
  }
}

function copyList(list: readonly unknown[], level: number, copying: Copying): JsonValue | undefined {
  const copy: JsonValue[] = [];
  const { length } = list;
  for (let index = 0; index < length; index += 1) {
    // A hole is undefined, and so refused.
    const item = copyValue(list[index], level + 1, copying);
    if (item === undefined) return undefined;
    copy.push(item);
  }
  return copy;
}

function copyObject(object: object, level: number, copying: Copying): JsonValue | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== null && prototype !== Object.prototype) return refuse(copying, "holds an object of a class");
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(object)) {
    // Assigning to `__proto__` would set the prototype of the copy.
    if (key === "__proto__") return refuse(copying, "holds the key `__proto__`");
    copying.unitsLeft -= key.length;
    if (!key.isWellFormed()) return refuse(copying, "holds a key with half a surrogate pair");
    const item = copyValue((object as Readonly<Record<string, unknown>>)[key], level + 1, copying);
    if (item === undefined) return undefined;
    copy[key] = item;
  }
  return copy;
}

const tooLarge = "is too large";

function refuse(copying: Copying, flaw: string): undefined {
  copying.flaw = flaw;
}
