import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongFirst } from "./test/support/long-first.ts";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "simulation/**/*.test.ts",
      "verifier/**/*.test.ts",
      "test/**/*.test.ts",
      "lab/**/*.test.ts",
      "packs/**/*.test.ts",
      "packaging/**/*.test.ts",
    ],
    pool: "forks",
    // Tests start hundreds of processes, most of them from sources. With their code compiled once, a process needs half
    // the time to start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/interlock-tests", import.meta.url)) },
    // Without this a machine of two cores has one worker; most tests wait for processes they start.
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A busy machine takes longer than the second that is meant for a person at a terminal.
    expect: { poll: { timeout: 20_000 } },
  },
});
