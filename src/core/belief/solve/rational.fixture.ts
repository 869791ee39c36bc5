/** Exact fractions, for references that must not round. The denominator is positive. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

export const zero: Fraction = { n: 0n, d: 1n };
export const one: Fraction = { n: 1n, d: 1n };

/** A whole number of parts of a whole. */
export function fraction(n: number, d: number): Fraction {
  return { n: BigInt(n), d: BigInt(d) };
}

export function plus(a: Fraction, b: Fraction): Fraction {
  return a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export function minus(a: Fraction, b: Fraction): Fraction {
  return plus(a, { n: -b.n, d: b.d });
}

export function times(a: Fraction, b: Fraction): Fraction {
  return reduced({ n: a.n * b.n, d: a.d * b.d });
}

/** Below 0 where a is smaller, above 0 where it is larger. */
export function compare(a: Fraction, b: Fraction): number {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest number, good to some 15 digits. */
export function toNumber({ n, d }: Fraction): number {
  const scale = 10n ** 24n;
  return Number((n * scale) / d) / 1e24;
}

export function sum(values: readonly Fraction[]): Fraction {
  return values.reduce(plus, zero);
}

/** Takes common factors out, so that long products stay short. */
function reduced({ n, d }: Fraction): Fraction {
  if (n === 0n) return zero;
  let [a, b] = [n < 0n ? -n : n, d];
  while (b !== 0n) [a, b] = [b, a % b];
  return { n: n / a, d: d / a };
}
