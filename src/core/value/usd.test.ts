import { describe, expect, it } from "vitest";
import { describeUsd, exceedsUsd } from "./usd.ts";

describe("an amount of money", () => {
  it("is shown without the binary fraction that a sum leaves", () => {
    expect([0.15 + 0.15 + 0.15, 0.1 + 0.2, 3 * 0.7, 2, 0].map(describeUsd)).toEqual([
      "0.45 USD",
      "0.3 USD",
      "2.1 USD",
      "2 USD",
      "0 USD",
    ]);
  });

  it("exceeds a limit by what it costs, and not by the order in which it was added", () => {
    expect(0.1 + 0.2 + 0.3).toBeGreaterThan(0.3 + 0.2 + 0.1);
    expect(exceedsUsd(0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1)).toBe(false);
    expect([exceedsUsd(0.600001, 0.6), exceedsUsd(0.6, 0.600001), exceedsUsd(1e12 + 1, 1e12)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
