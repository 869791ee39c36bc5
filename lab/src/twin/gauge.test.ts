import { describe, expect, it } from "vitest";

import { changeGauge, openGauge, takeMean } from "./gauge.ts";

describe("a gauge", () => {
  it("has the mean of its steps, each weighted by how long it stood", () => {
    const gauge = openGauge(0);
    changeGauge(gauge, 200, 3);
    changeGauge(gauge, 700, -1);

    // 0 for 200 ms, 3 for 500 ms, 2 for 300 ms.
    expect(takeMean(gauge, { fromMs: 0, nowMs: 1_000 })).toBeCloseTo((3 * 500 + 2 * 300) / 1_000, 12);
  });

  it("keeps its value into the next window", () => {
    const gauge = openGauge(5);
    takeMean(gauge, { fromMs: 0, nowMs: 1_000 });

    expect(takeMean(gauge, { fromMs: 1_000, nowMs: 2_000 })).toBe(5);
  });

  it("means 0 over no time", () => {
    expect(takeMean(openGauge(5), { fromMs: 0, nowMs: 0 })).toBe(0);
  });
});
