import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LATENCY_BOUNDS_MS, latencyBucketIndex, latencyQuantileMs } from "./window.ts";

function histogramOf(latencies: readonly number[]): number[] {
  const counts = [...LATENCY_BOUNDS_MS.map(() => 0), 0];
  for (const latency of latencies) counts[latencyBucketIndex(latency)] = (counts[latencyBucketIndex(latency)] ?? 0) + 1;
  return counts;
}

describe("latencyBucketIndex", () => {
  it("a bound belongs to the bucket above it, as `< 600` demands", () => {
    const index = LATENCY_BOUNDS_MS.indexOf(600);

    expect(latencyBucketIndex(599.999)).toBe(index);
    expect(latencyBucketIndex(600)).toBe(index + 1);
    expect(latencyBucketIndex(99_999)).toBe(LATENCY_BOUNDS_MS.length);
  });
});

describe("latencyQuantileMs", () => {
  it("the quantile lies in the bucket of the exact order statistic", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1_999, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (latencies, quantile) => {
          const sorted = [...latencies].sort((left, right) => left - right);
          const exact = sorted[Math.max(0, Math.ceil(quantile * sorted.length - 1e-9) - 1)] ?? 0;
          const bucket = latencyBucketIndex(exact);

          const estimate = latencyQuantileMs(histogramOf(latencies), quantile);

          expect(estimate).toBeGreaterThanOrEqual((LATENCY_BOUNDS_MS[bucket - 1] ?? 0) - 1e-9);
          expect(estimate).toBeLessThanOrEqual((LATENCY_BOUNDS_MS[bucket] ?? Infinity) + 1e-9);
        },
      ),
    );
  });

  it("nothing measured has quantile 0, and the open bucket answers with its lower bound", () => {
    expect(latencyQuantileMs(histogramOf([]), 0.95)).toBe(0);
    expect(latencyQuantileMs(histogramOf([5_000]), 0.95)).toBe(2_000);
  });
});
