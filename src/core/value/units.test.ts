import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeDuration, describeSize } from "./units.ts";

describe("amounts", () => {
  it("are shown in the units people think in", () => {
    expect([0, 999, 1_000, 1_500, 60_000, 3_632_000, 86_400_000, 61_001].map(describeDuration)).toEqual([
      "0 ms",
      "999 ms",
      "1 s",
      "1.5 s",
      "1 min",
      "1 h 32 s",
      "24 h",
      "1 min 1.001 s",
    ]);
    expect([1, 999, 1_000, 10_000_000, 22_880_001].map(describeSize)).toEqual([
      "1 byte",
      "999 bytes",
      "1 kB",
      "10 MB",
      "22.880001 MB",
    ]);
  });

  it("are never rounded: two that differ read differently (I16)", () => {
    fc.assert(
      fc.property(fc.nat(200_000_000), fc.nat(200_000_000), (left, right) => {
        expect(describeDuration(left) === describeDuration(right)).toBe(left === right);
        expect(describeSize(left) === describeSize(right)).toBe(left === right);
      }),
    );
  });
});
