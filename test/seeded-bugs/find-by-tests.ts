import { join } from "node:path";
import type { TestProjectInlineConfiguration } from "vitest/config";
import { createVitest, type TestModule } from "vitest/node";
import { root } from "../support/sources.ts";
import { editSource } from "./edit-source.ts";
import { type LineBug, lineBugs } from "./line-bugs.ts";

// `node test/seeded-bugs/find-by-tests.ts [--json]`: which tests fail with each bug of line-bugs.ts in the product.

/** The tests that failed with a bug in the product. */
export interface LineReport {
  readonly name: string;
  readonly failed: readonly string[];
}

/** What the test runner needs to run the test file of one bug with the bug in the product. */
function projectOf(bug: LineBug) {
  const editsOf = (id: string) => bug.edits.filter(({ file }) => id === join(root, file));
  return {
    root,
    test: { name: bug.name, include: [bug.test], pool: "forks", testTimeout: 30_000 },
    plugins: [
      {
        name: "seeded-bug",
        enforce: "pre",
        transform: (code: string, id: string) => editsOf(id).reduce(editSource, code),
        // The bugs share the cache of transformed files. A file with a bug in it must neither come from there nor get
        // there.
        configureVitest: ({ defineCacheKeyGenerator }) => {
          defineCacheKeyGenerator(({ id }) => (editsOf(id).length > 0 ? false : null));
        },
      },
    ],
  } satisfies TestProjectInlineConfiguration;
}

/** Runs the test files of all bugs, each with its bug in the product. */
async function findByTests(bugs: readonly LineBug[]): Promise<readonly LineReport[]> {
  // One runner for all bugs, because starting it takes longer than most of these files. Two workers, because a small
  // machine has two processors.
  const vitest = await createVitest(
    "test",
    { config: false, watch: false, reporters: [{}], maxWorkers: 2, fsModuleCache: true },
    { root, test: { projects: bugs.map(projectOf) } },
  );
  try {
    const { testModules } = await vitest.start();
    return bugs.map(({ name }) => ({
      name,
      failed: testModules.filter(({ project }) => project.name === name).flatMap(failedOf),
    }));
  } finally {
    await vitest.close();
    // The runner sets it to 1 because tests failed, which is what they are here for.
    process.exitCode = 0;
  }
}

/** Only a failed test counts as finding the bug, which must not be a syntax error. */
function failedOf(module: TestModule): readonly string[] {
  return [...module.children.allTests("failed")].map(({ fullName }) => fullName);
}

const reports = await findByTests(lineBugs);
if (process.argv.includes("--json")) console.log(JSON.stringify(reports));
else
  for (const [index, { name, failed }] of reports.entries()) {
    console.log(`${failed.length > 0 ? "found" : "MISSED"} ${lineBugs[index]?.breaks}: ${name}`);
    if (failed[0] !== undefined) console.log(`    ${failed[0]}`);
  }
