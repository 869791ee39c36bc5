import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dequeue, emptyQueue, enqueue } from "./chain.ts";
import { emptyMap, mapEntries, mapGet, mapWith, mapWithout } from "./persistent-map.ts";
import { vectorAt, vectorItems, vectorOf, vectorWith } from "./persistent-vector.ts";

// Each is held against the plain thing it stands for, and must leave every earlier version as it was.

describe("a persistent vector", () => {
  it("is an array whose earlier versions stay", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer()), { maxLength: 50 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 700 }), changes, (length, list) => {
      const first = Array.from({ length }, (_, index) => index);
      let vector = vectorOf(first);
      const start = vector;
      const plain = [...first];
      for (const [at, value] of list) {
        vector = vectorWith(vector, at % length, value);
        plain[at % length] = value;
        expect(vectorAt(vector, at % length)).toBe(value);
      }
      expect(vectorItems(vector)).toEqual(plain);
      expect(vectorItems(start)).toEqual(first);
    }));
  });
});

describe("a persistent map", () => {
  // Few distinct keys, two of which share their whole hash (FNV-1a), so that every kind of node is met.
  const key = fc.oneof(fc.constantFrom("a", "b", "costarring", "liquid", "declinate", "macallums"), fc.string({ maxLength: 3 }));
  const change = fc.oneof(fc.record({ kind: fc.constant("set" as const), key, value: fc.integer() }), fc.record({ kind: fc.constant("remove" as const), key, value: fc.constant(0) }));

  it("is a map whose earlier versions stay, whatever the order of insertion", () => {
    fc.assert(fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      let map = emptyMap<number>();
      const plain = new Map<string, number>();
      for (const { kind, key: name, value } of changes) {
        const before = mapEntries(map);
        const next = kind === "set" ? mapWith(map, name, value) : mapWithout(map, name);
        expect(mapEntries(map)).toEqual(before);
        map = next;
        if (kind === "set") plain.set(name, value);
        else plain.delete(name);
        expect(mapGet(map, name)).toBe(plain.get(name));
      }
      expect(map.size).toBe(plain.size);
      expect(mapEntries(map)).toEqual([...plain].sort(([left], [right]) => (left < right ? -1 : 1)));
    }));
  });
});

it("a persistent map keeps two keys apart that share their whole hash, whichever goes first", () => {
  for (const [gone, kept] of [["costarring", "liquid"], ["liquid", "costarring"]] as const) {
    const both = mapWith(mapWith(emptyMap<number>(), gone, 1), kept, 2);
    const one = mapWithout(both, gone);

    expect([mapEntries(both).length, mapEntries(one), mapGet(one, gone), mapGet(mapWithout(one, kept), kept)]).toEqual([2, [[kept, 2]], undefined, undefined]);
    expect(mapWithout(one, gone)).toBe(one);
  }
});

describe("a queue", () => {
  it("gives back in the order in which it was given", () => {
    fc.assert(fc.property(fc.array(fc.option(fc.nat(), { nil: null }), { maxLength: 60 }), (script) => {
      let queue = emptyQueue;
      const plain: number[] = [];
      for (const item of script) {
        if (item !== null) {
          queue = enqueue(queue, item);
          plain.push(item);
          continue;
        }
        const first = dequeue(queue);
        expect(first?.index).toBe(plain.shift());
        queue = first?.queue ?? queue;
      }
    }));
  });
});
