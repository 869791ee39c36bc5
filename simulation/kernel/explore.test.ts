import { describe, expect, it } from "vitest";
import { configurations, explore } from "./explore.ts";

describe("exhaustive search over the kernel", () => {
  for (const configuration of configurations) {
    it(`finds no violation of \`${configuration.planName}\` with up to ${configuration.faultCountMax} faults, in any order of anything`, {
      timeout: 120_000,
    }, () => {
      const { violation, isComplete, states } = explore(configuration);

      expect(violation).toBeNull();
      expect(isComplete).toBe(true);
      expect(states).toBeGreaterThan(1_000);
    });
  }
});
