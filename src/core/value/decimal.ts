/*
 * Decimal numbers that are told apart in steps: a number counts as the multiple of the step that is nearest to it. That
 * is its tolerance, and equality stays what it is elsewhere: two values that equal a third equal one another. A step is
 * a whole number of millionths, so each value has one double, and is written as it is read.
 */

/** A range of numbers in steps. The bounds are multiples of the step. */
export interface DecimalRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** Within these every multiple of a millionth has at most 15 digits, and so has a double of its own. */
export const decimalLimits = { magnitudeMax: 1e9, stepMin: 1e-6 } as const;

/**
 * The multiple of the step that is nearest to a number, and of two that are equally near the greater one; `null` if it
 * lies outside the range.
 *
 * @param text - the number as it was written, because a double may round it to another step
 */
export function roundToStep(text: string, { min, max, step }: DecimalRange): number | null {
  const fraction = readFraction(text);
  if (fraction === null) return null;
  const { over, under } = fraction;
  const width = millionthsIn(step);
  const count = floorDivision(2n * over + width * under, 2n * width * under);
  const value = fromMillionths(count * width);
  return value >= min && value <= max ? value : null;
}

/** Whether a number is a value of the range: not only near one. */
export function isOnStep(value: number, range: DecimalRange): boolean {
  return roundToStep(String(value), range) === value;
}

/** Whether each multiple of one step is one of the other too. */
export function isStepWithin(inner: number, outer: number): boolean {
  return millionthsIn(inner) % millionthsIn(outer) === 0n;
}

/** Whether a number is a positive number of whole millionths, and no more than any value may be. */
export function isStep(value: number): boolean {
  const fraction = readFraction(String(value));
  return fraction !== null && fraction.over > 0n && fraction.over % fraction.under === 0n;
}

/** A number in millionths, as `over / under`. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Longer ones are no measurement. */
const charsMax = 64;

/** `null` for what is no number, and for one that is larger than any value may be. */
function readFraction(text: string): Fraction | null {
  const match = text.length > charsMax ? null : pattern.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", decimals = "", power = "0"] = match;
  const digits = BigInt(`${whole}${decimals}`);
  const exponent = Number(power) - decimals.length + 6;
  if (digits === 0n) return { over: 0n, under: 1n };
  // The digits are at least 1, so this would be more than 10^24.
  if (exponent > 30) return null;
  const over = sign === "-" ? -digits : digits;
  // Anything smaller is as near to 0.
  const found =
    exponent >= 0
      ? { over: over * 10n ** BigInt(exponent), under: 1n }
      : { over, under: 10n ** BigInt(Math.min(-exponent, 200)) };
  const size = found.over < 0n ? -found.over : found.over;
  return size > 2n * BigInt(decimalLimits.magnitudeMax) * 1_000_000n * found.under ? null : found;
}

/** Only for a step or a bound, which were checked to be whole millionths. */
function millionthsIn(value: number): bigint {
  const fraction = readFraction(String(value));
  return fraction === null ? 1n : fraction.over / fraction.under;
}

function fromMillionths(count: bigint): number {
  const size = count < 0n ? -count : count;
  const decimals = (size % 1_000_000n).toString().padStart(6, "0");
  // Minus zero is zero.
  return Number(`${count < 0n ? "-" : ""}${size / 1_000_000n}.${decimals}`);
}

/** Rounds down, also below zero. */
function floorDivision(over: bigint, under: bigint): bigint {
  const quotient = over / under;
  return over < 0n && quotient * under !== over ? quotient - 1n : quotient;
}
