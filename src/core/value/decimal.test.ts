import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOnStep, isStep, isStepWithin, roundToStep } from "./decimal.ts";

const wide = { min: -1e9, max: 1e9 };

describe("a number in steps", () => {
  it("is the multiple of the step that Intl.NumberFormat rounds it to, however it is written", () => {
    const steps = [1, 2, 5, 10, 20, 25, 50, 100].map((increment) => ({ increment, digits: 3 }));
    const fine = [1, 2, 5, 10, 250, 2_500].map((increment) => ({ increment, digits: 6 }));
    const formats = [...steps, ...fine].map(({ increment, digits }) => ({
      step: increment / 10 ** digits,
      // The increments are those that Intl permits with so many digits.
      format: new Intl.NumberFormat("en-US", {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        roundingIncrement: increment as 1,
        roundingMode: "halfCeil",
        useGrouping: false,
      }),
    }));
    const digits = fc
      .array(fc.constantFrom(..."0123455559"), { minLength: 1, maxLength: 18 })
      .map((all) => all.join(""));
    const written = fc
      .tuple(
        fc.constantFrom("", "-"),
        fc.integer({ min: 0, max: 9_999 }),
        fc.option(digits),
        fc.constantFrom("", "e-3", "E2"),
      )
      .map(([sign, whole, decimals, power]) => `${sign}${whole}${decimals === null ? "" : `.${decimals}`}${power}`);
    fc.assert(
      fc.property(written, fc.constantFrom(...formats), (text, { step, format }) => {
        // It reads a text of digits exactly, though its type says that it takes numbers.
        const expected = Number(format.format(text as `${number}`));
        const value = roundToStep(text, { ...wide, step });
        return value === expected && isOnStep(value, { ...wide, step }) && !String(value).includes("e");
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ["0.305", 0.01, 0.31],
    ["-0.305", 0.01, -0.3],
    ["0.30000001192092896", 0.01, 0.3],
    ["0.1000000000000000055511151231257827", 0.01, 0.1],
    ["-0", 0.01, 0],
    ["-0.004", 0.01, 0],
    ["1e-400", 0.01, 0],
    ["1e9", 0.01, 1e9],
    ["1.004", 0.01, 1],
  ])("%s in steps of %d is %d", (text, step, value) => {
    expect(roundToStep(text, { ...wide, step })).toBe(value);
  });

  it.each([
    "NaN",
    "Infinity",
    "1e400",
    "-1e400",
    "1e99999",
    "1000000000.6",
    "",
    " 1",
    "0x10",
    "1_000",
    "\u0663",
    "9".repeat(65),
  ])("%j is none", (text) => {
    expect(roundToStep(text, { ...wide, step: 0.01 })).toBeNull();
  });

  it("counts by its step whether it is in the range: a little more than the greatest value is that value", () => {
    const share = { min: 0, max: 1, step: 0.01 };

    expect(roundToStep("1.004", share)).toBe(1);
    expect(roundToStep("1.005", share)).toBeNull();
    expect(roundToStep("-0.005", share)).toBe(0);
    expect(roundToStep("-0.006", share)).toBeNull();
  });

  it("is a step only in whole millionths, and a finer step holds every value of one that it divides", () => {
    expect([0.000001, 0.25, 3, 1e9].map(isStep)).toEqual([true, true, true, true]);
    expect([0, -1, 0.0000001, 0.0000015, Number.NaN, Number.POSITIVE_INFINITY].map(isStep)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
    expect(isStepWithin(0.1, 0.05)).toBe(true);
    expect(isStepWithin(0.1, 0.03)).toBe(false);
  });
});
