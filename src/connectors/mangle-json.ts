import { isJsonArray, isJsonObject, type JsonValue } from "../core/value/json-value.ts";
import type { RngCursor } from "../core/value/rng.ts";

const texts = ["", "x", "..", "/", "a/b", "\u0000", "\ud800", "\r\nX: y", "🚦", "__proto__", "-", "x".repeat(5_000)];
const scalars: readonly JsonValue[] = [null, true, false, 0, -1, 1.5, 1e21, 404, ...texts];
const keys = ["path", "kind", "x", "", "$arg", "$secret", "constructor", "a b"];

/** A JSON value that hostile or careless people could write, at most three levels deep. */
export function randomJson(rng: RngCursor, levelsMax = 3): JsonValue {
  const shape = levelsMax === 0 ? 0 : rng.below(4);
  if (shape === 2) return Array.from({ length: rng.below(4) }, () => randomJson(rng, levelsMax - 1));
  if (shape === 3)
    return Object.fromEntries(
      Array.from({ length: rng.below(4) }, () => [pick(rng, keys, "x"), randomJson(rng, levelsMax - 1)]),
    );
  return pick(rng, scalars, null);
}

/** A value like this one, but for one change somewhere inside: it passes the first checks and fails a later one. */
export function mangle(rng: RngCursor, value: JsonValue): JsonValue {
  if (rng.below(4) === 0) return randomJson(rng, 2);
  if (isJsonArray(value) && value.length > 0) {
    const changed = rng.below(value.length);
    const items = value.map((item, index) => (index === changed ? mangle(rng, item) : item));
    return rng.below(4) === 0 ? [...items, randomJson(rng, 1)] : items;
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value);
    const changed = rng.below(entries.length + 1);
    // One more than there are entries stands for a new one; a quarter of the others are left out.
    if (changed === entries.length) return Object.fromEntries([...entries, [pick(rng, keys, "x"), randomJson(rng, 1)]]);
    const isLeftOut = rng.below(4) === 0;
    return Object.fromEntries(
      entries.flatMap(([key, child], index) => {
        if (index !== changed) return [[key, child]];
        return isLeftOut ? [] : [[key, mangle(rng, child)]];
      }),
    );
  }
  return randomJson(rng, 1);
}

function pick<T>(rng: RngCursor, items: readonly T[], otherwise: T): T {
  return items[rng.below(items.length)] ?? otherwise;
}
