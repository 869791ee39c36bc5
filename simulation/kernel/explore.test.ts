import { describe, expect, it } from "vitest";
import { configurations, explore } from "./explore.ts";

describe("exhaustive search over the kernel", () => {
  for (const configuration of configurations) {
    const { planName, faultCountMax } = configuration;
    it(`finds no violation of \`${planName}\` with up to ${faultCountMax} faults, in any order`, {
      timeout: 120_000,
    }, () => {
      const { violation, isComplete, states } = explore(configuration);

      expect(violation).toBeNull();
      expect(isComplete).toBe(true);
      expect(states).toBeGreaterThan(1_000);
    });
  }
});
