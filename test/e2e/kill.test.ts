import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

// The long version is `npm run kill -- --cycles N`. `npm run torture` tortures the engine alone.
it("an upgrade killed at random moments and resumed ends, each effect counted once by the array", {
  timeout: 120_000,
}, async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("../../lab/array/kill-cycles.ts", import.meta.url)), "--cycles", "3", "--seed", "7"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });

  const exitCode = await new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );

  expect(text.split("\n").filter((line) => line.startsWith("cycle "))).toEqual(
    [1, 2, 3].map((cycle) => expect.stringMatching(new RegExp(`^cycle ${cycle}, .*: ended, 7 writes, none twice$`))),
  );
  expect(text).toMatch(/records hold, .* 0 flaws/);
  expect(exitCode).toBe(0);
});
