import { describe, expect, it } from "vitest";

import { LOAD } from "./constants.ts";
import { type Arrival, createArrivalSource, rateStepsOf } from "./load-schedule.ts";

function take(source: ReturnType<typeof createArrivalSource>, count: number): Arrival[] {
  return Array.from({ length: count }, () => source.next());
}

describe("createArrivalSource", () => {
  it("the same seed gives the same requests, another seed others", () => {
    const first = take(createArrivalSource(7, 30), 500);

    expect(take(createArrivalSource(7, 30), 500)).toEqual(first);
    expect(take(createArrivalSource(8, 30), 500)).not.toEqual(first);
  });

  it("arrivals are Poisson: counts a second have the rate as mean and as variance", () => {
    const arrivals = take(createArrivalSource(1, 30), 60_000);
    const seconds = Math.floor((arrivals.at(-1)?.atMs ?? 0) / 1_000);
    const counts = new Array<number>(seconds).fill(0);
    for (const { atMs } of arrivals) {
      const second = Math.floor(atMs / 1_000);
      if (second < seconds) counts[second] = (counts[second] ?? 0) + 1;
    }

    const mean = counts.reduce((sum, count) => sum + count, 0) / seconds;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / seconds;

    // 2000 seconds: standard errors are 0.12 of the mean and about 0.95 of the variance.
    expect(Math.abs(mean - 30)).toBeLessThan(0.6);
    expect(Math.abs(variance - 30)).toBeLessThan(5);
  });

  it("three in ten are writes", () => {
    const arrivals = take(createArrivalSource(3, 30), 20_000);
    const share = arrivals.filter((arrival) => arrival.operation === "write").length / arrivals.length;

    expect(Math.abs(share - LOAD.writeShare)).toBeLessThan(0.015);
  });

  it("a change of rate takes effect from the moment it is made", () => {
    const source = createArrivalSource(5, 30);
    take(source, 100);

    source.setRate(85, 10_000);

    const after = take(source, 8_500);
    expect(after[0]?.atMs).toBeGreaterThan(10_000);
    expect(Math.abs((after.at(-1)?.atMs ?? 0) - 110_000)).toBeLessThan(5_000);
  });
});

describe("rateStepsOf", () => {
  const times = { basePerSecond: 30, faultAtMs: 6_000 };

  it("LOAD stays high, SPIKE comes down by itself, DB changes nothing", () => {
    expect(rateStepsOf("LOAD", 1, times)).toEqual([
      { fromMs: 0, perSecond: 30 },
      { fromMs: 6_000, perSecond: 85 },
    ]);
    expect(rateStepsOf("SPIKE", 1, times).at(-1)).toEqual({ fromMs: 6_000 + LOAD.spikeMs, perSecond: 30 });
    expect(rateStepsOf("DB", 1, times)).toEqual([{ fromMs: 0, perSecond: 30 }]);
  });
});
