import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type LineBug, lineBugs } from "./line-bugs.ts";

/** What the test file of a defect said when the defect was there. */
export interface LineReport {
  readonly name: string;
  readonly failed: readonly string[];
}

const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const config = fileURLToPath(new URL("with-bug.ts", import.meta.url));

/** Runs one defect's test file with the defect in the product. */
export async function findByTests(bug: LineBug): Promise<LineReport> {
  // A runner inside a runner: what the outer one tells its workers is not for this one.
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
  // A run that ends otherwise than by a failed test is no finding: a defect must not be one of syntax. What was not run
  // has no time.
  return { name: bug.name, failed: [...stdout.matchAll(/^not ok \d+ - (.*?) # time=/gm)].map(([, name = ""]) => name) };
}

if (import.meta.main) {
  for (const bug of lineBugs) {
    const { name, failed } = await findByTests(bug);
    console.log(
      `${failed.length > 0 ? "found" : "MISSED"} ${bug.breaks}: ${name}${failed.length > 0 ? `\n    ${failed[0] ?? ""}` : ""}`,
    );
  }
}
