import fc from "fast-check";
import { expect, it } from "vitest";

import { createRateLimiter, takeToken } from "./rate-limiter.ts";

function takeAt(perSecond: number, timesMs: readonly number[]): number[] {
  let limiter = createRateLimiter(perSecond, 0);
  return timesMs.filter((atMs) => {
    const asked = takeToken(limiter, atMs);
    limiter = asked.limiter;
    return asked.isTaken;
  });
}

it("no limit takes everything", () => {
  expect(takeAt(0, [0, 0, 0, 1])).toHaveLength(4);
});

it("a steady stream under the limit passes whole, one over it at the limit", () => {
  const everyMs = (gapMs: number): number[] => Array.from({ length: 2_000 }, (_, index) => index * gapMs);

  expect(takeAt(60, everyMs(20))).toHaveLength(2_000);
  // 20 s at 100/s against 60/s: the burst of 30, then 60 a second.
  expect(Math.abs(takeAt(60, everyMs(10)).length - (30 + 60 * 20))).toBeLessThanOrEqual(2);
});

it("over any stretch no more pass than the burst and the rate allow", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.nat(5_000), { minLength: 1, maxLength: 300 }),
      (perSecond, times) => {
        const taken = takeAt(
          perSecond,
          [...times].sort((left, right) => left - right),
        );
        for (const [index, startMs] of taken.entries()) {
          const lastMs = taken.at(-1) ?? startMs;
          expect(taken.length - index).toBeLessThanOrEqual(
            Math.max(1, perSecond / 2) + ((lastMs - startMs) / 1_000) * perSecond + 1e-6,
          );
        }
      },
    ),
  );
});

it("a clock that steps back gives no tokens", () => {
  const asked = takeToken({ perSecond: 10, tokenCount: 0, refilledAtMs: 1_000 }, 500);

  expect(asked.isTaken).toBe(false);
});
