import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyMap, mapEntries, mapGet, mapWith, mapWithout } from "./persistent-map.ts";
import { changedIndexes, vectorAt, vectorItems, vectorOf, vectorUpdate, vectorWith } from "./persistent-vector.ts";
import { dequeue, emptyQueue, enqueue, isQueueEmpty } from "./queue.ts";
import type { Timers } from "./timers.ts";
import { firstTimer, withTimer } from "./timers.ts";

// Each collection is compared with its plain counterpart, and must leave every earlier version as it was.

describe("a persistent vector", () => {
  it("is an array whose earlier versions stay as they were", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer()), { maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), changes, (length, list) => {
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
      }),
    );
  });
});

describe("many changes of a persistent vector at once", () => {
  it("give what they give one by one, and are found again by comparing the two versions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.array(fc.nat(), { maxLength: 60 }), (length, at) => {
        const start = vectorOf(Array.from({ length }, (_, index) => index));
        const indexes = [...new Set(at.map((index) => index % length))].sort((left, right) => left - right);

        const together = vectorUpdate(start, indexes, (item, index) => -item - index - 1);

        const oneByOne = indexes.reduce(
          (vector, index) => vectorWith(vector, index, -vectorAt(vector, index) - index - 1),
          start,
        );
        expect(vectorItems(together)).toEqual(vectorItems(oneByOne));
        expect(vectorItems(start)).toEqual(Array.from({ length }, (_, index) => index));
        expect(changedIndexes(start, together)).toEqual(indexes);
        expect(changedIndexes(start, start)).toEqual([]);
      }),
    );
  });
});

describe("timers", () => {
  it("come out by time, then by index, without those nobody awaits any more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ atMs: fc.nat({ max: 20 }), isAwaited: fc.boolean() }), { maxLength: 80 }),
        (list) => {
          let timers: Timers | null = null;
          const awaited = new Set<number>();
          for (const [index, { atMs, isAwaited }] of list.entries()) {
            timers = withTimer(timers, { atMs, index });
            if (isAwaited) awaited.add(index);
          }
          const whole = timers;
          const expected = list
            .flatMap(({ atMs }, index) => (awaited.has(index) ? [{ atMs, index }] : []))
            .sort((left, right) => left.atMs - right.atMs || left.index - right.index);

          const found: { readonly atMs: number; readonly index: number }[] = [];
          for (
            let first = firstTimer(timers, (index) => awaited.has(index));
            first !== null;
            first = firstTimer(first, (index) => awaited.has(index))
          ) {
            found.push({ atMs: first.atMs, index: first.index });
            awaited.delete(first.index);
          }

          expect(found).toEqual(expected);
          expect(timers).toBe(whole);
        },
      ),
    );
  });
});

describe("a persistent map", () => {
  // Few distinct keys, some of which share their whole hash (FNV-1a), so that every kind of node is met.
  const key = fc.oneof(
    fc.constantFrom("a", "b", "costarring", "liquid", "declinate", "macallums"),
    fc.string({ maxLength: 3 }),
  );
  const change = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key, value: fc.integer() }),
    fc.record({ kind: fc.constant("remove" as const), key, value: fc.constant(0) }),
  );

  it("is a map whose earlier versions stay as they were, whatever the order of insertion", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
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
      }),
    );
  });
});

it("a persistent map keeps two keys apart that share their whole hash, whichever is removed first", () => {
  for (const [gone, kept] of [
    ["costarring", "liquid"],
    ["liquid", "costarring"],
  ] as const) {
    const both = mapWith(mapWith(emptyMap<number>(), gone, 1), kept, 2);
    const one = mapWithout(both, gone);

    expect([mapEntries(both).length, mapEntries(one), mapGet(one, gone), mapGet(mapWithout(one, kept), kept)]).toEqual([
      2,
      [[kept, 2]],
      undefined,
      undefined,
    ]);
    expect(mapWithout(one, gone)).toBe(one);
  }
});

describe("a queue", () => {
  it("gives items back in the order it got them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.array(fc.nat(), { maxLength: 4 }), { nil: null }), { maxLength: 60 }),
        (script) => {
          let queue = emptyQueue;
          const plain: number[] = [];
          for (const items of script) {
            expect(isQueueEmpty(queue)).toBe(plain.length === 0);
            if (items !== null) {
              queue = enqueue(queue, items);
              plain.push(...items);
              continue;
            }
            const first = dequeue(queue);
            expect(first?.index).toBe(plain.shift());
            queue = first?.queue ?? queue;
          }
        },
      ),
    );
  });
});
