import { defineConfig } from "vitest/config";

/**
 * The tests that a mutant must get past: those of the kernel and the log, then a little of the simulator and of the
 * exhaustive search.
 */
export default defineConfig({
  test: {
    include: ["src/core/run/**/*.test.ts", "src/core/log/**/*.test.ts", "bench/mutation/**/*.test.ts"],
    isolate: false,
    // Stryker stops tests that run for ever. A test that is merely slow on a busy machine must not count as one that
    // noticed.
    testTimeout: 600_000,
  },
});
