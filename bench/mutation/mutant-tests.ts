import { defineConfig } from "vitest/config";

/**
 * What a mutant has to get past: the kernel's and the log's own tests, then a little of the simulator and of the
 * search.
 */
export default defineConfig({
  test: {
    include: ["src/core/run/**/*.test.ts", "src/core/log/**/*.test.ts", "bench/mutation/**/*.test.ts"],
    isolate: false,
    // Stryker ends what runs for ever. A test that is only slow, on a busy machine, must not count as one that noticed.
    testTimeout: 600_000,
  },
});
