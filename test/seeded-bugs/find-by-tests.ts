import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type LineBug, lineBugs } from "./line-bugs.ts";

/** The tests that failed with a bug in the product. */
export interface LineReport {
  readonly name: string;
  readonly failed: readonly string[];
}

const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const config = fileURLToPath(new URL("with-bug.ts", import.meta.url));

/** Runs the test file of one bug with the bug in the product. */
export async function findByTests(bug: LineBug): Promise<LineReport> {
  // One test runner inside another: the settings for the outer one's workers must not reach the inner one.
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"))),
    SEEDED_BUG: bug.name,
  };
  const stdout = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [vitest, "run", "--config", config, "--reporter=tap-flat", "--bail=1"],
      { env, maxBuffer: 20_000_000 },
      (_, output) => resolve(output),
    );
  });
  // Only a failed test counts as finding the bug, which must not be a syntax error. Tests that did not run have no
  // time.
  return { name: bug.name, failed: [...stdout.matchAll(/^not ok \d+ - (.*?) # time=/gm)].map(([, name = ""]) => name) };
}

if (import.meta.main) {
  for (const bug of lineBugs) {
    const { name, failed } = await findByTests(bug);
    console.log(`${failed.length > 0 ? "found" : "MISSED"} ${bug.breaks}: ${name}`);
    if (failed[0] !== undefined) console.log(`    ${failed[0]}`);
  }
}
