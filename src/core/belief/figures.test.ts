import { describe, expect, it } from "vitest";
import { columns, numberText, percentText, utilityText } from "./figures.ts";

describe("figures as people read them", () => {
  it.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.5, "50 %"],
    [0.1234, "12.3 %"],
    [0.0299, "2.99 %"],
    [0.003, "0.3 %"],
    [0.0029927, "0.299 %"],
    [0.000_012_34, "0.00123 %"],
    [1e-9, "< 0.0001 %"],
  ])("a probability of %d is shown with three significant digits: %s", (probability, shown) => {
    expect(percentText(probability)).toBe(shown);
  });

  it.each([
    [-17.898, "−17.9"],
    [6, "6"],
    [-0.001, "0"],
    [0.946, "0.95"],
    [1234.5, "1235"],
    [-4000, "−4000"],
  ])("a utility of %d is shown as %s, with a true minus and no minus zero", (value, shown) => {
    expect(utilityText(value)).toBe(shown);
  });

  it("a number keeps four decimals at most", () => {
    expect([0.123_456, -2.5, 0.005].map(numberText)).toEqual(["0.1235", "−2.5", "0.005"]);
  });

  it("columns are as wide as their widest cell, and lines end without space", () => {
    expect(
      columns(
        [
          ["a", "1", "x"],
          ["long", "22", ""],
        ],
        ["left", "right", "left"],
      ),
    ).toEqual(["a      1  x", "long  22"]);
  });
});
