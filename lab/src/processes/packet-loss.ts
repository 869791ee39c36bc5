import { NETWORK } from "../contract/constants.ts";

import type { Random } from "../contract/random.ts";

/** A packet is sent at most this often; TCP gives up much later, the proxy's timeout much sooner. */
const TRANSMISSION_COUNT_MAX = 6;

/**
 * Delay that packet loss adds to one exchange: each lost packet waits a retransmission timeout that doubles.
 *
 * @returns ms, 0 when nothing is lost
 */
export function drawLossDelayMs(random: Random): number {
  let delayMs = 0;
  for (let packet = 0; packet < NETWORK.packetsPerRequest; packet++) {
    let timeoutMs: number = NETWORK.retransmitMs;
    for (let sent = 1; sent < TRANSMISSION_COUNT_MAX && random() < NETWORK.lossProbability; sent++) {
      delayMs += timeoutMs;
      timeoutMs *= 2;
    }
  }
  return delayMs;
}
