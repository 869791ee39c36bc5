import fc from "fast-check";
import { expect, it } from "vitest";
import { isExactNumber } from "./json-number.ts";

// An independent way: exact rational arithmetic on the token and on the shortest form.
function toRational(token: string): { readonly numerator: bigint; readonly denominator: bigint } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token);
  if (match === null) throw new Error(token);
  const fraction = match[3] ?? "";
  const exponent = BigInt(match[4] ?? "0") - BigInt(fraction.length);
  const digits = BigInt(`${match[2]}${fraction}`) * (match[1] === "-" ? -1n : 1n);
  return exponent >= 0n
    ? { numerator: digits * 10n ** exponent, denominator: 1n }
    : { numerator: digits, denominator: 10n ** -exponent };
}

function isExactByRationals(token: string): boolean {
  const value = Number(token);
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER || Object.is(value, -0)) return false;
  const [left, right] = [toRational(token), toRational(String(value))];
  return left.numerator * right.denominator === right.numerator * left.denominator;
}

it("a token is exact where rational arithmetic says so", () => {
  const digits = fc.stringMatching(/^(?:0|[1-9][0-9]{0,18})$/);
  const fraction = fc.option(fc.stringMatching(/^[0-9]{1,20}$/), { nil: undefined });
  const exponent = fc.option(fc.integer({ min: -30, max: 30 }), { nil: undefined });
  const tokens = fc
    .tuple(fc.boolean(), digits, fraction, exponent)
    .map(([isNegative, whole, part, power]) =>
      [isNegative ? "-" : "", whole, part === undefined ? "" : `.${part}`, power === undefined ? "" : `e${power}`].join(
        "",
      ),
    );
  fc.assert(
    fc.property(tokens, (token) => {
      expect(isExactNumber(token, Number(token))).toBe(isExactByRationals(token));
    }),
    { seed: 1, numRuns: 5_000 },
  );
});

it("the shortest form of every double below 2^53 is exact", () => {
  const doubles = fc
    .double({ noNaN: true, min: -(2 ** 53) + 1, max: 2 ** 53 - 1 })
    .filter((value) => !Object.is(value, -0));
  fc.assert(
    fc.property(doubles, (value) => isExactNumber(JSON.stringify(value), value)),
    { seed: 2, numRuns: 2_000 },
  );
});

it.each(["0", "0.0", "0e9", "1.50", "1e3", "1E+3", "100e-2", "0.1", "5e-324", "9007199254740991"])(
  "%s is exact",
  (token) => {
    expect(isExactNumber(token, Number(token))).toBe(true);
  },
);

it.each(["1.234567e-320", "1.234567E-320", "1e-400", "-0", "0.1000000000000000055", "9007199254740992"])(
  "%s is not",
  (token) => {
    expect(isExactNumber(token, Number(token))).toBe(false);
  },
);

it("a number of a million digits is judged in linear time", () => {
  const token = `0.${"0".repeat(400_000)}1${"0".repeat(400_000)}`;

  expect(isExactNumber(token, Number(token))).toBe(false);
});
