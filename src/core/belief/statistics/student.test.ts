import { describe, expect, it } from "vitest";
import { studentInterval, studentQuantile } from "./student.ts";

describe("studentQuantile", () => {
  it("equals the published table of Student's t: 0.025 tail at 1, 5, 10, 30 and 120 degrees of freedom", () => {
    expect([1, 5, 10, 30, 120].map((degrees) => studentQuantile(0.025, degrees).toFixed(3))).toEqual([
      "12.706",
      "2.571",
      "2.228",
      "2.042",
      "1.980",
    ]);
  });

  it("equals the closed form of two degrees of freedom", () => {
    const tail = 0.004;

    expect(studentQuantile(tail, 2)).toBeCloseTo((1 - 2 * tail) * Math.sqrt(2 / (1 - (1 - 2 * tail) ** 2)), 8);
  });
});

describe("studentInterval", () => {
  it("one measurement bounds nothing", () => {
    expect(studentInterval({ count: 1, mean: 3, variance: 0 }, 0.9)).toEqual({
      low: -Infinity,
      high: Infinity,
      mass: 0.9,
    });
  });

  it("the interval of a known sample: 10 amounts, mean 5, variance 4, 95 %", () => {
    const { low, high } = studentInterval({ count: 10, mean: 5, variance: 4 }, 0.95);

    expect(low).toBeCloseTo(5 - 2.262157 * Math.sqrt(0.4), 5);
    expect(high).toBeCloseTo(5 + 2.262157 * Math.sqrt(0.4), 5);
  });
});
