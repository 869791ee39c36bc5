import { invariant } from "./invariant.ts";

/**
 * The state of the generator: four unsigned 32-bit words, not all zero. It is plain data, so that a record can hold it.
 */
export type RngState = readonly [number, number, number, number];

/** A number that was drawn, and the state after it. */
export interface Draw {
  readonly value: number;
  readonly state: RngState;
}

/**
 * The state for a seed: two outputs of splitmix64 (Steele, Lea and Flood 2014), low word first, as in Rust's
 * `rand_xoshiro`.
 *
 * @param seed - a whole number in 0 … 2^53 − 1
 */
export function seedRng(seed: number): RngState {
  invariant(Number.isSafeInteger(seed) && seed >= 0, "a seed is a whole number from 0");
  const first = splitMix64(BigInt.asUintN(64, BigInt(seed) + goldenGamma));
  const second = splitMix64(BigInt.asUintN(64, BigInt(seed) + 2n * goldenGamma));
  return [lowWord(first), highWord(first), lowWord(second), highWord(second)];
}

/**
 * A whole number in 0 … 2^32 − 1 by xoshiro128++ 1.0 (Blackman and Vigna, 2019); period 2^128 − 1, not for secrets.
 *
 * The tests compare it with the authors' C code for the state 1, 2, 3, 4, and with `rand_xoshiro` for seed 0.
 */
export function nextUint32(state: RngState): Draw {
  const [s0, s1, s2, s3] = state;
  const value = (rotateLeft((s0 + s3) | 0, 7) + s0) >>> 0;
  const mixed2 = s2 ^ s0;
  const mixed3 = s3 ^ s1;
  const next1 = s1 ^ mixed2;
  const next0 = s0 ^ mixed3;
  const next2 = mixed2 ^ (s1 << 9);
  return { value, state: [next0 >>> 0, next1 >>> 0, next2 >>> 0, rotateLeft(mixed3, 11) >>> 0] };
}

/** A number in [0, 1), a multiple of 2^−53. It takes two words. */
export function nextUnit(state: RngState): Draw {
  const high = nextUint32(state);
  const low = nextUint32(high.state);
  return { value: ((high.value >>> 5) * 2 ** 26 + (low.value >>> 6)) / 2 ** 53, state: low.state };
}

/** A whole number in 0 … `count` − 1, each equally likely. Words that would favour some numbers are drawn again. */
export function nextBelow(state: RngState, count: number): Draw {
  invariant(Number.isInteger(count) && count >= 1 && count <= 2 ** 32, "a range has 1 to 2^32 numbers");
  const fairEnd = 2 ** 32 - (2 ** 32 % count);
  let draw = nextUint32(state);
  while (draw.value >= fairEnd) draw = nextUint32(draw.state);
  return { value: draw.value % count, state: draw.state };
}

/** A generator that remembers its state, for drivers and tests. */
export interface RngCursor {
  /** A number in [0, 1). */
  unit(): number;
  /** A whole number in 0 … `count` − 1. */
  below(count: number): number;
  /** A shuffled copy (Fisher–Yates); every order is equally likely. */
  shuffle<T>(items: readonly T[]): T[];
  /** The state it has reached. */
  state(): RngState;
}

/** A generator that starts from a seed, or from a state reached before. */
export function createRng(from: number | RngState): RngCursor {
  let state = typeof from === "number" ? seedRng(from) : from;
  const take = (draw: Draw): number => {
    state = draw.state;
    return draw.value;
  };
  const below = (count: number): number => take(nextBelow(state, count));
  return {
    unit: () => take(nextUnit(state)),
    below,
    shuffle: (items) => shuffleWith(items, below),
    state: () => state,
  };
}

function shuffleWith<T>(items: readonly T[], below: (count: number) => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    // Both indices lie within the array.
    const held = shuffled[last] as T;
    shuffled[last] = shuffled[other] as T;
    shuffled[other] = held;
  }
  return shuffled;
}

const goldenGamma = 0x9e3779b97f4a7c15n;

function splitMix64(state: bigint): bigint {
  let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
  return mixed ^ (mixed >> 31n);
}

function lowWord(word: bigint): number {
  return Number(word & 0xffffffffn);
}

function highWord(word: bigint): number {
  return Number(word >> 32n);
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}
