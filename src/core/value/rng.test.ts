import fc from "fast-check";
import { expect, it } from "vitest";
import { InvariantError } from "./invariant.ts";
import { createRng, nextBelow, nextUint32, nextUnit, type RngState, seedRng } from "./rng.ts";

function drawMany(state: RngState, count: number): readonly number[] {
  const values: number[] = [];
  let at = state;
  for (let index = 0; index < count; index += 1) {
    const draw = nextUint32(at);
    values.push(draw.value);
    at = draw.state;
  }
  return values;
}

it("state 1, 2, 3, 4 gives the first outputs of the authors' xoshiro128plusplus.c", () => {
  expect(drawMany([1, 2, 3, 4], 10)).toEqual([
    641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
  ]);
});

it("seed 0 gives the outputs of Rust's Xoshiro128PlusPlus::seed_from_u64(0)", () => {
  expect(drawMany(seedRng(0), 6)).toEqual([1179900579, 1938959192, 3089844957, 3657088315, 1015453891, 479942911]);
});

it("seed 1234567 becomes the first two published outputs of splitmix64", () => {
  const [low0, high0, low1, high1] = seedRng(1234567);

  expect((BigInt(high0) << 32n) + BigInt(low0)).toBe(6457827717110365317n);
  expect((BigInt(high1) << 32n) + BigInt(low1)).toBe(3203168211198807973n);
});

it("a cursor draws what the pure functions draw, and can be resumed from its state", () => {
  const rng = createRng(7319);
  const first = [rng.unit(), rng.below(6)];
  const resumed = createRng(rng.state());

  const unit = nextUnit(seedRng(7319));
  expect(first).toEqual([unit.value, nextBelow(unit.state, 6).value]);
  expect(resumed.unit()).toBe(rng.unit());
});

it("unit draws fill [0, 1) evenly", () => {
  const rng = createRng(1);
  const bins = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index += 1) {
    const bin = Math.floor(rng.unit() * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }

  // Chi-square with 9 degrees of freedom: 27.9 is its 99.9th percentile; the seed is fixed.
  expect(bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
});

it("a number below n is below n", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, count) => {
      const { value } = nextBelow(seedRng(seed), count);

      return Number.isInteger(value) && value >= 0 && value < count;
    }),
    { seed: 1, numRuns: 500 },
  );
});

it("words that would favour small numbers are drawn again", () => {
  // Of 2^32 words only the first 2^31 + 1 are fair here: about half are drawn again.
  const count = 2 ** 31 + 1;
  for (let seed = 0; seed < 20; seed += 1) {
    const firstFair = drawMany(seedRng(seed), 64).find((word) => word < count);

    expect(nextBelow(seedRng(seed), count).value).toBe(firstFair);
  }
});

it("every order of three comes up equally often", () => {
  const rng = createRng(2);
  const counts = new Map<string, number>();
  for (let index = 0; index < 6_000; index += 1) {
    const order = rng.shuffle(["a", "b", "c"]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }

  expect(counts.size).toBe(6);
  // Chi-square with 5 degrees of freedom: 20.5 is its 99.9th percentile; the seed is fixed.
  expect([...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)).toBeLessThan(20.5);
});

it("shuffling leaves the input alone and loses nothing", () => {
  const items = Object.freeze([1, 2, 3, 4, 5]);

  expect([...createRng(3).shuffle(items)].sort()).toEqual([...items]);
});

it.each([-1, 0.5, Number.NaN, 2 ** 53])("the seed %s is refused", (seed) => {
  expect(() => seedRng(seed)).toThrow(InvariantError);
});

it.each([0, -1, 1.5, 2 ** 32 + 1])("a range of %s numbers is refused", (count) => {
  expect(() => nextBelow(seedRng(1), count)).toThrow(InvariantError);
});
