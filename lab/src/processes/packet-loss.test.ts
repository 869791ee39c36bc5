import { expect, it } from "vitest";

import { NETWORK } from "../contract/constants.ts";
import { createRandom } from "../contract/random.ts";
import { drawLossDelayMs } from "./packet-loss.ts";

it("an exchange goes undelayed as often as all its packets arrive at once", () => {
  const random = createRandom(1, "test");
  const delays = Array.from({ length: 20_000 }, () => drawLossDelayMs(random));
  const share = delays.filter((delayMs) => delayMs === 0).length / delays.length;

  expect(Math.abs(share - (1 - NETWORK.lossProbability) ** NETWORK.packetsPerRequest)).toBeLessThan(0.015);
});

it("the mean delay is that of doubling timeouts", () => {
  const random = createRandom(2, "test");
  const delays = Array.from({ length: 50_000 }, () => drawLossDelayMs(random));
  const mean = delays.reduce((sum, delayMs) => sum + delayMs, 0) / delays.length;

  // Sum over lost transmissions 1..5 of p^k · 200 · 2^(k-1), for four packets.
  const p = NETWORK.lossProbability;
  const expected =
    NETWORK.packetsPerRequest *
    [1, 2, 3, 4, 5].reduce((sum, k) => sum + p ** k * NETWORK.retransmitMs * 2 ** (k - 1), 0);
  expect(Math.abs(mean - expected)).toBeLessThan(expected * 0.05);
});
